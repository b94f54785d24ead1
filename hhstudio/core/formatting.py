"""Numbers in words: counts, sizes, durations, rates and shares, written alike everywhere."""

from __future__ import annotations

from collections.abc import Callable

THIN = "\u202f"
"""Between thousands: a narrow space at which no line breaks. Text for a terminal has an ordinary one."""


def count(number: int, space: str = THIN) -> str:
    """Every digit: ``2 200``."""
    return f"{number:,}".replace(",", space)


def short_count(number: int | None) -> str:
    """Three digits: 1 234 567 as ``1.23 M``; a question mark for what is unknown."""
    if number is None:
        return "?"
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= factor * 0.9995:
            value = number / factor
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    return str(number)


def size(number: int) -> str:
    """Bytes: ``812 B``, ``3.4 MB``."""
    value = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def signed(number: int | None, written: Callable[[int], str] = short_count) -> str:
    """A difference: ``+1.38 k``, ``−3.4 MB`` (with `size`)."""
    return "?" if number is None else f"{'−' if number < 0 else '+'}{written(abs(number))}"


def duration(seconds: float) -> str:
    """As on a clock: ``0:07``, ``12:34``, ``3:05:00``, ``2 d 4 h``."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def rough_duration(seconds: float) -> str:
    """As one would guess it: ``40 s``, ``12 min``, ``3.5 h``, ``28 h``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36_000 else f"{seconds / 3600:.0f} h"


def percent(fraction: float | None) -> str:
    """``98.4 %``, or a dash where nothing was measured."""
    return "–" if fraction is None else f"{100 * fraction:.1f} %"


def rate(steps: float) -> str:
    """Steps a second."""
    return f"{steps:.1f} steps/s" if steps < 10 else f"{count(round(steps))} steps/s"
