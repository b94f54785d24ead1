"""Axis ranges that stand still while a run goes on: they grow in steps, and outliers do not set them."""

from __future__ import annotations

import math

import numpy as np

Range = tuple[float, float]
PERCENT: Range = (-0.015, 1.03)
"""0 to 100 % with room for the line's width, and for the band labels above."""


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 1.5, 2, 3, 4, 5, 7.5, 10 x 10^k that is not below ``value`` (> 0)."""
    base = 10.0 ** math.floor(math.log10(value))
    for factor in (1, 1.5, 2, 3, 4, 5, 7.5, 10):
        if factor * base >= value * (1 - 1e-12):
            return factor * base
    return 10 * base


def along_x(end: float, unit: float, live: bool) -> Range:
    """From 0 to the end of the data; while live, to the end of the ``unit`` (a task) that it is in."""
    if end <= 0:
        return (0.0, max(unit, 1e-9))
    if not live:
        return (0.0, end)
    units = math.ceil(end / unit * (1 - 1e-9)) if unit > 0 else 0
    if units > 20:  # many tasks: grow by a tenth at a time, so that the axis is not redrawn all the time
        units = math.ceil(units / max(units // 10, 1)) * max(units // 10, 1)
    return (0.0, unit * units if units else nice_ceiling(end))


def along_log_x(least: float, end: float, live: bool) -> Range:
    """From ``least`` to the end of the data, both log10; while live, to the next quarter of a decade."""
    if end <= least:
        return (least, least + 1.0)
    return (least, math.ceil(4 * end * (1 - 1e-9)) / 4 if live else end)


def along_y(values: list[np.ndarray], log: bool, now: Range | None = None) -> Range:
    """A range for the finite values; stays ``now`` while that still fits well.

    The top 0.5 % of the values are allowed to stick out when they are more than three times as high as
    the rest. On a log axis values are log10 already, and the range ends at whole or half decades.
    """
    together = np.concatenate([v for v in values if len(v)]) if any(len(v) for v in values) else np.empty(0)
    together = together[np.isfinite(together)]
    if not len(together):
        return now or (0.0, 1.0)
    low, high = float(together.min()), float(together.max())
    if log:
        fitting = (math.floor(2 * low) / 2, math.ceil(2 * high) / 2)
        return fitting if fitting[1] > fitting[0] else (fitting[0] - 0.5, fitting[0] + 0.5)
    rank = round(0.995 * (len(together) - 1))
    usual = float(np.partition(together, rank)[rank])  # a tenth of the time of np.quantile
    if usual > 0 and high > 3 * usual:
        high = 1.2 * usual
    if low >= 0:
        fitting = (0.0, nice_ceiling(1.02 * high) if high > 0 else 1.0)
    else:
        reach = nice_ceiling(1.02 * max(high - low, 1e-12) / 8)
        fitting = (math.floor(low / reach) * reach, math.ceil(high / reach) * reach)
    if (
        now
        and now[0] <= fitting[0]
        and fitting[1] <= now[1]
        and fitting[1] - fitting[0] > 0.45 * (now[1] - now[0])
    ):
        return now
    return fitting
