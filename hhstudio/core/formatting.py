"""Numbers in words: counts, sizes, durations, rates and shares, written alike everywhere.

Whatever a file claims can be shown: a dash stands for what was not measured, is not finite, or is larger than
anything that can be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

THIN = "\u202f"
"""Between thousands: a narrow space at which no line breaks. Text for a terminal has an ordinary one."""
UNKNOWN = "–"
LARGEST = 10**18
"""No count, size or time is larger."""


def number(value: float | None, form: str, unit: str = "") -> str:
    """A number as ``format`` writes it, with its unit: ``number(0.5, ".2f")``; a dash for what is none.

    Where ``form`` writes every digit (``f``), also for what is larger than anything that can be.
    """
    shown = value is not None and (_can_be(value) if form.endswith("f") else _is_finite(value))
    return f"{value:{form}}{unit}" if shown else UNKNOWN


def count(number: float, space: str = THIN) -> str:
    """Every digit: ``2 200``."""
    return f"{number:,}".replace(",", space) if _can_be(number) else UNKNOWN


def short_count(number: float | None) -> str:
    """Three digits: 1 234 567 as ``1.23 M``; a question mark for what is unknown."""
    if number is None:
        return "?"
    if not _can_be(number):
        return UNKNOWN
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= factor * 0.9995:
            value = number / factor
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    return str(number)


def size(number: float) -> str:
    """Bytes: ``812 B``, ``3.4 MB``."""
    if not _can_be(number):
        return UNKNOWN
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def signed(number: int | None, written: Callable[[int], str] = short_count) -> str:
    """A difference: ``+1.38 k``, ``−3.4 MB`` (with `size`)."""
    if number is not None and not _can_be(number):
        return UNKNOWN
    return "?" if number is None else f"{'−' if number < 0 else '+'}{written(abs(number))}"


def duration(seconds: float | None) -> str:
    """As on a clock: ``0:07``, ``12:34``, ``3:05:00``, ``2 d 4 h``."""
    if seconds is None or not _can_be(seconds):
        return UNKNOWN
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rough_duration(seconds: float) -> str:
    """As one would guess it: ``40 s``, ``12 min``, ``3.5 h``, ``28 h``."""
    if not _can_be(seconds):
        return UNKNOWN
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36_000 else f"{seconds / 3600:.0f} h"


def percent(fraction: float | None, digits: int = 1) -> str:
    """``98.4 %``, or a dash where nothing was measured."""
    return number(None if fraction is None else 100 * fraction, f".{digits}f", " %")


def rate(steps: float) -> str:
    """Steps a second."""
    if not _can_be(steps):
        return UNKNOWN
    return f"{steps:.1f} steps/s" if steps < 10 else f"{count(round(steps))} steps/s"


def moment(seconds: float, form: str) -> str:
    """A time (seconds since the epoch) on the clocks here, as ``strftime`` writes it; a dash for none."""
    try:
        return time.strftime(form, time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return UNKNOWN


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _can_be(value: float) -> bool:
    return _is_finite(value) and abs(value) < LARGEST
