"""The document: any sequence of edits, undone, gives the document that there was."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from hhstudio.core import edits, spec
from hhstudio.core.document import Document
from hhstudio.core.topology import Hypernetwork, LinkOverride


def random_edit(document: Document, rng: random.Random) -> None:
    topology = document.topology
    hypernetworks = [n.id for n in topology.nodes if isinstance(n, Hypernetwork)]
    ids = [n.id for n in topology.nodes]
    slots = [s.id for s in topology.slots]
    choice = rng.randrange(9)
    if not hypernetworks:
        after = edits.add_root(topology)[0]
    elif choice <= 1:
        after = edits.add_child(topology, rng.choice(hypernetworks))[0]
    elif choice <= 3:
        after = edits.add_solver(topology, rng.choice(hypernetworks))[0]
    elif choice == 4:
        after = edits.remove(topology, [rng.choice(ids)]) if rng.random() < 0.3 else topology
    elif choice == 5:
        after = edits.move(topology, {rng.choice(ids): (rng.random(), rng.random())})
    elif choice == 6:
        after = edits.update(topology, rng.choice(ids), name=f"name {rng.random()}")
    elif choice == 7 and slots:
        after = edits.set_link(topology, rng.choice(slots), LinkOverride(alpha=rng.random()))
    elif slots:
        after = edits.disconnect(topology, rng.choice(slots))
    else:
        after = topology
    if choice == 8 and rng.random() < 0.5:
        document.apply("settings", replace(document.spec, seed=rng.randrange(1000)), merge="seed")
    document.apply_topology("edit", after, merge="move" if choice == 5 else None)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 120))
def test_undoing_every_edit_gives_the_first_document_and_redoing_the_last(seed, count):
    document, rng = Document(spec.Spec(topology=edits.single())), random.Random(seed)
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
    document = Document(spec.Spec(topology=edits.single()))
    root = document.topology.root
    for x in range(5):
        document.apply_topology("move", edits.move(document.topology, {root: (x, 0)}), merge="drag")
    document.end_merge()
    document.apply_topology("move", edits.move(document.topology, {root: (9, 9)}), merge="drag")
    assert [c.title for c in document.done] == ["move", "move"]
    document.undo()
    assert document.topology.by_id[root].position == (4, 0)
    document.undo()
    assert document.topology.by_id[root].position is None


def test_an_edit_that_changes_nothing_is_no_step():
    document = Document(spec.Spec(topology=edits.single()))
    document.apply_topology("nothing", edits.single())
    assert document.done == ()


def test_views_are_told_exactly_what_changed():
    document = Document(spec.Spec(topology=edits.single()))
    seen = []
    document.changed.connect(seen.append)
    root = document.topology.root
    after, child = edits.add_child(document.topology, root)
    document.apply_topology("add", after)
    document.apply_topology("rename", edits.update(after, root, name="top"))
    document.apply("seed", replace(document.spec, seed=5))
    document.undo()
    document.apply_topology("remove", edits.remove(document.topology, [child]))
    added, renamed, settings_changed, undone, removed = seen
    assert (added.added, added.slots, added.settings) == ({child}, True, False)
    assert (renamed.updated, renamed.slots) == ({root}, False)
    assert settings_changed.settings
    assert undone.settings
    assert removed.removed == {child}


def test_a_move_is_told_apart_from_what_else_happens_to_a_node():
    document = Document(spec.Spec(topology=edits.single()))
    seen = []
    document.changed.connect(seen.append)
    root = document.topology.root
    document.apply_topology("move", edits.move(document.topology, {root: (5, 5)}))
    document.apply_topology("both", edits.update(document.topology, root, name="top", position=(6, 6)))
    document.apply_topology("turn", edits.tidied(document.topology, "vertical"))
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
    document = Document(spec.Spec(topology=edits.single()))
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
