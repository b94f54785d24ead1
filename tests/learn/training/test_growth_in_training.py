"""Growth in a run: what existed keeps its function, its tensors and its optimiser's state, to the last bit
after a resume; policies grow by what was measured; what cannot be is refused with a reason."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hhstudio.core.errors import SpecError
from hhstudio.core.run import events
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import growth, presets
from hhstudio.core.tree import editing
from hhstudio.nets.stored import Condition


def stored(trainer) -> dict[str, np.ndarray]:
    return {n: a for n, a in trainer.state().arrays.items() if n.startswith(("stored/", "optimiser/"))}


def assert_same_end(trainer, other) -> None:
    expected, found = trainer.state(), other.state()
    assert found.arrays.keys() == expected.arrays.keys()
    for name, array in expected.arrays.items():
        assert np.array_equal(array, found.arrays[name]), name
    assert found.meta["position"] == expected.meta["position"]


def read(trainer, act=lambda: None, at=None) -> list[events.Event]:
    """To the end, doing something once when a step is reached."""
    found, done = [], False
    for event in trainer.events():
        if at is not None and trainer.step >= at and not done:
            done = True
            act()
        if event is not None:
            found.append(event)
    return found


def grown(spec, below="H0"):
    parent = next(n.id for n in spec.topology.nodes if n.name == below)
    return growth.grow(spec.topology, parent)


GROWING = {"stream__tasks": 4, "training__steps": 3, "growth__policy": "every", "growth__limit": 5}


@pytest.mark.parametrize("at", [7, 12])
def test_growth_leaves_functions_tensors_and_optimiser_state_of_what_there_is(tiny, trainer_of, at):
    trainer = trainer_of(tiny(1, training__steps=6, stream__tasks=2))
    for _ in trainer.events():
        if trainer.step == at:
            break
    before, weights = stored(trainer), [trainer.weights("P1", t) for t in range(2)]
    trainer.grow(grown(trainer.spec).topology, "by hand")
    after = stored(trainer)
    assert before.keys() <= after.keys()
    assert all(np.array_equal(array, after[name]) for name, array in before.items())
    assert any(n.startswith("stored/anchor") for n in after.keys() - before.keys())
    for task, was in enumerate(weights):
        now = trainer.weights("P1", task)
        assert max(np.abs(was[name] - now[name]).max() for name in was) < 1e-6


def test_every_k_tasks_the_next_task_goes_to_a_child_that_grows(tiny, trainer_of):
    found = read(trainer_of(tiny(1, **GROWING, growth__tasks=2)))
    learned = [(e.path, e.task) for e in found if isinstance(e, events.TaskStarted)]
    assert learned == [("P1", 0), ("P1", 1), ("P2-0", 2), ("P2-0", 3)]
    (change,) = [e for e in found if isinstance(e, events.TopologyChanged)]
    assert change.step == 6
    assert change.paths == ("P1", "P2-0")
    assert change.reason.startswith("P1 has learned 2 tasks: H1 grows below H0, and P2-0 goes on with digits")
    assert found.index(change) < next(
        at for at, e in enumerate(found) if isinstance(e, events.TaskStarted) and e.path == "P2-0"
    )


def test_children_grow_down_to_the_depth_and_then_beside_each_other(tiny, trainer_of):
    trainer = trainer_of(tiny(1, **GROWING, growth__tasks=1, growth__depth=3))
    read(trainer)
    tree = trainer._topology
    assert [p.name for p in tree.paths] == ["P1", "P2-0", "P3-00", "P3-01"]
    assert {p.name: p.depth for p in tree.paths}["P3-01"] == 3


def test_growth_ends_at_its_limit(tiny, trainer_of):
    trainer = trainer_of(tiny(1, **{**GROWING, "growth__limit": 1}, growth__tasks=1))
    read(trainer)
    assert [p.name for p in trainer._topology.paths] == ["P1", "P2-0"]


def test_a_task_that_falls_short_on_validation_images_is_learned_again_on_a_new_path(tiny, trainer_of):
    spec = tiny(
        1, stream__tasks=3, training__steps=3, growth__policy="accuracy", growth__threshold=1.0,
        stream__validation=0.2,
    )  # fmt: skip
    trainer = trainer_of(spec)
    found = read(trainer)
    learned = [(e.path, e.task) for e in found if isinstance(e, events.TaskStarted)]
    change = next(e for e in found if isinstance(e, events.TopologyChanged))
    assert "% on digits" in change.reason
    assert "below 100 %" in change.reason
    path, task = learned[trainer._grower.outcomes.index(_first_short(trainer)) + 1]
    assert (path, task) == ("P2-0", _first_short(trainer).task)
    assert all(o.accuracy is not None for o in trainer._grower.outcomes)
    assert {t for _, t in learned} == {0, 1, 2}


def _first_short(trainer):
    return next(o for o in trainer._grower.outcomes if o.accuracy < 1.0)


def test_accuracies_above_the_threshold_grow_nothing(tiny, trainer_of):
    spec = tiny(
        1, stream__tasks=2, training__steps=2, growth__policy="accuracy", growth__threshold=0.0,
        stream__validation=0.2,
    )  # fmt: skip
    assert not [e for e in read(trainer_of(spec)) if isinstance(e, events.TopologyChanged)]


@pytest.mark.parametrize("policy", ["every", "accuracy"])
def test_a_growing_run_goes_on_exactly_from_the_state_at_any_event(tiny, trainer_of, policy):
    spec = tiny(
        1, stream__tasks=2, training__steps=2, growth__policy=policy, growth__tasks=1, growth__threshold=1.0,
        stream__validation=0.2, evaluation__every=0, stream__order="task-major",
    )  # fmt: skip
    reference = trainer_of(spec)
    states: list[TrainerState] = []
    for _ in reference.events():
        if reference.step == 2:  # the first task is done: before, at and after growth
            states.append(reference.state())
    assert reference.changes
    assert {state.meta["changes"] for state in states} == {0, 1}
    for state in {(s.meta["changes"], s.meta["unmeasured"], len(s.meta["position"]["finished"])): s
                  for s in states}.values():  # fmt: skip
        again = trainer_of(spec, state)
        for _ in again.events():
            pass
        assert_same_end(reference, again)


def test_what_a_policy_proposes_depends_on_what_was_recorded_alone(tiny, trainer_of):
    trainer = trainer_of(tiny(1, **GROWING, growth__tasks=2))
    tasks, outcomes = (
        trainer.stream.tasks,
        [growth.Outcome(trainer.spec.topology.paths[0].solver, t) for t in (0, 1)],
    )
    proposals = [
        growth.propose(trainer.spec.growth, trainer.spec.topology, outcomes, tasks) for _ in range(2)
    ]
    assert proposals[0] == proposals[1]
    assert growth.propose(trainer.spec.growth, trainer.spec.topology, outcomes[:1], tasks) is None


@pytest.mark.parametrize("fresh", [True, False])
def test_what_is_frozen_while_it_learns_stops_moving_and_goes_on_when_released(tiny, trainer_of, fresh):
    spec = tiny(2, training__steps=6, stream__tasks=2, training__fresh_optimizer=fresh)
    trainer = trainer_of(spec)
    child = spec.topology.path("P2-0").hypernetworks[1]
    slots = spec.topology.path("P2-0").slots
    frozen = growth.set_frozen(spec.topology, [child], True)
    steps = iter(trainer.events())
    names = [f"stored/{kind}/{slot}" for slot in slots for kind in ("anchor", "slot", "code")]

    def go_to(step: int) -> dict[str, np.ndarray]:
        while trainer.step < step:
            next(steps)
        return stored(trainer)

    go_to(14)
    trainer.grow(frozen, "freeze H1")
    before = stored(trainer)
    after = go_to(17)
    assert all(np.array_equal(before[n], after[n]) for n in names)
    moved = {n for n in before if n.startswith("stored/") and not np.array_equal(before[n], after[n])}
    assert f"stored/task/{spec.topology.path('P2-0').solver}/0/{child}" in moved
    assert any(n.startswith("stored/root") for n in moved)
    trainer.grow(growth.set_frozen(frozen, [child], False), "release H1")
    later = go_to(20)
    assert all(not np.array_equal(before[n], later[n]) for n in names)


def test_freezing_and_removing_within_a_task_survive_a_resume_bit_identically(tiny, trainer_of):
    spec = tiny(3, training__steps=4, stream__tasks=2, consolidation__curvature=1.0)
    child = spec.topology.path("P3-00").hypernetworks[2]
    smaller, gone = growth.without_path(spec.topology, spec.topology.path("P1").solver)
    tree = growth.set_frozen(smaller, [child], True)
    trainer = trainer_of(spec)
    kept = []

    def act() -> None:
        trainer.grow(tree, "less", gone)
        kept.append(trainer.state())

    read(trainer, act, at=18)
    again = trainer_of(spec, kept[0])
    read(again)
    assert_same_end(trainer, again)


def test_a_removed_path_takes_nothing_from_what_the_others_learned(tiny, trainer_of):
    trainer = trainer_of(tiny(2, training__steps=4, stream__tasks=2))
    for _ in trainer.events():
        if trainer.step == 12:
            break
    before = trainer.weights("P2-0", 0)
    tree, gone = growth.without_path(trainer.spec.topology, trainer.spec.topology.path("P1").solver)
    solver = trainer.spec.topology.path("P1").solver
    trainer.grow(tree, "P1 is not wanted", gone)
    after = trainer.weights("P2-0", 0)
    assert all(np.array_equal(before[n], after[n]) for n in before)
    with pytest.raises(KeyError):
        trainer.weights("P1", 0)
    assert not any(f"/{solver}/" in name for name in trainer.state().arrays)
    found = read(trainer)
    (change,) = [e for e in found if isinstance(e, events.TopologyChanged)]
    assert change.paths == ("P1", "P2-0"), "the table of paths keeps its places"
    assert not {e.path for e in found if isinstance(e, events.TaskFinished)} & {"P1"}


def _renamed(tree, s):
    return editing.update(tree, s["P1"], name="other")


def _named_twice(tree, s):
    new = growth.grow(tree, tree.root)
    return editing.update(new.topology, new.solver, name="P1")


REFUSED = {
    "a node that is missing": (lambda t, s: editing.remove_path(t, "P2-0"), (), "nobody asked to remove it"),
    "the path that learns": (lambda t, s: editing.remove_path(t, "P1"), ("P1",), "is learning: it can be"),
    "hidden widths": (lambda t, s: editing.update(t, t.root, hidden=(3,)), (), "H0 has trained weights on"),
    "an architecture": (
        lambda t, s: editing.update(t, s["P1"], architecture="mlp"),
        (),
        "architecture stays",
    ),
    "a name": (_renamed, (), "P1 keeps its name"),
    "a name that is taken": (_named_twice, (), "2 paths are called 'P1'"),
    "a cut": (lambda t, s: editing.disconnect(t, t.incoming[s["P1"]].id), (), "H0 → P1 stays connected"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_change_that_cannot_be_is_refused_with_its_reason_and_changes_nothing(tiny, trainer_of, what):
    trainer = trainer_of(tiny(2, training__steps=3))
    for _ in trainer.events():
        if trainer.step == 1:
            break
    solvers = {p.name: p.solver for p in trainer.spec.topology.paths}
    change, removed, words = REFUSED[what]
    before = trainer.state()
    with pytest.raises(SpecError, match=words):
        trainer.grow(change(trainer.spec.topology, solvers), "no", [solvers[name] for name in removed])
    after = trainer.state()
    assert after.meta == before.meta
    assert all(np.array_equal(array, after.arrays[name]) for name, array in before.arrays.items())


def test_conditions_of_a_path_grown_by_hand_wait_for_their_turn(tiny, trainer_of):
    trainer = trainer_of(tiny(1, training__steps=2, stream__tasks=2, stream__order="task-major"))
    tree = grown(trainer.spec)
    found = read(trainer, lambda: trainer.grow(tree.topology, "by hand"), at=1)
    learned = [(e.path, e.task) for e in found if isinstance(e, events.TaskStarted)]
    assert learned == [("P1", 0), ("P1", 1), ("P2-0", 1)]
    assert Condition(tree.solver, 1) in trainer._at.finished


@pytest.mark.slow
def test_the_preset_growing_fills_a_path_and_the_child_that_grows_does_better(trainer_of):
    trainer = trainer_of(presets.preset("growing"))
    found = read(trainer)
    changes = [e for e in found if isinstance(e, events.TopologyChanged)]
    assert 1 <= len(changes) <= 4
    outcomes = trainer._grower.outcomes
    for before, after in itertools.pairwise(outcomes):
        if after.solver != before.solver:  # grown in between: the same task again
            assert after.task == before.task
            assert after.accuracy > before.accuracy + 0.05
