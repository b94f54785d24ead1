"""Clock watch: notices that the machine slept, or that its clock was set."""

from __future__ import annotations

import time
from collections.abc import Callable

WORTH_SAYING = 30.0
"""Seconds of disagreement that are worth a word; less than that is a busy machine or a clock kept in step."""


class ClockWatch:
    """Compares the calendar's clock with the one that only counts the time awake.

    Nothing in a run depends on the calendar: durations, checkpoints and heartbeats go by the other clock.
    The log's times do, so that a jump is said there.
    """

    def __init__(
        self, calendar: Callable[[], float] = time.time, awake: Callable[[], float] = time.monotonic
    ) -> None:
        self._calendar, self._awake = calendar, awake
        self._offset = calendar() - awake()

    def look(self) -> str:
        """What happened since the last look, in words; empty for nothing."""
        offset = self._calendar() - self._awake()
        jump, self._offset = offset - self._offset, offset
        if jump > WORTH_SAYING:
            return f"the machine slept for {_length(jump)}, or its clock was set forward by that much"
        if jump < -WORTH_SAYING:
            return f"the clock was set back by {_length(-jump)}: the log's times repeat"
        return ""


def _length(seconds: float) -> str:
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h {whole % 3600 // 60} min"
