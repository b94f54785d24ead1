"""Debiased exponential moving average, kept up to date by looking at new points only.

With weight w: s_t = w s_{t-1} + (1 - w) x_t and y_t = s_t / (1 - w^t), the bias correction of Adam
(Kingma & Ba 2015). It is computed on differences from the first value, so that a constant stays exactly
that constant, and by blocks rather than point by point.
"""

from __future__ import annotations

import numpy as np

from hhstudio.core.run.series import Series

_SMALLEST = 1e-10  # powers of w inside a block stay above this, so that dividing by them is harmless


class Smoothed:
    """The moving average of a growing :class:`Series`; values that are not finite are passed over."""

    def __init__(self, source: Series, weight: float) -> None:
        self.source = source
        self.weight = weight
        self.series = Series()
        self._seen = 0
        self._first: float | None = None
        self._sum = 0.0
        self._norm = 0.0

    def update(self) -> Series:
        """Take in what has been appended to the source, and return the smoothed series."""
        if len(self.source) < self._seen:
            self.restart()
        steps, values = self.source.steps[self._seen :], self.source.values[self._seen :]
        self._seen = len(self.source)
        finite = np.isfinite(values)
        steps, values = steps[finite], values[finite]
        if len(values):
            self.series.extend(steps, self._average(values))
        return self.series

    def restart(self) -> None:
        """Forget everything: the source went back to an earlier step."""
        self.series, self._seen, self._first, self._sum, self._norm = Series(), 0, None, 0.0, 0.0

    def _average(self, values: np.ndarray) -> np.ndarray:
        if self._first is None:
            self._first = float(values[0])
        if self.weight <= 0:
            return values
        weight = self.weight
        block = max(1, min(1024, int(np.log(_SMALLEST) / np.log(weight))))
        powers = weight ** np.arange(1, block + 1)
        result = np.empty(len(values))
        for start in range(0, len(values), block):
            part = values[start : start + block] - self._first
            power = powers[: len(part)]
            sums = power * (self._sum + (1 - weight) * np.cumsum(part / power))
            norms = 1 - (1 - self._norm) * power
            result[start : start + len(part)] = self._first + sums / norms
            self._sum, self._norm = float(sums[-1]), float(norms[-1])
        return result
