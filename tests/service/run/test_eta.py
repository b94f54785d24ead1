"""Time left: paths of different cost, measuring, pauses, growth; and the times of real runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from hhstudio.service.run.eta import DEPTH_COST, KEEPING_COST, Eta

DEPTHS = {"P1": 1, "P2-0": 2, "P3-00": 3}
RECORDED = sorted((Path(__file__).parent / "recorded_times").glob("*.json"))


class Left(NamedTuple):
    steps: dict[str, int]
    passes: int = 0
    consolidating: bool = False
    passes_done: int = 0
    evaluation_seconds: float = 0.0


@pytest.mark.parametrize("file", RECORDED, ids=lambda f: f.stem)
def test_after_a_tenth_of_a_real_run_its_time_left_is_right_within_a_fifth(file):
    """Processor time of runs as their specs say, with all that an Eta is told in them. One was recorded while
    the machine did much else, so that even the same step took more or less: a third there."""
    run = json.loads(file.read_text())
    eta = Eta({key: tuple(cost) for key, cost in run["costs"].items()}, DEPTHS)
    end, looked = run["end"], 0
    for now, key, step, *left in run["rows"]:
        _, answer = eta.update(now, key, step, run["window"], Left(*left))
        if 0.1 * end <= now <= 0.95 * end:
            looked += 1
            assert answer == pytest.approx(end - now, rel=run["within"]), f"at {100 * now / end:.0f} %"
    assert looked > 30


def test_paths_not_reached_yet_count_as_their_trial_steps_do():
    eta = Eta({"P1": (0.01, 0.02), "P2-0": (0.03, 0.05)}, DEPTHS)
    eta.begin(0.0, 0, 0.0)
    rate, left = eta.update(2.0, "P1", 100, 100, Left({"P1": 0, "P2-0": 100}))  # twice what was tried
    assert rate == pytest.approx(50.0)
    assert left == pytest.approx(100 * 0.05 * 2)


def test_measuring_is_counted_apart_from_steps():
    eta = Eta({"P1": (0.01, 0.01)}, DEPTHS)
    eta.begin(0.0, 0, 0.0)
    left = Left({"P1": 100}, passes=3000, passes_done=1000, evaluation_seconds=4.0)
    _, seconds = eta.update(5.0, "P1", 100, 100, left)
    assert seconds == pytest.approx(100 * 0.01 + 3000 * 0.004)


def test_a_pause_is_not_taken_for_slow_steps():
    eta = Eta({"P1": (0.01, 0.01)}, DEPTHS)
    eta.begin(0.0, 0, 0.0)
    eta.update(1.0, "P1", 100, 100, Left({"P1": 900}))
    eta.skip(1000.0)
    rate, left = eta.update(1002.0, "P1", 200, 100, Left({"P1": 800}))
    assert rate == pytest.approx(100.0)
    assert left == pytest.approx(8.0)


def test_what_comes_after_the_tree_counts_as_its_own():
    eta = Eta({"P1": (0.01, 0.01), "baseline joint": (0.002, 0.002)}, DEPTHS)
    eta.begin(0.0, 0, 0.0)
    _, left = eta.update(1.0, "P1", 100, 100, Left({"P1": 0, "baseline joint": 50}))
    assert left == pytest.approx(0.1)


def test_nothing_is_promised_before_there_is_a_measurement():
    assert Eta({}, DEPTHS).update(0.0, "P1", 0, 100, Left({"P1": 100})) == (0.0, None)


def test_without_trial_steps_depth_and_keeping_are_guessed():
    eta = Eta({}, {"P1": 1})
    eta.begin(0.0, 0, 0.0)
    eta.set_depths({"P1": 1, "P2-0": 2})
    _, left = eta.update(1.0, "P1", 100, 100, Left({"P2-0": 100}))
    assert left == pytest.approx((1 + DEPTH_COST) * (1 + KEEPING_COST), rel=0.01)


def test_a_path_that_had_no_trial_is_like_the_nearest_that_had_one():
    eta = Eta({"P1": (0.01, 0.01)}, DEPTHS)
    eta.begin(0.0, 0, 0.0)
    _, left = eta.update(1.0, "P1", 100, 100, Left({"P3-00": 100}))
    assert left == pytest.approx(1 + 2 * DEPTH_COST, rel=0.01)
