"""A way to wait for what happens in a run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hhstudio.core.run.events import Event, StateChanged
from hhstudio.service.run.client import RunClient

TIMEOUT = 60.0


class Watched:
    """A client whose events are kept, and can be waited for without sleeping."""

    def __init__(self, client: RunClient) -> None:
        self.client = client
        self.events: list[Event] = []
        self._news = threading.Event()
        client.on_message = self._news.set

    def until(self, wanted: Callable[[Event], bool] | type) -> Event:
        """The first event from here on that is wanted. Fails when the run ends without it."""
        kind = wanted if isinstance(wanted, type) else None
        deadline = time.monotonic() + TIMEOUT
        while True:
            over = not self.client.alive
            happened = self.client.drain()
            for at, event in enumerate(happened):
                self.events.append(event)
                if isinstance(event, kind) if kind else wanted(event):
                    self._rest(happened[at + 1 :])
                    return event
            assert not over, f"the run ended without it: {self.events[-3:]}"
            in_time = self._news.wait(deadline - time.monotonic())
            assert in_time, f"it did not happen; last: {self.events[-3:]}"
            self._news.clear()

    def _rest(self, events: list[Event]) -> None:
        """Give back what came in the same batch."""
        with self.client._lock:
            self.client._events[:0] = events
        self._news.set()

    def finish(self) -> list[Event]:
        """Wait for the end; every event of the run."""
        assert self.client.wait(TIMEOUT)
        self.events += self.client.drain()
        return self.events

    def states(self) -> list[str]:
        states = [e.state for e in self.events if isinstance(e, StateChanged)]
        return [s for at, s in enumerate(states) if at == 0 or states[at - 1] != s]
