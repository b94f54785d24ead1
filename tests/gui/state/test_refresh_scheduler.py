"""Views take turns within a budget of time."""

from time import perf_counter

import pytest

from hhstudio.core.run.history import Changes
from hhstudio.gui.state.refresh_scheduler import BUDGET_S, RefreshScheduler


class Slow:
    """A view that takes longer than the whole budget."""

    def __init__(self):
        self.seen = []

    def refresh(self, changes):
        end = perf_counter() + 1.5 * BUDGET_S
        while perf_counter() < end:
            pass
        self.seen.append(changes)


class Defective:
    def refresh(self, changes):
        raise ValueError("a defect")


@pytest.fixture
def broken():
    return []


def scheduler_of(*views, broken):
    scheduler = RefreshScheduler()
    for view in views:
        scheduler.add(view)
    scheduler.broke.connect(lambda view, error: broken.append((view, error)))
    return scheduler


def test_a_view_beyond_the_budget_is_drawn_in_the_next_round(qtbot, broken):
    first, second = Slow(), Slow()
    scheduler = scheduler_of(first, second, broken=broken)
    scheduler.take(Changes(progress=True))
    assert len(first.seen) == 1
    assert not second.seen
    qtbot.waitUntil(lambda: len(second.seen) == 1)
    assert second.seen[0].progress
    assert not broken


def test_changes_that_come_while_a_view_waits_are_joined(qtbot, broken):
    first, second = Slow(), Slow()
    scheduler = scheduler_of(first, second, broken=broken)
    scheduler.take(Changes(series={("a", 0, "loss")}))
    scheduler.take(Changes(series={("b", 0, "loss")}, state=True))
    qtbot.waitUntil(lambda: len(first.seen) == 2)
    assert [changes.series for changes in second.seen] == [{("a", 0, "loss"), ("b", 0, "loss")}]
    assert second.seen[0].state
    assert [changes.series for changes in first.seen] == [{("a", 0, "loss")}, {("b", 0, "loss")}]


def test_a_defective_view_is_reported_once_and_the_others_go_on(qtbot, broken):
    bad, good = Defective(), Slow()
    scheduler = scheduler_of(bad, good, broken=broken)
    scheduler.take(Changes(log=True))
    scheduler.take(Changes(log=True))
    qtbot.waitUntil(lambda: len(good.seen) == 2)
    assert [view for view, _ in broken] == [bad]


def test_what_waits_is_dropped_when_another_run_is_shown(qtbot, broken):
    first, second = Slow(), Slow()
    scheduler = scheduler_of(first, second, broken=broken)
    scheduler.take(Changes(log=True))
    scheduler.forget()
    scheduler.take(Changes(state=True))
    qtbot.waitUntil(lambda: bool(second.seen))
    assert len(second.seen) == 1
    assert second.seen[0].state
    assert not second.seen[0].log
