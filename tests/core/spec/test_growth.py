"""Growth as edits: what grows where, under which name, with which tasks; what the policies look at."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from hhstudio.core.spec import growth, rules
from hhstudio.core.spec.growth import Outcome
from hhstudio.core.spec.spec import Growth, Spec, Stream, Training
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Solver

TASKS = tuple(TaskInfo(name=f"task {i}", dataset="digits", classes=(0, 1)) for i in range(5))


def single():
    topology = editing.single()
    return topology, topology.path("P1").solver


def test_a_child_is_built_like_its_parent_and_its_solver_like_those_nearby():
    topology, solver = single()
    topology = editing.update(topology, topology.root, hidden=(7, 5), chunk=99)
    topology = editing.update(topology, solver, architecture="mlp", options={"hidden": (8,)})
    grown = growth.grow(topology, topology.root)
    child, leaf = grown.topology.by_id[grown.child], grown.topology.by_id[grown.solver]
    assert (child.hidden, child.chunk) == ((7, 5), 99)
    assert (leaf.architecture, leaf.options) == ("mlp", {"hidden": (8,)})
    assert grown.path == "P2-0"


def test_what_exists_is_left_alone():
    topology, _ = single()
    grown = growth.grow(topology, topology.root).topology
    assert grown.nodes[: len(topology.nodes)] == topology.nodes
    assert grown.slots[: len(topology.slots)] == topology.slots
    assert grown.paths[0] == topology.paths[0]


def test_a_path_never_takes_a_name_that_was_there_before():
    topology, _ = single()
    assert growth.grow(topology, topology.root, taken=("P2-0", "P2-0.2")).path == "P2-0.3"


def test_a_solver_cannot_have_a_child():
    topology, solver = single()
    with pytest.raises(KeyError):
        growth.grow(topology, solver)


def test_tasks_still_to_come_go_to_the_new_path_and_what_is_learned_stays_assigned():
    topology, solver = single()
    outcomes = [Outcome(solver, 0), Outcome(solver, 1)]
    proposal = growth.propose(Growth(policy="every", tasks=2), topology, outcomes, TASKS)
    assert proposal.topology.assigned(5) == {solver: (0, 1), proposal.topology.nodes[-1].id: (2, 3, 4)}
    assert proposal.reason == "P1 has learned 2 tasks: H1 grows below H0, and P2-0 goes on with task 2"


def test_the_task_that_fell_short_is_learned_again_unless_told_otherwise():
    topology, solver = single()
    outcomes = [Outcome(solver, 0, 0.95), Outcome(solver, 1, 0.8)]
    settings = Growth(policy="accuracy", threshold=0.9)
    again = growth.propose(settings, topology, outcomes, TASKS)
    assert again.topology.by_id[again.topology.nodes[-1].id].tasks == (1, 2, 3, 4)
    assert "P1 reaches only 80 % on task 1, below 90 %" in again.reason
    without = growth.propose(replace(settings, again=False), topology, outcomes, TASKS)
    assert without.topology.nodes[-1].tasks == (2, 3, 4)


def test_a_task_that_falls_short_twice_is_hard_and_grows_nothing():
    topology, solver = single()
    settings = Growth(policy="accuracy", threshold=0.9)
    first = growth.propose(settings, topology, [Outcome(solver, 0, 0.5)], TASKS)
    new = first.topology.nodes[-1].id
    outcomes = [Outcome(solver, 0, 0.5), Outcome(new, 0, 0.6)]
    assert growth.propose(settings, first.topology, outcomes, TASKS, grown=1) is None


def test_nothing_grows_when_no_task_is_left():
    topology, solver = single()
    outcomes = [Outcome(solver, task) for task in range(5)]
    assert growth.propose(Growth(policy="every", tasks=5), topology, outcomes, TASKS) is None


def test_below_the_root_children_stand_side_by_side():
    topology, solver = single()
    settings = Growth(policy="every", tasks=1, below="root")
    one = growth.propose(settings, topology, [Outcome(solver, 0)], TASKS).topology
    outcomes = [Outcome(solver, 0), Outcome(one.nodes[-1].id, 1)]
    two = growth.propose(settings, one, outcomes, TASKS, grown=1).topology
    assert [path.name for path in two.paths] == ["P1", "P2-0", "P2-1"]


def test_without_a_path_the_hypernetworks_that_led_only_there_go_too():
    topology, _ = single()
    grown = growth.grow(topology, topology.root)
    smaller, gone = growth.without_path(grown.topology, grown.solver)
    assert set(gone) == {grown.child, grown.solver}
    assert smaller.paths == topology.paths


def test_freezing_takes_the_whole_subtree():
    topology, _ = single()
    grown = growth.grow(topology, topology.root)
    frozen = growth.set_frozen(grown.topology, [grown.child], True)
    assert {n.id for n in frozen.nodes if n.frozen} == {grown.child, grown.solver}
    assert growth.set_frozen(frozen, [grown.child], False) == grown.topology


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"growth": Growth(policy="accuracy")}, "set stream.validation"),
        (
            {"growth": Growth(policy="every"), "training": Training(mode="joint")},
            "training.mode to sequential",
        ),
        ({"growth": Growth(threshold=1.5)}, "growth.threshold is 1.5"),
        ({"growth": Growth(depth=1)}, "growth.depth is 1"),
    ],
)
def test_growth_that_could_never_be_is_said_before_the_run(fields, words):
    spec = Spec(topology=single()[0], stream=Stream(), **fields)
    assert any(words in issue.message for issue in rules.issues(spec) if issue.severity == "error")


def test_changes_are_named_in_a_word():
    topology, solver = single()
    grown = growth.grow(topology, topology.root).topology
    frozen = growth.set_frozen(topology, [solver], True)
    assert growth.change_in_a_word(topology, grown) == "+ H1"
    assert growth.change_in_a_word(grown, topology) == "− H1"
    assert growth.change_in_a_word(topology, frozen) == "❄ P1"
    assert isinstance(frozen.by_id[solver], Solver)
