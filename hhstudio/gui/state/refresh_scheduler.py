"""Views take turns, so that none of them holds up the window for longer than it can help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Slot

from hhstudio.core.run.history import Changes

BUDGET_S = 0.006
"""What redrawing may take before the window sees to mouse, keys and painting again."""


class View(Protocol):
    def refresh(self, changes: Changes) -> None: ...


class RefreshScheduler(QObject):
    """Hands changes to views, in order, until the budget is spent; the rest waits for the next round of
    the event loop, where changes that came meanwhile are joined to those that wait.

    ``broke`` is called with a view and its exception; that view is left out until :meth:`forget`.
    """

    def __init__(
        self, views: Sequence[View], broke: Callable[[View, Exception], object], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._views = list(views)
        self._broke = broke
        self._out: set[View] = set()
        self._waiting: dict[View, Changes] = {}
        self._next = QTimer(self, singleShot=True, interval=0)
        self._next.timeout.connect(self._go_on)

    def add(self, view: View) -> None:
        """One more view, which has been shown everything so far."""
        self._views.append(view)

    def take(self, changes: Changes) -> None:
        for view in self._views:
            if view not in self._out:
                self._waiting.setdefault(view, Changes()).join(changes)
        self._go_on()

    def forget(self) -> None:
        """Another run is shown: nothing waits, nothing is broken."""
        self._waiting.clear()
        self._out.clear()
        self._next.stop()

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
                self._out.add(view)
                self._broke(view, error)
            if self._waiting and perf_counter() >= end:
                self._next.start()
                return
