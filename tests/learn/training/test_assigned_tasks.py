"""Paths that learn only some of the stream's tasks."""

import numpy as np
from msgspec.structs import replace

from hhstudio.core.spec import rules
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.spec import Spec, Stream, Training
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.training.schedule import segments


def two_paths(first=None, second=None):
    topology, root = editing.add_root(Topology())
    topology, one = editing.add_solver(topology, root)
    topology, two = editing.add_solver(topology, root)
    topology = editing.assign_tasks(topology, [one], first)
    return editing.assign_tasks(topology, [two], second), one, two


def test_each_path_learns_its_own_tasks_in_the_order_of_the_stream():
    topology, one, two = two_paths((2, 0), (1,))
    spec = Spec(topology=topology)
    assert [tuple(c[0]) for c in segments(spec, topology, 3)] == [(one, 0), (one, 2), (two, 1)]
    mixed = Spec(topology=topology, stream=Stream(order="task-major"))
    assert [tuple(c[0]) for c in segments(mixed, topology, 3)] == [(one, 0), (two, 1), (one, 2)]
    joint = Spec(topology=topology, training=Training(mode="joint"))
    assert [[c.task for c in segment] for segment in segments(joint, topology, 3)] == [[0, 2], [1]]


def test_a_path_without_tasks_is_left_out():
    topology, one, _ = two_paths(None, ())
    assert {c.solver for segment in segments(Spec(), topology, 3) for c in segment} == {one}


def test_a_run_learns_what_is_assigned_and_leaves_the_rest_of_the_matrix_empty(tiny, trainer_of, run):
    topology, _, _ = two_paths((0, 2), (1,))
    spec = replace(tiny(1), topology=topology)
    assert not [issue for issue in rules.issues(spec) if issue.severity == "error"]
    trainer = trainer_of(spec)
    history, _ = run(trainer)
    one, two = history.paths
    assert [(m.path, m.task) for m in history.marks] == [(one, 0), (one, 2), (two, 1)]
    assert np.isnan(history.accuracy[one][1]).all()
    assert not np.isnan(history.accuracy[one][2, [0, 2]]).any()
    assert np.flatnonzero(~np.isnan(history.accuracy[two]).all(axis=1)).tolist() == [1]
    assert history.step == 3 * 12
    counted = costs(spec)
    assert {c.path: c for c in history.parameters} == {**counted.paths, "": counted.total}


def test_tasks_that_there_are_not_and_idle_paths_are_named():
    topology, _, _ = two_paths((0, 7), ())
    found = [(i.severity, i.message) for i in rules.issues(Spec(topology=topology)) if i.field == "tasks"]
    assert found == [
        ("error", "P1.tasks: there is no task 7; the stream has 5: 0 to 4"),
        ("warning", "P1b learns no task: assign it some"),
    ]
    topology, _, _ = two_paths((), ())
    assert "no path learns a task: assign tasks to a path" in [
        issue.message for issue in rules.issues(Spec(topology=topology)) if issue.severity == "error"
    ]
