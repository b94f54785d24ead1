"""Axes of the parallel coordinates: where a value lies on one, and what stands beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hhstudio.core.sweeps.comparison import MISSING
from hhstudio.core.sweeps.run_names import value_text
from hhstudio.gui.views.compare.lines import distinct, short

_FEW = 9
"""Up to so many different numbers each gets its own label."""
_LOG_RATIO = 30.0
"""Positive numbers further apart than this are shown on a logarithmic axis."""


@dataclass(frozen=True)
class ParallelAxis:
    """``name``: of the setting, or of the measure. ``labels``: (place from 0 at the foot to 1, text)."""

    name: str
    title: str
    places: dict[Any, float]
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    labels: tuple[tuple[float, str], ...] = ()

    def place(self, value: Any) -> float | None:
        """From 0 to 1; None for what is missing."""
        if value is None or value == MISSING:
            return None
        key = _key(value)
        if key in self.places:
            return self.places[key]
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return _scaled(value, self.low, self.high, self.log)
        return None


def setting_axis(name: str, values: list[Any]) -> ParallelAxis:
    """Numbers to scale (logarithmic where they span much), everything else evenly spaced."""
    different = distinct([value for value in values if value != MISSING])
    numbers = [v for v in different if isinstance(v, int | float) and not isinstance(v, bool)]
    if numbers and len(numbers) == len(different):
        return _number_axis(name, short(name), numbers)
    gap = max(len(different) - 1, 1)
    places = {_key(v): (at / gap if len(different) > 1 else 0.5) for at, v in enumerate(different)}
    labels = tuple((places[_key(v)], value_text(v)) for v in different)
    return ParallelAxis(name, short(name), places, labels=labels)


def measure_axis(name: str, title: str, values: list[float | None]) -> ParallelAxis:
    """An accuracy or a difference of accuracies, in percent, between round numbers."""
    finite = [v for v in values if v is not None and math.isfinite(v)]
    if not finite:
        return ParallelAxis(name, title, {}, 0.0, 1.0, labels=((0.0, "0 %"), (1.0, "100 %")))
    low, high = min(finite), max(finite)
    step = _round_step(max(high - low, 0.002) / 4)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if high <= low:
        high = low + step
    digits = max(0, -math.floor(math.log10(step * 100) + 1e-9))
    count = round((high - low) / step)
    labels = tuple((at / count, f"{100 * (low + at * step):.{digits}f} %") for at in range(count + 1))
    return ParallelAxis(name, title, {}, low, high, labels=labels)


def _number_axis(name: str, title: str, numbers: list[Any]) -> ParallelAxis:
    low, high = float(min(numbers)), float(max(numbers))
    log = low > 0 and high / low >= _LOG_RATIO
    last = len(numbers) - 1
    shown = numbers if last < _FEW else [numbers[round(at * last / 6)] for at in range(7)]
    labels = tuple((_scaled(v, low, high, log), value_text(v)) for v in shown)
    return ParallelAxis(name, title + (" (log)" if log else ""), {}, low, high, log, labels)


def _scaled(value: float, low: float, high: float, log: bool) -> float:
    if high <= low:
        return 0.5
    if log:
        if value <= 0:
            return 0.0
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    return (value - low) / (high - low)


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= rough - 1e-12)


def _key(value: Any) -> Any:
    return repr(value) if isinstance(value, list | tuple | dict | bool) else value
