"""Numbers and states in words for the screen."""

from __future__ import annotations

import re
import time
from html import escape

from hhstudio.core.run.events import RunState

STATE_WORDS: dict[RunState, str] = {
    "starting": "Starting",
    "importing": "Importing",
    "device": "Choosing the device",
    "building": "Building",
    "data": "Reading the data",
    "training": "Training",
    "paused": "Paused",
    "saving": "Saving",
    "finished": "Finished",
    "stopped": "Stopped",
    "failed": "Failed",
}


def plain(text: str) -> str:
    """A text for a tool tip, which would take what looks like HTML for HTML: it may come from a file."""
    return f"<p>{escape(text, quote=False).replace(chr(10), '<br>')}</p>" if text else ""


def duration(seconds: float) -> str:
    """``0:07``, ``12:34``, ``3:05:00``, ``2 d 4 h``."""
    whole = max(int(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size(count: int) -> str:
    """Bytes, as ``812 B``, ``3.4 MB``."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    raise AssertionError


def count(number: int) -> str:
    """``2 200``: thousands apart by a narrow space."""
    return f"{number:,}".replace(",", "\u202f")


def percent(fraction: float | None) -> str:
    """``98.4 %``, or a dash where nothing was measured."""
    return "–" if fraction is None else f"{100 * fraction:.1f} %"


def rate(steps: float) -> str:
    """Steps a second."""
    return f"{steps:.1f} steps/s" if steps < 10 else f"{steps:,.0f} steps/s".replace(",", " ")


def when(seconds: float, now: float | None = None) -> str:
    """A moment (seconds since the epoch): the time today, otherwise the date."""
    then = time.localtime(seconds)
    today = time.localtime(now if now is not None else time.time())
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%d %b" if then.tm_year == today.tm_year else "%d %b %Y", then).lstrip("0")


_SESSION_PATH = re.compile(r"(?<!\S)(?:~|[A-Za-z]:)?[\\/][^:;\n]*?\.h5\b")


def with_names(text: str) -> str:
    """A text in which the sessions' names stand for their whole paths."""
    return _SESSION_PATH.sub(lambda found: re.split(r"[\\/]", found[0])[-1], text)
