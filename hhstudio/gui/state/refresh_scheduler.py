"""Refresh scheduler: views are redrawn in turns, so that none of them holds up the window."""

from __future__ import annotations

from time import perf_counter
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core.run.history import Changes

BUDGET_S = 0.006
"""What redrawing may take before the window sees to mouse, keys and painting again."""


class View(Protocol):
    def refresh(self, changes: Changes) -> None: ...


class RefreshScheduler(QObject):
    """Hands changes to views, in order, until the budget is spent; the rest waits for the next round of
    the event loop, where changes that came meanwhile are joined to those that wait.

    ``broke`` carries a view and its exception; that view is left out until :meth:`forget`.
    """

    broke = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views: list[View] = []
        self._broken: set[View] = set()
        self._waiting: dict[View, Changes] = {}
        self._next_round = QTimer(self, singleShot=True, interval=0)
        self._next_round.timeout.connect(self._go_on)

    def add(self, view: View) -> None:
        """One more view, which has been shown everything so far."""
        self._views.append(view)

    def take(self, changes: Changes) -> None:
        """Redraw what has changed, now or soon."""
        for view in self._views:
            if view not in self._broken:
                self._waiting.setdefault(view, Changes()).join(changes)
        self._go_on()

    def forget(self) -> None:
        """Another run is shown: nothing waits, nothing is broken."""
        self._waiting.clear()
        self._broken.clear()
        self._next_round.stop()

    @Slot()
    def _go_on(self) -> None:
        end = perf_counter() + BUDGET_S
        while self._waiting:
            # Who waits longest comes first: a dict keeps the order in which its keys came.
            view = next(iter(self._waiting))
            changes = self._waiting.pop(view)
            try:
                view.refresh(changes)
            except Exception as error:  # a defect in one view must not stop the others, nor the run
                self._broken.add(view)
                self.broke.emit(view, error)
            if self._waiting and perf_counter() >= end:
                self._next_round.start()
                return
