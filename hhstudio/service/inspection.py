"""The window's end of an inspection: asks, and hears back. No Qt and no torch in here.

A helper process is started at the first question and holds the session. One question is under way at a
time; of those that wait, a newer one of the same kind replaces the older, so that dragging a slider asks
only for what is still wanted. What is asked while somebody drags or clicks goes before what takes long.
"""

from __future__ import annotations

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from hhstudio.service.failures import exit_in_words
from hhstudio.service.inspection_protocol import (
    Ask,
    AskDistancesInTime,
    AskDrift,
    AskExport,
    AskHealth,
    AskTaskConfusion,
    AskUnits,
    Begin,
    Line,
    ProtocolError,
    Question,
    Told,
)
from hhstudio.service.places import unexpected
from hhstudio.service.process import HelperProcess

PATIENCE = 120.0
"""Seconds that a question may take before the helper counts as hanging and is ended."""
IDLE = 600.0
"""Seconds without a question after which the helper is let go, to give its memory back."""

LONG = (AskHealth, AskDistancesInTime, AskDrift, AskTaskConfusion, AskExport, AskUnits)
"""Questions that wait until the quick ones are answered."""

OnAnswer = Callable[[Told], None]


class InspectionClient:
    """Asks about one session file.

    ``on_answer`` of :meth:`ask` is called on a thread of the client, once for each question that was not
    replaced before it was begun; errors come as ``Told.error``. A helper that dies or hangs is started
    anew by the next question.
    """

    def __init__(
        self,
        session: Path | str,
        *,
        data: Path | str | None = None,
        allow_unverified: bool = False,
        allow_import: bool = False,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self._begin = Begin(
            session=str(session),
            data=None if data is None else str(data),
            allow_unverified=allow_unverified,
            allow_import=allow_import,
        )
        self._patience, self._idle = patience, idle
        self._waiting: OrderedDict[str, tuple[Question, OnAnswer]] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self._busy = False
        self._number = 0
        self._helper: _Helper | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        with self._changed:
            return self._busy or bool(self._waiting)

    @property
    def pid(self) -> int | None:
        """Of the helper process, None while there is none."""
        helper = self._helper
        return helper.process.pid if helper is not None else None

    def ask(self, question: Question, on_answer: OnAnswer, key: str | None = None) -> None:
        """Queue a question. Never blocks. It replaces one that waits under the same ``key`` (None: the kind
        of question). Ignored once closed."""
        with self._changed:
            if self._closed:
                return
            key = type(question).__name__ if key is None else key
            self._waiting.pop(key, None)
            self._waiting[key] = (question, on_answer)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="hhstudio-inspect", daemon=True)
                self._thread.start()
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
        helper, thread = self._helper, self._thread
        if helper is not None:
            helper.end()
        if thread is not None and wait and thread is not threading.current_thread():
            thread.join(wait)

    # on the client's thread ---------------------------------------------------------------------------

    def _work(self) -> None:
        while (found := self._next()) is not None:
            question, on_answer = found
            told = self._put(question)
            with self._changed:
                self._busy = False
                if self._closed:
                    break
            try:
                on_answer(told)
            except Exception as error:
                unexpected(error)  # a view that is gone must not end the inspection of the others
        self._let_go()

    def _next(self) -> tuple[Question, OnAnswer] | None:
        """The quick question that has waited longest, or else any; None when closed."""
        while True:
            with self._changed:
                if not self._waiting and not self._closed:
                    self._changed.wait(self._idle if self._helper is not None else None)
                if self._closed:
                    return None
                if self._waiting:
                    self._busy = True
                    quick = (k for k, (asked, _) in self._waiting.items() if not isinstance(asked, LONG))
                    return self._waiting.pop(next(quick, next(iter(self._waiting))))
            self._let_go()

    def _put(self, question: Question) -> Told:
        self._number += 1
        try:
            if self._helper is None:
                self._helper = _Helper(self._begin)
                if self._closed:
                    self._helper.end()
            self._helper.line.put(Ask(number=self._number, question=question))
            told = self._helper.inbox.get(timeout=self._patience)
            while told is not None and told.number != self._number:
                told = self._helper.inbox.get(timeout=self._patience)
        except queue.Empty:
            self._let_go()
            return self._failed(f"no answer within {self._patience:g} s: the inspection was ended; ask again")
        except (OSError, ValueError, ProtocolError):
            told = None
        if told is not None:
            return told
        if self._helper is None:
            return self._failed("the inspection could not be started")
        helper, self._helper = self._helper, None
        return self._failed(helper.farewell())

    def _failed(self, error: str) -> Told:
        return Told(number=self._number, error=error)

    def _let_go(self) -> None:
        helper, self._helper = self._helper, None
        if helper is not None:
            helper.end()


class _Helper:
    """A helper process, and a thread that hears it. ``inbox``: answers, None when it has ended."""

    def __init__(self, begin: Begin) -> None:
        self.process = HelperProcess("hhstudio.service.inspection_worker")
        self.line = Line(self.process.incoming, self.process.outgoing)
        self.inbox: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
        self._broken = ""
        threading.Thread(target=self._hear, name="hhstudio-inspect-hear", daemon=True).start()
        self.line.put(begin)

    def end(self) -> None:
        """Now."""
        self.process.kill_tree()
        self.line.close_outgoing()
        self.process.wait(5.0)

    def farewell(self) -> str:
        """Why it ended, in words."""
        self.line.close_outgoing()
        code = self.process.wait(3.0)
        if code is None:
            self.process.kill_tree()
        lines = self.process.last_lines()
        last = f" ({lines[-1][:200]})" if lines else ""
        return self._broken or f"the inspection {exit_in_words(code)}{last}"

    def _hear(self) -> None:
        try:
            while (told := self.line.take_answer()) is not None:
                self.inbox.put(told)
        except ProtocolError as error:
            self._broken = f"the inspection sent what is not understood: {error}"
            self.process.kill_tree()
        except (OSError, ValueError):
            pass  # its pipe is closed: it has ended
        self.inbox.put(None)
