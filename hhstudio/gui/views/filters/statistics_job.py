"""Statistics job: every tensor of a condition, worked out in slices so that nothing else has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.history import PathTask
from hhstudio.gui.views.filters.source import FilterSource
from hhstudio.gui.widgets.filter_tiles import Statistics

_SLICE = 0.008
"""Seconds of processor time that one slice takes, about."""


class StatisticsJob(QObject):
    """``show``: told the statistics, at once where they are few or known; ``fail``: why there are none."""

    def __init__(
        self,
        source: FilterSource,
        show: Callable[[list[Statistics]], object],
        fail: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._source, self._show, self._fail = source, show, fail
        self._left: Iterator[Statistics] = iter(())
        self._rows: list[Statistics] = []
        self._condition: PathTask = ("", -1)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._go_on)

    def start(self, condition: PathTask) -> None:
        """Work out those of another condition; what was not finished is dropped."""
        self._condition, self._rows, self._left = condition, [], self._source.counted(condition)
        self._timer.start()
        self._go_on()

    def stop(self) -> None:
        self._timer.stop()

    def _go_on(self) -> None:
        until = time.thread_time() + _SLICE
        try:
            while time.thread_time() < until:
                self._rows.append(next(self._left))
        except StopIteration:
            self._timer.stop()
            self._source.keep_statistics(self._condition, self._rows)
            self._show(self._rows)
        except HHStudioError as error:
            self._timer.stop()
            self._fail(str(error))
