"""Mean over independent runs, with its standard error."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class Estimate(NamedTuple):
    """Mean over ``n`` independent runs and its standard error (sample deviation / sqrt n; None for n < 2). Of
    values that are not finite, or too large to be added, the mean is NaN."""

    mean: float
    error: float | None
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Estimate:
        """Raises ValueError for an empty sequence."""
        if not values:
            raise ValueError("an estimate needs at least one value")
        n = len(values)
        try:
            mean = math.fsum(values) / n
            if n < 2:
                return cls(mean, None, n)
            deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
        except (OverflowError, ValueError):
            return cls(math.nan, None, n)
        return cls(mean, deviation / math.sqrt(n), n)
