"""Moments and messages in words for the screen (numbers: `hhstudio.core.formatting`)."""

from __future__ import annotations

import re
import time

from hhstudio.core.formatting import UNKNOWN


def when(seconds: float, now: float | None = None) -> str:
    """A moment (seconds since the epoch): the time today, otherwise the date."""
    try:
        then = time.localtime(seconds)
    except (OverflowError, ValueError, OSError):
        return UNKNOWN
    today = time.localtime(now if now is not None else time.time())
    if then[:3] == today[:3]:
        return time.strftime("%H:%M", then)
    return time.strftime("%d %b" if then.tm_year == today.tm_year else "%d %b %Y", then).lstrip("0")


_SESSION_PATH = re.compile(r"(?<!\S)(?:~|[A-Za-z]:)?[\\/][^:;\n]*?\.h5\b")


def with_names(text: str) -> str:
    """A text in which the sessions' names stand for their whole paths."""
    return _SESSION_PATH.sub(lambda match: re.split(r"[\\/]", match[0])[-1], text)
