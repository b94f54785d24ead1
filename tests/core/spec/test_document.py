"""The document: any sequence of edits, undone, gives the document that there was."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hhstudio.core.spec import rules, spec, stream_edits
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.fixes import fixes
from hhstudio.core.tree import annotation_edits, clipboard, editing
from hhstudio.core.tree.annotations import COLORS
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Solver


def some(rng, items):
    """A few of them, in their order."""
    return [item for item in items if rng.random() < 0.3]


def edited(spec_: spec.Spec, rng: random.Random, most: int) -> spec.Spec:
    """The spec after one random edit of any kind that the canvas makes; at most ``most`` nodes."""
    topology = spec_.topology
    hypernetworks = [n.id for n in topology.nodes if isinstance(n, Hypernetwork)]
    solvers = [n.id for n in topology.nodes if isinstance(n, Solver)]
    ids, slots = [n.id for n in topology.nodes], [s.id for s in topology.slots]
    notes = [a.id for a in topology.annotations]
    full = len(ids) >= most
    place = (rng.randrange(-500, 500), rng.random())
    match rng.randrange(21):
        case _ if not hypernetworks:
            after = editing.add_root(topology)[0]
        case 0 if not full:
            after = editing.add_child(topology, rng.choice(hypernetworks))[0]
        case 1 | 2 if not full:
            after = editing.add_solver(topology, rng.choice(hypernetworks))[0]
        case 3 if rng.random() < 0.5 or full:
            after = editing.remove(topology, [rng.choice(ids)])
        case 4:
            after = editing.move(topology, {rng.choice(ids): place})
        case 5:
            after = editing.update(topology, rng.choice(ids), name=f"name {rng.random()}")
        case 6 if slots:
            after = editing.set_link(topology, rng.choice(slots), LinkOverride(alpha=rng.random()))
        case 7 if slots and rng.random() < 0.3:
            after = editing.disconnect(topology, rng.choice(slots))
        case 8:
            tops = [i for i in ids if i not in topology.incoming and i != topology.root]
            source = rng.choice(hypernetworks)
            fitting = [i for i in tops if rules.can_connect(topology, source, i).ok]
            after = editing.connect(topology, source, fitting[0]) if fitting else topology
        case 9 if not full:
            clip = clipboard.copy(topology, [rng.choice(ids), *notes[:1]])
            pasted = clipboard.read(clip)
            fits = len(pasted.nodes) + len(ids) <= most
            after = (
                clipboard.paste(topology, pasted, rng.choice(hypernetworks)).topology if fits else topology
            )
        case 10:
            kind = rng.choice(["comment", "frame"])
            after = annotation_edits.add(topology, kind, place, text=f"note {rng.random()}")[0]
        case 11 if notes:
            after = annotation_edits.update(
                topology, rng.choice(notes), color=rng.choice(COLORS), at=(1.5, 2.0)
            )
        case 12 if notes:
            after = annotation_edits.remove(topology, some(rng, notes))
        case 13:
            after = editing.pin(topology, dict.fromkeys(some(rng, ids), place))
        case 14:
            after = editing.unpin(topology, some(rng, ids))
        case 15:
            after = editing.tidied(topology, rng.choice(["horizontal", "vertical"]))
        case 16 if solvers:
            tasks = rng.choice([None, some(rng, range(5))])
            after = editing.assign_tasks(topology, some(rng, solvers), tasks)
        case 17:
            order = list(range(len(spec_.stream.parts) or spec_.stream.tasks))
            rng.shuffle(order)
            return stream_edits.reordered(spec_, order)
        case 18:
            return replace(spec_, seed=rng.randrange(1000))
        case 19:
            return spec.with_fields(spec_, {"training.lr": rng.choice([1, 1e-3, 0.5])})
        case 20:
            issue = next(iter(rules.issues(spec_)), None)
            offered = fixes(spec_, issue) if issue else ()
            return rng.choice(offered).spec if offered and not full else spec_
        case _:
            after = topology
    return replace(spec_, topology=after)


def random_edit(document: Document, rng: random.Random, most: int = 200) -> None:
    merge = rng.choice([None, None, "drag"])
    document.apply("edit", edited(document.spec, rng, most), merge=merge)


def test_ten_thousand_random_edits_undone_give_the_first_document():
    document, rng = Document(spec.Spec(topology=editing.single())), random.Random(4)
    first, encoded = document.spec, spec.encode(document.spec)
    for count in range(10_000):
        random_edit(document, rng, most=40)
        if count % 500 == 0:
            saved = spec.encode(document.spec)
            assert spec.encode(spec.decode(saved)) == saved
    last = document.spec
    assert len(document.done) > 5000
    while document.undo():
        pass
    assert document.spec == first
    assert spec.encode(document.spec) == encoded
    document.go_to(len(document.undone))
    assert document.spec == last


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 120))
def test_undoing_every_edit_gives_the_first_document_and_redoing_the_last(seed, count):
    document, rng = Document(spec.Spec(topology=editing.single())), random.Random(seed)
    first = document.spec
    for _ in range(count):
        random_edit(document, rng)
    last = document.spec
    while document.undo():
        pass
    assert document.spec == first
    assert spec.encode(document.spec) == spec.encode(first)
    while document.redo():
        pass
    assert document.spec == last


def test_a_document_saved_loaded_and_saved_is_byte_equal():
    document, rng = Document(), random.Random(7)
    for _ in range(300):
        random_edit(document, rng)
    saved = spec.encode(document.spec)
    assert spec.encode(spec.decode(saved)) == saved


def test_moves_of_one_drag_are_one_step_and_two_drags_are_two():
    document = Document(spec.Spec(topology=editing.single()))
    root = document.topology.root
    for x in range(5):
        document.apply_topology("move", editing.move(document.topology, {root: (x, 0)}), merge="drag")
    document.end_merge()
    document.apply_topology("move", editing.move(document.topology, {root: (9, 9)}), merge="drag")
    assert [c.title for c in document.done] == ["move", "move"]
    document.undo()
    assert document.topology.by_id[root].position == (4, 0)
    document.undo()
    assert document.topology.by_id[root].position is None


def test_an_edit_that_changes_nothing_is_no_step():
    document = Document(spec.Spec(topology=editing.single()))
    document.apply_topology("nothing", editing.single())
    assert document.done == ()


def test_views_are_told_exactly_what_changed():
    document = Document(spec.Spec(topology=editing.single()))
    seen = []
    document.changed.connect(seen.append)
    root = document.topology.root
    after, child = editing.add_child(document.topology, root)
    document.apply_topology("add", after)
    document.apply_topology("rename", editing.update(after, root, name="top"))
    document.apply("seed", replace(document.spec, seed=5))
    document.undo()
    document.apply_topology("remove", editing.remove(document.topology, [child]))
    added, renamed, settings_changed, undone, removed = seen
    assert (added.added, added.slots, added.settings) == ({child}, True, False)
    assert (renamed.updated, renamed.slots) == ({root}, False)
    assert settings_changed.settings
    assert undone.settings
    assert removed.removed == {child}


def test_a_move_is_told_apart_from_what_else_happens_to_a_node():
    document = Document(spec.Spec(topology=editing.single()))
    seen = []
    document.changed.connect(seen.append)
    root = document.topology.root
    document.apply_topology("move", editing.move(document.topology, {root: (5, 5)}))
    document.apply_topology("both", editing.update(document.topology, root, name="top", position=(6, 6)))
    document.apply_topology("turn", editing.tidied(document.topology, "vertical"))
    moved, both, turned = seen
    assert (moved.updated, moved.moved, moved.rewritten, moved.tree) == ({root}, {root}, set(), False)
    assert (both.moved, both.rewritten, both.tree) == ({root}, {root}, True)
    assert (turned.orientation, turned.moved, turned.tree) == (True, {root}, False)


def test_a_jump_in_the_history_tells_the_views_once():
    document = Document()
    for seed in (1, 2, 3, 4):
        document.apply(f"seed {seed}", replace(document.spec, seed=seed))
    seen = []
    document.changed.connect(seen.append)
    document.go_to(1)
    assert (document.spec.seed, len(document.done), len(document.undone)) == (1, 1, 3)
    document.go_to(4)
    assert document.spec.seed == 4
    document.go_to(4)
    document.go_to(0)
    assert document.spec.seed == 0
    assert len(seen) == 3
    for place in (-1, 5):
        with pytest.raises(IndexError):
            document.go_to(place)


def test_modified_means_different_from_what_was_saved():
    document = Document(spec.Spec(topology=editing.single()))
    assert not document.modified
    document.apply("seed", replace(document.spec, seed=5))
    assert document.modified
    document.mark_saved()
    assert not document.modified
    document.undo()
    assert document.modified
    document.redo()
    assert not document.modified


def test_only_so_many_steps_are_kept():
    document = Document()
    for seed in range(1, Document.LIMIT + 11):
        document.apply(f"seed {seed}", replace(document.spec, seed=seed))
    assert len(document.done) == Document.LIMIT
    assert document.done[0].title == "seed 11"
