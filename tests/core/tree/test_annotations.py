"""Comments and frames: part of the document, no part of what is trained."""

import pytest
from msgspec.structs import replace

from hhstudio.core.spec import rules, spec
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec, same_but_for_places
from hhstudio.core.tree import annotation_edits, editing


def test_they_are_saved_with_the_tree_and_leave_a_tree_without_them_as_it_was():
    bare = Spec(topology=editing.single())
    assert b"annotations" not in spec.encode(bare)
    assert b"orientation" not in spec.encode(bare)
    topology, note = annotation_edits.add(bare.topology, "comment", (1.5, -2.0), text="why two?")
    topology, frame = annotation_edits.framed(topology, [(0, 0, 100, 50)], "Shared")
    saved = spec.encode(Spec(topology=topology))
    assert spec.decode(saved).topology == topology
    assert spec.encode(spec.decode(saved)) == saved
    assert topology.annotation_by_id[frame].at == (-30, -54)
    assert rules.issues(Spec(topology=topology)) == []
    assert topology.fresh_id("a") not in (note, frame)


def test_they_are_undone_like_everything_else():
    document = Document(Spec(topology=editing.single()))
    first = document.spec
    topology, note = annotation_edits.add(document.topology, "comment", (0, 0))
    document.apply_topology("Add a comment", topology)
    document.apply_topology("Colour", annotation_edits.update(topology, note, color="red"))
    document.apply_topology("Remove", annotation_edits.remove(document.topology, [note]))
    assert document.topology.annotations == ()
    document.undo()
    assert document.topology.annotation_by_id[note].color == "red"
    document.go_to(0)
    assert document.spec == first


def test_a_frame_knows_what_stands_in_it():
    topology, frame = annotation_edits.add(editing.single(), "frame", (0, 0), (300, 200))
    topology, inner = annotation_edits.add(topology, "comment", (10, 10), (50, 40))
    topology, outer = annotation_edits.add(topology, "comment", (280, 10), (50, 40))
    nodes, notes = annotation_edits.contents(topology, frame, {"h0": (100, 100), "s1": (301, 100)})
    assert (nodes, notes) == ({"h0"}, {inner})
    assert outer not in notes


@pytest.mark.parametrize("side", ["left", "right"])
def test_no_annotation_gets_too_small_to_hold(side):
    topology, note = annotation_edits.add(editing.single(), "comment", (100, 100), (200, 100))
    annotation = topology.annotation_by_id[note]
    moved = (500, 500, 0, 0) if side == "left" else (0, 0, -500, -500)
    fields = annotation_edits.resized(annotation, *moved)
    assert fields["size"] == (80, 40)
    assert fields["at"] == ((220, 160) if side == "left" else (100, 100))


def test_a_pinned_node_stays_when_the_tree_is_tidied():
    topology = editing.pin(editing.single(), {"s1": (500.0, 40.0)})
    topology = editing.move(topology, {"h0": (9.0, 9.0)})
    after = editing.tidied(topology, "vertical")
    assert after.by_id["h0"].position is None
    assert after.by_id["s1"].position == (500.0, 40.0)
    assert after.orientation == "vertical"
    assert editing.tidied(editing.unpin(after, ["s1"])).by_id["s1"].position is None


def test_annotations_without_a_proper_place_are_reported():
    topology, _ = annotation_edits.add(editing.single(), "frame", (0, float("inf")))
    assert "has no proper place" in rules.issues(Spec(topology=topology))[0].message


def test_a_drawing_that_differs_trains_the_same():
    one = Spec(topology=editing.single())
    moved = replace(one, topology=editing.pin(one.topology, {"h0": (1.0, 2.0)}))
    assert same_but_for_places(one, moved)
    for other in (
        replace(one, seed=1),
        replace(one, topology=editing.update(one.topology, "s1", name="other")),
        replace(one, topology=editing.assign_tasks(one.topology, ["s1"], [0])),
        replace(one, topology=editing.move(one.topology, {"h0": (float("nan"), 0.0)})),
    ):
        assert not same_but_for_places(one, other)
