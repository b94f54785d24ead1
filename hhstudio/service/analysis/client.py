"""Analysis client: asks a helper process about one session, and hears back. No Qt and no torch in here.

A helper process is started at the first question and holds the session. There are two lanes, for what is
answered at once and for what takes long; in each, one question is under way at a time. Of those that wait, a
newer one of the same kind replaces the older, so that dragging a slider asks only for what is still wanted.
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from hhstudio.core.analysis.questions import Question
from hhstudio.service.analysis.protocol import Begin, Channel, ProtocolError, Reply, Request
from hhstudio.service.failures import exit_in_words
from hhstudio.service.logs import unexpected
from hhstudio.service.run.process import HelperProcess

PATIENCE = 120.0
"""Seconds that a question may take before the helper counts as hanging and is ended."""
IDLE = 600.0
"""Seconds without a question after which the helper is let go, to give its memory back."""

OnReply = Callable[[Reply], None]


class AnalysisClient:
    """Asks about one session file.

    ``on_reply`` of :meth:`ask` is called on a thread of the client (of which there are two), once for each
    question that was not replaced before it was begun; errors come as ``Reply.error``. A helper that dies or
    hangs is started anew by the next question.
    """

    def __init__(
        self,
        session: Path | str,
        *,
        data: Path | str | None = None,
        allow_unverified: bool = False,
        allow_import: bool | Collection[str] = False,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self._begin = Begin(
            session=str(session),
            data=None if data is None else str(data),
            allow_unverified=allow_unverified,
            allow_import=allow_import if isinstance(allow_import, bool) else tuple(allow_import),
        )
        self._patience, self._idle = patience, idle
        self._waiting: OrderedDict[str, tuple[Question[Any], OnReply]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._under_way = 0
        self._number = 0
        self._helper: _Helper | None = None
        self._lanes: dict[bool, threading.Thread] = {}

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        with self._changed:
            return self._under_way > 0 or bool(self._waiting)

    @property
    def pid(self) -> int | None:
        """Of the helper process, None while there is none."""
        helper = self._helper
        return helper.process.pid if helper is not None else None

    def ask(self, question: Question[Any], on_reply: OnReply, key: str | None = None) -> None:
        """Queue a question. Never blocks. It replaces one that waits under the same ``key`` (None: the
        question's own). Ignored once closed."""
        with self._changed:
            if self._closed:
                return
            key = question.key if key is None else key
            self._waiting.pop(key, None)
            self._waiting[key] = (question, on_reply)
            long = question.long
            if long not in self._lanes:
                lane = threading.Thread(
                    target=self._work, args=(long,), name="hhstudio-analysis", daemon=True
                )
                self._lanes[long] = lane
                lane.start()
            self._changed.notify_all()

    def forget(self, key: str) -> None:
        """A question that waits is not wanted any more; one that is under way is answered."""
        with self._changed:
            self._waiting.pop(key, None)

    def close(self, wait: float = 0.0) -> None:
        """End the helper, whatever it does; no callback is called any more. ``wait``: seconds until it has
        ended, at most."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()
            helper, lanes = self._helper, list(self._lanes.values())
        if helper is not None:
            helper.end()
        for lane in lanes:
            if wait and lane is not threading.current_thread():
                lane.join(wait)

    # on the client's threads --------------------------------------------------------------------------

    def _work(self, long: bool) -> None:
        while (waiting := self._next(long)) is not None:
            question, on_reply = waiting
            reply = self._put(question)
            with self._changed:
                self._under_way -= 1
                if self._closed:
                    break
            try:
                on_reply(reply)
            except Exception as error:
                unexpected(error)  # a view that is gone must not end the analysis of the others
        self._let_go()

    def _next(self, long: bool) -> tuple[Question[Any], OnReply] | None:
        """The question of a lane that has waited longest; None when closed."""
        while True:
            with self._changed:
                if self._closed:
                    return None
                mine = (key for key, (asked, _) in self._waiting.items() if asked.long == long)
                if (key := next(mine, None)) is not None:
                    self._under_way += 1
                    return self._waiting.pop(key)
                rested = not self._changed.wait(self._idle if self._helper is not None else None)
                rested = rested and not self._under_way and not self._waiting
            if rested:
                self._let_go()

    def _put(self, question: Question[Any]) -> Reply:
        with self._changed:
            self._number += 1
            number = self._number
            try:
                if self._helper is None:
                    self._helper = _Helper(self._begin)
                    if self._closed:
                        self._helper.end()
            except (OSError, ValueError):
                return Reply(number=number, error="the analysis could not be started")
            helper = self._helper
        inbox = helper.expect(number)
        try:
            helper.channel.put(Request(number=number, question=question))
            reply = inbox.get(timeout=self._patience)
        except queue.Empty:
            self._let_go(helper)
            return Reply(
                number=number,
                error=f"no answer within {self._patience:g} s: the analysis was ended; ask again",
            )
        except (OSError, ValueError, ProtocolError):
            reply = None
        if reply is not None:
            return reply
        with self._changed:
            if self._helper is helper:
                self._helper = None
        return Reply(number=number, error=helper.farewell())

    def _let_go(self, helper: _Helper | None = None) -> None:
        """End the helper (only if it still is the one given)."""
        with self._changed:
            if helper is not None and self._helper is not helper:
                return
            helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()


class _Helper:
    """A helper process, and a thread that hears it."""

    def __init__(self, begin: Begin) -> None:
        self.process = HelperProcess("hhstudio.service.analysis.worker")
        self.channel = Channel(self.process.incoming, self.process.outgoing)
        self._inboxes: dict[int, queue.SimpleQueue[Reply | None]] = {}
        self._lock = threading.Lock()
        self._ended = False
        self._broken = ""
        threading.Thread(target=self._hear, name="hhstudio-analysis-hear", daemon=True).start()
        self.channel.put(begin)

    def expect(self, number: int) -> queue.SimpleQueue[Reply | None]:
        """Where the answer to a question will be, or None when the helper has ended."""
        inbox: queue.SimpleQueue[Reply | None] = queue.SimpleQueue()
        with self._lock:
            self._inboxes[number] = inbox
            if self._ended:
                inbox.put(None)
        return inbox

    def end(self) -> None:
        """Now."""
        self.process.kill_tree()
        self.channel.close_outgoing()
        self.process.wait(5.0)

    def farewell(self) -> str:
        """Why it ended, in words."""
        self.channel.close_outgoing()
        code = self.process.wait(3.0)
        if code is None:
            self.process.kill_tree()
        lines = self.process.last_lines()
        last = f" ({lines[-1][:200]})" if lines else ""
        return self._broken or f"the analysis helper {exit_in_words(code)}{last}"

    def _hear(self) -> None:
        try:
            while (reply := self.channel.take_reply()) is not None:
                with self._lock:
                    inbox = self._inboxes.pop(reply.number, None)
                if inbox is not None:
                    inbox.put(reply)
        except ProtocolError as error:
            self._broken = f"the analysis helper sent what is not understood: {error}"
            self.process.kill_tree()
        except (OSError, ValueError):
            pass  # its pipe is closed: it has ended
        with self._lock:
            self._ended = True
            for inbox in self._inboxes.values():
                inbox.put(None)
        self.process.close()
