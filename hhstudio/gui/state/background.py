"""Background jobs: work that would hold up the window, on a thread; answers arrive in the window's."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

Job = tuple[Callable[[Any], object], Callable[[Exception], object]]


class BackgroundJobs(QObject):
    """One thread that does one job after the other. :meth:`close` waits for the job at hand."""

    _answered = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: queue.SimpleQueue[tuple[Callable[[], Any], Job] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Job, Any, Exception | None]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._answered.connect(self._deliver)

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], object],
        failed: Callable[[Exception], object],
    ) -> None:
        """Run ``work`` on the thread, then ``done(result)`` or ``failed(error)`` in the window's."""
        if self._closed:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="hhstudio-jobs", daemon=True)
            self._thread.start()
        self._waiting.put((work, (done, failed)))

    def close(self) -> None:
        """No more answers; what waits is dropped."""
        self._closed = True
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(5.0)
            self._thread = None

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            if self._closed:
                continue
            work, job = item
            try:
                self._answers.put((job, work(), None))
            except Exception as error:
                self._answers.put((job, None, error))
            if not self._closed:
                self._answered.emit()

    @Slot()
    def _deliver(self) -> None:
        while not self._answers.empty():
            (done, failed), result, error = self._answers.get()
            if self._closed:
                continue
            if error is None:
                done(result)
            else:
                failed(error)
