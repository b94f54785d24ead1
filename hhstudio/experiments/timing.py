"""Timings of steps against each other: interleaved, in wall time and in processor time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from hhstudio.core.statistics import Estimate

Step = Callable[[], Any]


class Rate(NamedTuple):
    """Milliseconds a step of one round: by the clock, and of this process's threads (``cpu``)."""

    wall: float
    cpu: float


def interleaved(steps: Mapping[str, Step], rounds: int, seconds: float, device: str) -> dict[str, list[Rate]]:
    """Every implementation once a round, in turn, each for about ``seconds`` and at least one step.

    What else runs on the machine then slows all of them alike; ratios are taken round by round.
    """
    for step in steps.values():
        timed(step, 0.0, device)
    timings: dict[str, list[Rate]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            timings[name].append(timed(step, seconds, device))
    return timings


def timed(step: Step, seconds: float, device: str) -> Rate:
    """Mean over the steps of at least ``seconds``."""
    _wait(device)
    start, used, count = time.perf_counter(), time.process_time(), 0
    while count < 1 or time.perf_counter() - start < seconds:
        step()
        count += 1
    _wait(device)
    return Rate(1000 * (time.perf_counter() - start) / count, 1000 * (time.process_time() - used) / count)


def ratio(over: list[Rate], under: list[Rate]) -> dict[str, float]:
    """Median of the rounds' ratios of time, by the clock and by processor time, and its standard error."""
    walls = [a.wall / b.wall for a, b in zip(over, under, strict=True)]
    used = [a.cpu / b.cpu for a, b in zip(over, under, strict=True)]
    return {
        "wall": statistics.median(walls),
        "error": Estimate.of(walls).error or 0.0,
        "cpu": statistics.median(used),
    }


def rates(rounds: list[Rate]) -> list[float]:
    """Steps a second of each round, by the clock."""
    return [1000 / rate.wall for rate in rounds]


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
