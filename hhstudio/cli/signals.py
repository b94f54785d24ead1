"""Signals that ask a command to end: heard as Ctrl-C is, so that it tidies up and says what it did."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from hhstudio.cli.complaints import INTERRUPTED

_NAMES = ("SIGTERM", "SIGHUP")


class AskedToEnd(KeyboardInterrupt):
    """What a signal raises, wherever the command stands; its text says which signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = 128 + number


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Exit status, as shells give it: 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP."""
    return interrupt.status if isinstance(interrupt, AskedToEnd) else INTERRUPTED


@contextmanager
def heard() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise :class:`AskedToEnd`, once: closing a terminal may send several. What is
    ignored (``nohup``), or has a handler already, is left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if not asked:
            asked = True
            raise AskedToEnd(number)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    ours = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
