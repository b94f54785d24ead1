"""Event sender: between run and window events wait here and leave in batches, at most 30 a second.

The run never waits for the window. When the window is slow, what only the latest value matters of
(progress, watched tensors) is replaced rather than piled up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from hhstudio.core.run import events
from hhstudio.core.run.events import Event
from hhstudio.service.run.protocol import Batch, Bye, Heartbeat, ToWindow

INTERVAL = 1 / 30
HEARTBEAT = 0.5
"""Seconds between batches at least, and between signs of life at most."""


class EventSender:
    """Sends from a thread of its own. ``send`` may block, and may raise OSError when nobody listens."""

    def __init__(self, send: Callable[[ToWindow], None]) -> None:
        self._send = send
        self._waiting: list[Event] = []
        self._latest: dict[object, int] = {}
        self._status: int | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._pump, name="hhstudio-events", daemon=True)
        self._thread.start()

    def put(self, event: Event) -> None:
        """Queue an event; generated weights stay behind, they are read from the session file."""
        if isinstance(event, events.Weights):
            event = replace(event, tensors={})
        with self._changed:
            key = _replaceable(event)
            at = self._latest.get(key) if key is not None else None
            if at is not None:
                self._waiting[at] = event
                return
            if key is not None:
                self._latest[key] = len(self._waiting)
            self._waiting.append(event)
            self._changed.notify()

    def close(self, status: int, patience: float = 5.0) -> None:
        """Send what waits and the last message; gives up after ``patience`` seconds."""
        with self._changed:
            self._status = status
            self._changed.notify()
        self._thread.join(patience)

    def _pump(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and self._status is None:
                    self._changed.wait(HEARTBEAT)
                batch, self._waiting = self._waiting, []
                self._latest.clear()
                status = self._status
            sent = time.monotonic()
            try:
                self._send(Batch(events=batch) if batch else Heartbeat())
                if status is not None:
                    self._send(Bye(status=status))
            except (OSError, ValueError):
                return  # the window is gone; the run learns of it from its command pipe
            if status is not None:
                return
            with self._changed:
                self._changed.wait_for(self._closing, INTERVAL - (time.monotonic() - sent))

    def _closing(self) -> bool:
        return self._status is not None


def _replaceable(event: Event) -> object:
    if isinstance(event, events.Progress):
        return "progress"
    if isinstance(event, events.Watched):
        return ("watched", event.path, event.task, event.name)
    return None
