"""How many snapshots a budget leaves, and that they are told before the run."""

import pytest
from msgspec.structs import replace

from hhstudio.core.spec import rules
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.disk_usage import disk
from hhstudio.core.spec.snapshot_policy import interval, snapshot_plan
from hhstudio.core.spec.spec import Recording, SolverDefaults, Spec, Stream, Training
from hhstudio.core.tree import editing


def taken(every, steps):
    return len(range(every, steps, every)) if every else 0


@pytest.mark.parametrize("budget", [0.001, 0.05, 0.3, 1.0, 2.0, 50.0])
@pytest.mark.parametrize(("steps", "every", "conditions"), [(100, 10, 4), (997, 3, 18), (12, 5, 1)])
def test_a_budget_is_never_exceeded_and_half_of_it_is_never_left(budget, steps, every, conditions):
    each = 20_000
    found = interval(Recording(snapshot_every=every, snapshot_budget=budget), steps, conditions, each)
    assert found % every == 0
    number = taken(found, steps)
    assert number * conditions * each <= budget * 1e6
    room = int(budget * 1e6 / conditions / each)
    assert number == taken(every, steps) or 2 * number + 1 >= min(room, taken(every, steps))


def test_without_a_budget_snapshots_come_as_often_as_they_are_asked_for():
    assert interval(Recording(snapshot_every=7), 10_000, 100, 1e9) == 7
    assert interval(Recording(snapshot_budget=1.0), 10_000, 100, 1e9) == 0


def spec(**recording):
    return Spec(
        name="s",
        stream=Stream(dataset="digits", tasks=3, classes_per_task=2),
        solver=SolverDefaults(architecture="mlp", options={"hidden": (8,)}),
        training=Training(steps=100),
        recording=Recording(**recording),
        topology=editing.single(),
    )


def test_the_cost_is_known_before_the_run():
    each = 2 * costs(spec()).total.generated / 3
    assert snapshot_plan(spec(snapshot_every=10)) == (3 * 9 + 3, 10, int(30 * each))
    room = 3 * 3 * each / 1e6
    thinned = snapshot_plan(spec(snapshot_every=10, snapshot_budget=room + 1e-6))
    assert thinned == (3 * 3 + 3, 30, int(12 * each))
    assert snapshot_plan(spec(at_task_ends="none")).number == 0
    more = disk(spec(snapshot_every=10)) - disk(spec())
    assert more == pytest.approx(27 * each, abs=2)


def test_a_budget_of_nothing_is_refused_in_words():
    wrong = replace(spec(), recording=Recording(snapshot_budget=0.0))
    assert any("snapshot_budget" in i.message or "Snapshot budget" in i.message for i in rules.issues(wrong))
