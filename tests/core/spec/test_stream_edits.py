"""Reordering the stream keeps what is learned where."""

import pytest

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import rules, stream_edits
from hhstudio.core.spec.spec import Part, Spec, Stream
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree import editing


def assigned(*tasks, **stream):
    topology = editing.single()
    solver = topology.nodes[1].id
    return Spec(topology=editing.assign_tasks(topology, [solver], tasks), stream=Stream(**stream)), solver


def classes(spec):
    return [task.classes for task in plan(spec.stream, spec.seed)]


def test_a_task_moved_to_the_front_is_learned_first_and_by_the_same_path():
    spec, solver = assigned(0, 3)
    before = classes(spec)
    after = stream_edits.moved(spec, [3], 0)
    assert classes(after) == [before[i] for i in (3, 0, 1, 2, 4)]
    assert after.topology.by_id[solver].tasks == (0, 1)
    assert rules.issues(after) == []


def test_several_tasks_keep_their_order_and_the_end_is_a_place():
    spec, _ = assigned()
    before = classes(spec)
    assert classes(stream_edits.moved(spec, [2, 0], 5)) == [before[i] for i in (1, 3, 4, 0, 2)]


def test_a_seeded_order_of_classes_is_written_down():
    spec, _ = assigned(1, class_order="seeded")
    before = classes(spec)
    assert classes(stream_edits.moved(spec, [4], 0)) == [before[i] for i in (4, 0, 1, 2, 3)]


def test_listed_tasks_keep_their_names():
    parts = (Part(dataset="digits", classes=(0, 1), name="low"), Part(dataset="digits", classes=(8, 9)))
    spec = Spec(topology=editing.single(), stream=Stream(parts=parts))
    assert stream_edits.moved(spec, [1], 0).stream.parts == parts[::-1]


def test_a_move_to_the_same_place_changes_nothing():
    spec, _ = assigned(0)
    assert stream_edits.moved(spec, [1], 1) is spec
    assert stream_edits.moved(spec, [1], 2) is spec


def test_permutations_cannot_be_reordered():
    spec, _ = assigned(kind="permuted")
    with pytest.raises(SpecError, match="drawn in order from the seed"):
        stream_edits.moved(spec, [1], 0)


def test_the_own_order_comes_back_where_there_is_one():
    spec, _ = assigned()
    moved = stream_edits.moved(spec, [4], 0)
    assert stream_edits.own_order(moved).stream == spec.stream
    mixed = (Part(dataset="digits", classes=(0, 1)), Part(dataset="digits", classes=(2,)))
    with pytest.raises(SpecError, match="no other order"):
        stream_edits.own_order(Spec(stream=Stream(parts=mixed)))
