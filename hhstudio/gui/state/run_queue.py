"""Working a queue of runs off: one after the other, in this window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.events import Finished
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.state import session_files
from hhstudio.service.run.run_queue import Entry, RunQueue

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace


class QueueController(QObject):
    """The queue of the sessions folder. ``going_on``: whether the next run starts when one has ended.

    A queue that is found when the window opens waits until it is told to go on. A run that is stopped by
    hand holds it; one that ends or fails does not.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self.going_on = False
        self._queue: RunQueue | None = None

    @property
    def queue(self) -> RunQueue:
        """Of the folder in which sessions are kept now."""
        folder = self._workspace.preferences.sessions_folder
        if self._queue is None or self._queue.path.parent != folder:
            if self._queue is not None:
                self._queue.close()
            self._queue = RunQueue(folder)
        return self._queue

    def add(self, spec: Spec, out: Path | None = None) -> Entry:
        """Put a run at the end; it starts when it is its turn. Raises HHStudioError."""
        entry = self.queue.add(spec, out or self.free_path(spec))
        self.going_on = True
        self._soon()
        return entry

    def free_path(self, spec: Spec) -> Path:
        """A session that neither exists nor is spoken for. Raises HHStudioError."""
        folder, taken = self._workspace.preferences.sessions_folder, self.queue.outs
        return session_files.unused_path(folder, spec.name, taken)

    def go_on(self) -> None:
        """Start what waits, one after the other."""
        self.going_on = True
        self._soon()

    def hold(self) -> None:
        """Let what runs end, and start nothing after it."""
        self.going_on = False
        self.changed.emit()

    def remove(self, entry_id: int) -> None:
        self._workspace.guarded("Queue", lambda: self.queue.remove(entry_id))
        self.changed.emit()

    def move(self, entry_id: int, by: int) -> None:
        self._workspace.guarded("Queue", lambda: self.queue.move(entry_id, by))
        self.changed.emit()

    def retry(self, entry_id: int) -> None:
        self._workspace.guarded("Queue", lambda: self.queue.retry(entry_id))
        self.changed.emit()

    def clear(self) -> None:
        self._workspace.guarded("Queue", self.queue.clear)
        self.changed.emit()

    def ended(self, end: Finished | None) -> None:
        """A run has ended; if it was of the queue, the next one follows."""
        running = self.queue.running if self._queue is not None else None
        if running is None:
            self._soon()
            return
        state = end.state if end is not None else "failed"
        message = "" if end is None or state == "finished" else end.message
        self._workspace.guarded("Queue", lambda: self.queue.end(running.id, state, message))
        if state == "stopped":
            self.going_on = False
        self._soon()

    def close(self) -> None:
        """The window goes; what was running waits again when a window comes."""
        if self._queue is not None:
            self._queue.close()

    # inside -----------------------------------------------------------------------------------------

    def _soon(self) -> None:
        self.changed.emit()
        QTimer.singleShot(0, self, self._next)

    @Slot()
    def _next(self) -> None:
        """Start what waits first, unless something runs; one that cannot be started has failed."""
        while self.going_on and not self._workspace.running:
            entry = self.queue.next
            if entry is None:
                self.going_on = False
                break
            try:
                self.queue.begin(entry.id)
                self._workspace.runs.start_queued(entry)
            except HHStudioError as error:
                text = str(error)
                if not self._workspace.guarded("Queue", lambda: self.queue.end(entry.id, "failed", text)):  # noqa: B023
                    self.going_on = False
        self.changed.emit()
