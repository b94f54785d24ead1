"""Time left of a run.

Steps of different paths cost differently (a deeper chain generates more), the first task has nothing to
keep, a run usually learns the cheap paths first, and measuring accuracies takes longer the more has been
learned. So what is left is counted, as the trainer knows it: steps by path, at the cost that a few trial
steps of each path had before the run, scaled by what steps really took; and images to be classified, each
at the time that it took so far. Pauses are left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

Costs = Mapping[str, tuple[float, float]]
"""Seconds a step by path or phase: alone, and with earlier conditions to be kept."""

DEPTH_COST = 0.37
KEEPING_COST = 0.5
"""What one more generated hypernetwork, and keeping earlier conditions, add to a plain depth-1 step where
there was no trial. (Quickstart on two cores: steps of depth 1, 2, 3 cost 1 : 1.33 : 1.75.)"""

ENOUGH = 20
"""Steps of a path after which its own measured time counts, rather than another path's."""


class Left(Protocol):
    """What is still to be done (``learn.training.forecast.Workload``)."""

    @property
    def steps(self) -> dict[str, int]: ...
    @property
    def passes(self) -> int: ...
    @property
    def consolidating(self) -> bool: ...
    @property
    def passes_done(self) -> int: ...
    @property
    def evaluation_seconds(self) -> float: ...


@dataclass
class _Measured:
    """A path's latest steps: (seconds, expected seconds, steps) a sample."""

    samples: deque[tuple[float, float, int]] = field(default_factory=deque)
    seconds: float = 0.0
    expected: float = 0.0
    steps: int = 0

    def add(self, seconds: float, expected: float, steps: int, window: int) -> None:
        self.samples.append((seconds, expected, steps))
        self._count(seconds, expected, steps, 1)
        while len(self.samples) > 1 and self.steps - self.samples[0][2] >= window:
            self._count(*self.samples.popleft(), -1)

    def _count(self, seconds: float, expected: float, steps: int, sign: int) -> None:
        self.seconds += sign * seconds
        self.expected += sign * expected
        self.steps += sign * steps

    @property
    def scale(self) -> float:
        """Real over expected seconds."""
        return self.seconds / self.expected


class Eta:
    """Feed :meth:`update` with the run's progress; it answers with rate and remaining seconds.

    ``costs``: of trial steps; ``depths`` by path, for those that had no trial. Times are in seconds.
    """

    def __init__(self, costs: Costs, depths: Mapping[str, int]) -> None:
        self._costs = dict(costs)
        self._depths = dict(depths)
        self._measured: dict[str, _Measured] = {}
        self._latest = ""
        self._idle = 0.0
        self._last: tuple[float, int, float] | None = None
        self._rates: deque[tuple[float, int]] = deque()

    def set_depths(self, depths: Mapping[str, int]) -> None:
        """The tree has grown."""
        self._depths = dict(depths)

    def skip(self, seconds: float) -> None:
        """Time that was not training: a pause."""
        self._idle += seconds

    def begin(self, now: float, step: int, measuring: float) -> None:
        """The clock starts, unless it runs already."""
        if self._last is None:
            self._last = now - self._idle, step, measuring
            self._rates.append((now - self._idle, step))

    def update(self, now: float, key: str, step: int, window: int, left: Left) -> tuple[float, float | None]:
        """Steps a second and seconds to the end (None while unknown).

        ``key``: the path, or phase, whose steps have been taken since the last call; ``window``: how many of
        its latest steps count.
        """
        self.begin(now, step, left.evaluation_seconds)
        assert self._last is not None
        now -= self._idle
        before, last_step, measuring = self._last
        self._last = now, step, left.evaluation_seconds
        if step > last_step:
            taken = step - last_step
            seconds = max(now - before - (left.evaluation_seconds - measuring), 0.0)
            expected = taken * self._expected(key, left.consolidating)
            self._measured.setdefault(key, _Measured()).add(seconds, expected, taken, max(window, 1))
            self._latest = key
        self._rates.append((now, step))
        while len(self._rates) > 2 and step - self._rates[1][1] >= max(window, 1):
            self._rates.popleft()
        return self._rate(), self._left(left)

    def _rate(self) -> float:
        first, last = self._rates[0], self._rates[-1]
        return (last[1] - first[1]) / (last[0] - first[0]) if last[0] > first[0] else 0.0

    def _left(self, left: Left) -> float | None:
        if not self._latest:
            return None
        seconds = sum(
            steps * self._seconds(key, left.consolidating) for key, steps in left.steps.items() if steps
        )
        each = left.evaluation_seconds / left.passes_done if left.passes_done else 0.0
        return seconds + left.passes * each

    def _seconds(self, key: str, burdened: bool) -> float:
        """A step still to come, which has earlier conditions to keep unless the run's first task goes on."""
        own = self._measured.get(key)
        scaled = own if own is not None and own.steps >= ENOUGH else self._measured[self._latest]
        return scaled.scale * self._expected(key, True)

    def _expected(self, key: str, burdened: bool) -> float:
        if key in self._costs:
            return self._costs[key][burdened]
        depth = self._depths.get(key, 1)
        tried = [(abs(self._depths.get(k, 1) - depth), k) for k in self._costs if k in self._depths]
        relative = _relative(depth) * (1 + KEEPING_COST * burdened)
        if not tried:
            return relative
        nearest = min(tried)[1]
        near = self._depths[nearest]
        return self._costs[nearest][burdened] * _relative(depth) / _relative(near)


def _relative(depth: int) -> float:
    return 1 + DEPTH_COST * (depth - 1)
