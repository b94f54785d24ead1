"""Queue controller: the runs that wait are started in this window, one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core import session_names
from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.events import Finished
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.problems import guarded
from hhstudio.service.run.run_queue import QueuedRun, RunQueue


class QueueController(QObject):
    """The queue of the sessions folder. ``going_on``: whether the next run starts when one has ended.
    ``start`` is called with a run whose turn it is (it may raise HHStudioError), ``busy`` says whether one
    goes on already. ``problem`` carries a title and an exception.

    A queue that is found when the window opens waits until it is told to go on. A run that is stopped by
    hand holds it; one that ends or fails does not.
    """

    changed = Signal()
    problem = Signal(str, object)

    def __init__(
        self,
        preferences: Preferences,
        start: Callable[[QueuedRun], object],
        busy: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._start, self._busy = start, busy
        self.going_on = False
        self._stored: RunQueue | None = None

    @property
    def stored(self) -> RunQueue:
        """What waits, as it is kept in the folder of sessions."""
        folder = self._preferences.sessions_folder
        if self._stored is None or self._stored.path.parent != folder:
            if self._stored is not None:
                self._stored.close()
            self._stored = RunQueue(folder)
        return self._stored

    def add(self, spec: Spec, out: Path | None = None) -> QueuedRun:
        """Put a run at the end; it starts when it is its turn. Raises HHStudioError."""
        entry = self.stored.add(spec, out or self.free_path(spec))
        self.going_on = True
        self._soon()
        return entry

    def free_path(self, spec: Spec) -> Path:
        """A session that neither exists nor is spoken for. Raises HHStudioError."""
        return session_names.unused_path(self._preferences.sessions_folder, spec.name, self.stored.outs)

    def go_on(self) -> None:
        """Start what waits, one after the other."""
        self.going_on = True
        self._soon()

    def hold(self) -> None:
        """Let what runs end, and start nothing after it."""
        self.going_on = False
        self.changed.emit()

    def remove(self, entry_id: int) -> None:
        self._change(lambda: self.stored.remove(entry_id))

    def move(self, entry_id: int, by: int) -> None:
        self._change(lambda: self.stored.move(entry_id, by))

    def retry(self, entry_id: int) -> None:
        self._change(lambda: self.stored.retry(entry_id))

    def clear(self) -> None:
        self._change(self.stored.clear)

    def ended(self, end: Finished | None) -> None:
        """A run has ended; if it was of the queue, the next one follows."""
        running = self.stored.running if self._stored is not None else None
        if running is None:
            self._soon()
            return
        state = end.state if end is not None else "failed"
        message = "" if end is None or state == "finished" else end.message
        self._guarded(lambda: self.stored.end(running.id, state, message))
        if state == "stopped":
            self.going_on = False
        self._soon()

    def close(self) -> None:
        """The window goes; what was running waits again when a window comes."""
        if self._stored is not None:
            self._stored.close()

    # inside -----------------------------------------------------------------------------------------

    def _change(self, work: Callable[[], object]) -> None:
        self._guarded(work)
        self.changed.emit()

    def _guarded(self, work: Callable[[], object]) -> bool:
        return guarded("Queue", work, self.problem.emit)

    def _soon(self) -> None:
        self.changed.emit()
        QTimer.singleShot(0, self, self._next)

    @Slot()
    def _next(self) -> None:
        """Start what waits first, unless something runs; one that cannot be started has failed."""
        while self.going_on and not self._busy():
            entry = self.stored.next
            if entry is None:
                self.going_on = False
                break
            try:
                self.stored.begin(entry.id)
                self._start(entry)
            except HHStudioError as error:
                self._fail(entry, str(error))
        self.changed.emit()

    def _fail(self, entry: QueuedRun, why: str) -> None:
        """Where not even that can be written down, nothing more is started."""
        if not self._guarded(lambda: self.stored.end(entry.id, "failed", why)):
            self.going_on = False
