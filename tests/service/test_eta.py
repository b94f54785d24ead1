"""Time left: paths of different cost, pauses, resumed runs."""

from __future__ import annotations

import pytest

from hhstudio.service.eta import CONSOLIDATION_COST, DEPTH_COST, Eta

DEPTHS = {"P1": 1, "P2-0": 2, "P3-00": 3}
STEPS, TASKS = 100, 5


def cost(path: str, step: int) -> float:
    """Seconds of a step; 0.45 a level and 0.4 for consolidation, not quite what is assumed."""
    consolidation = 1.4 if step >= STEPS else 1.0
    return 0.01 * (1 + 0.45 * (DEPTHS[path] - 1)) * consolidation


def run(eta: Eta, until: int, pause_at: int | None = None) -> tuple[float, float | None, float]:
    """Simulates a path-major run up to a step; returns rate, time left, and the true time left."""
    order = [name for name in DEPTHS for _ in range(STEPS * TASKS)]
    now, answer = 0.0, (0.0, None)
    for step in range(until + 1):
        path = order[min(step, len(order) - 1)]
        if step == pause_at:
            now += 1000.0
            eta.skip(1000.0)
        if step % 10 == 0:
            answer = eta.update(now, path, step, len(order), STEPS)
        if step < until:
            now += cost(path, step)
    return *answer, sum(cost(name, step) for step, name in enumerate(order) if step >= until)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.95])
def test_time_left_is_right_within_a_fifth_after_a_tenth_of_the_run(share):
    rate, left, truth = run(Eta(DEPTHS), int(share * STEPS * TASKS * 3))
    assert left == pytest.approx(truth, rel=0.2)
    assert rate > 0


def test_a_pause_is_not_taken_for_slow_steps():
    _, left, truth = run(Eta(DEPTHS), 300, pause_at=250)
    assert left == pytest.approx(truth, rel=0.2)


def test_a_resumed_run_counts_only_what_is_left():
    eta = Eta(DEPTHS, {"P1": 500, "P2-0": 500})
    for step in range(1000, 1200, 10):  # twenty milliseconds a step
        _, left = eta.update((step - 1000) * 0.02, "P3-00", step, 1500, STEPS)
    assert left == pytest.approx((1500 - 1190) * 0.02, rel=0.05)


def test_nothing_is_promised_before_there_is_a_measurement():
    assert Eta(DEPTHS).update(0.0, "P1", 0, 100, 10) == (0.0, None)


def test_a_path_that_grew_later_is_counted_in():
    eta = Eta({"P1": 1}, consolidates=False)
    eta.update(0.0, "P1", 0, 100, 100)
    eta.set_depths({"P1": 1, "P2-0": 2})
    _, left = eta.update(1.0, "P1", 100, 200, 100)
    assert left == pytest.approx(1.0 * (1 + DEPTH_COST), rel=0.01)


def test_the_first_task_is_known_to_be_cheaper_than_those_that_follow():
    eta = Eta({"P1": 1})
    eta.update(0.0, "P1", 0, 200, 100)
    _, left = eta.update(1.0, "P1", 100, 200, 100)
    assert left == pytest.approx(1 + CONSOLIDATION_COST, rel=0.01)
