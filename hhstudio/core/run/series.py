"""Series of a metric: two growing columns, and a pyramid of minima and maxima that makes drawing cheap.

Decimation never loses an extreme: every bucket keeps its smallest and its largest value, in the order
in which they came.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from hhstudio.core.run.columns import Column

_FAN = 16  # points a bucket of the next coarser level

LAST_STEP = 2**53
"""Steps up to this are exact as floats."""


def group_width(points: int, buckets: int) -> int:
    """Points a group when ``points`` are drawn in about ``buckets`` groups: whole nodes of the pyramid."""
    width = -(-points // buckets)
    fine = 1
    while fine * _FAN <= width:
        fine *= _FAN
    return -(-width // fine) * fine


def _merged(sorted_runs: list[np.ndarray]) -> np.ndarray:
    """Sorted positions without repetitions. np.unique hashes, which is ten times slower on sorted runs."""
    together = np.concatenate(sorted_runs)
    together.sort(kind="stable")
    return together[_is_first(together)]


def _is_first(sorted_values: np.ndarray) -> np.ndarray:
    """Mask of the positions at which a run of equal values begins."""
    first = np.ones(len(sorted_values), bool)
    np.not_equal(sorted_values[1:], sorted_values[:-1], out=first[1:])
    return first


def _whole(rounding: Callable[[float], int], step: float) -> np.int64:
    """A step to search for. A float would make NumPy convert the whole column first."""
    largest = np.iinfo(np.int64).max
    if not abs(step) < largest:
        return np.int64(largest if step > 0 else -largest)
    return np.int64(rounding(step))


def check_steps(steps: np.ndarray) -> None:
    """Raise ValueError for steps that no run can come to, and no axis can show."""
    if len(steps) and max(abs(int(steps.min())), abs(int(steps.max()))) > LAST_STEP:
        raise ValueError("a curve has steps that cannot be")


class Series:
    """Values over non-decreasing steps. Steps are int64, values float64 (NaN allowed)."""

    def __init__(self) -> None:
        self._step = Column(np.int64)
        self._value = Column(np.float64)
        # level k holds, for every complete group of _FAN**(k+1) points, the positions of its extremes
        self._levels: list[tuple[Column, Column]] = []

    def __len__(self) -> int:
        return len(self._step)

    @property
    def steps(self) -> np.ndarray:
        return self._step.view()

    @property
    def values(self) -> np.ndarray:
        return self._value.view()

    def extend(self, steps: np.ndarray, values: np.ndarray) -> None:
        """Append points. Raises ValueError when the columns differ in length."""
        steps, values = np.asarray(steps, np.int64), np.asarray(values, np.float64)
        if steps.shape != values.shape:
            raise ValueError(f"{len(steps)} steps but {len(values)} values")
        self._step.extend(steps)
        self._value.extend(values)

    def truncate_after(self, step: int) -> None:
        """Forget points after ``step`` (a run that went back to a checkpoint)."""
        size = int(np.searchsorted(self.steps, step, side="right"))
        self._step.truncate(size)
        self._value.truncate(size)
        for level, (low, high) in enumerate(self._levels):
            groups = size // _FAN ** (level + 1)
            low.truncate(groups)
            high.truncate(groups)

    def count_before(self, step: float) -> int:
        """Number of points before ``step``."""
        return int(np.searchsorted(self.steps, _whole(math.ceil, step), side="left"))

    def count_until(self, step: float) -> int:
        """Number of points not after ``step``."""
        return int(np.searchsorted(self.steps, _whole(math.floor, step), side="right"))

    def decimated(self, first: float, last: float, buckets: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Steps and values to draw between two steps, one point either side included.

        Returns every point where there are at most 2 x ``buckets`` of them, otherwise the extremes of
        groups of :func:`group_width` points; the flag says whether points were left out. Groups are
        aligned to the start of the series, so that a curve does not shimmer while it is scrolled.
        """
        steps, values = self.steps, self.values
        start = max(self.count_before(first) - 1, 0)
        stop = min(self.count_until(last) + 1, len(steps))
        if stop - start <= 2 * buckets:
            return steps[start:stop], values[start:stop], False
        picked = self._extremes(start, stop, group_width(stop - start, buckets))
        drawn = steps[picked], values[picked], True
        # points all over the curve were looked at: of a long one, that would keep all of it in memory
        self._step.let_go()
        self._value.let_go()
        return drawn

    def _extremes(self, start: int, stop: int, width: int) -> np.ndarray:
        """Positions of the extremes of groups of ``width`` points in [start, stop), in order."""
        self._refine()  # only now: whoever records or opens a run need not pay for curves that nobody draws
        level = -1
        while level + 1 < len(self._levels) and width % _FAN ** (level + 2) == 0:
            level += 1
        if level < 0:
            candidates = np.arange(start, stop)
        else:
            fine = _FAN ** (level + 1)
            low, high = self._levels[level]
            one, two = -(-start // fine), min(stop // fine, len(low.view()))
            inner = np.concatenate([low.view()[one:two], high.view()[one:two]])
            edges = [np.arange(start, min(one * fine, stop)), np.arange(max(two * fine, start), stop)]
            candidates = _merged([*edges, inner])
        return self._reduce(candidates, candidates // width)

    def _reduce(self, candidates: np.ndarray, group: np.ndarray) -> np.ndarray:
        """Of sorted positions in sorted groups: the first smallest and largest of each, and both ends."""
        values = self.values[candidates]
        heads = np.flatnonzero(_is_first(group))
        picked = []
        for fill, choose in ((np.inf, np.minimum), (-np.inf, np.maximum)):
            filled = np.where(np.isnan(values), fill, values)
            extreme = choose.reduceat(filled, heads)
            hit = np.flatnonzero(filled == np.repeat(extreme, np.diff(heads, append=len(values))))
            picked.append(hit[_is_first(group[hit])])
        ends = np.array([0, len(candidates) - 1])
        return candidates[_merged([*picked, ends])]

    def _refine(self) -> None:
        """Complete the pyramid for every whole group that has come."""
        level, size = 0, len(self)
        while size >= _FAN ** (level + 1):
            if level == len(self._levels):
                self._levels.append((Column(np.int64), Column(np.int64)))
            low, high = self._levels[level]
            done, whole = len(low.view()), size // _FAN ** (level + 1)
            if whole > done:
                low.extend(self._group_extremes(level, done, whole, np.argmin, np.inf, 0))
                high.extend(self._group_extremes(level, done, whole, np.argmax, -np.inf, 1))
            level += 1

    def _group_extremes(self, level, done, whole, choose, fill, side) -> np.ndarray:  # type: ignore[no-untyped-def]
        start, stop = done * _FAN, whole * _FAN
        if level == 0:
            positions, values = None, self.values[start:stop]
        else:
            positions = self._levels[level - 1][side].view()[start:stop]
            values = self.values[positions]
        unknown = np.isnan(values)
        if unknown.any():
            values = np.where(unknown, fill, values)
        chosen = choose(values.reshape(-1, _FAN), axis=1) + np.arange(0, stop - start, _FAN)
        return chosen + start if positions is None else positions[chosen]
