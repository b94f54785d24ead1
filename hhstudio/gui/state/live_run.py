"""Live run: one timer that takes in what a run's client has heard, while it goes on."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core.run.history import History
from hhstudio.gui.state.refresh_scheduler import RefreshScheduler
from hhstudio.service.run.client import RunClient

INTERVAL_MS = 33


class LiveRun(QObject):
    """Feeds a client's events to a history, and has the views redraw what they changed.

    ``state_changed`` and ``weights_came`` say so of what came; ``ended`` comes once, after the last change;
    ``broke`` carries an exception of ours, after which the timer stands still and the run goes on unseen (its
    session file is the truth). Errors in receivers never get here: Qt reports them.

    What exists when the first events come (the window with all its panels) is kept from Python's search for
    garbage until the run is over: one full search would hold up the window for some 60 ms.
    """

    state_changed = Signal()
    weights_came = Signal()
    ended = Signal()
    broke = Signal(object)

    def __init__(
        self, client: RunClient, history: History, views: RefreshScheduler, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.client = client
        self.history = history
        self._views = views
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._begun = False

    @property
    def alive(self) -> bool:
        """Until everything that the client said has been taken in."""
        return self._timer.isActive()

    def start(self) -> None:
        """Raises OSError when no worker can be started."""
        self.client.start()
        self._timer.start()

    def stop_watching(self) -> None:
        """Take in nothing more; does not touch the run itself."""
        self._rest()

    @Slot()
    def _tick(self) -> None:
        if not self._begun:
            self._begun = True
            gc.freeze()
        try:
            over = not self.client.alive  # asked first: what comes after the last word is nothing
            for event in self.client.drain():
                self.history.apply(event)
            changes = self.history.take_changes()
            if changes:
                self._views.take(changes)
            if changes.state:
                self.state_changed.emit()
            if changes.weights:
                self.weights_came.emit()
            if over:
                self._rest()
                self.ended.emit()
        except Exception as error:
            self._rest()
            self.broke.emit(error)

    def _rest(self) -> None:
        self._timer.stop()
        gc.unfreeze()
