"""Panel grid: rows and columns that suit the window's shape; scrolls when there are too many."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

SMALLEST = QSize(230, 140)
_GAP = 8
_BEST_SHAPE = 1.7  # width over height


def columns_for(count: int, width: int, height: int, group: int = 0) -> int:
    """How many columns bring ``count`` panels closest to a good shape in an area, without scrolling if
    possible. ``group``: panels that belong in one row (the paths of a metric), when they fit."""
    most = max(1, min(count, (width + _GAP) // (SMALLEST.width() + _GAP)))
    if group and group <= most:
        return group

    def badness(columns: int) -> tuple[bool, float]:
        rows = -(-count // columns)
        one = (width - _GAP * (columns - 1)) / columns
        tall = (height - _GAP * (rows - 1)) / rows
        tall_enough = max(tall, SMALLEST.height())
        shape = max(one / tall_enough / _BEST_SHAPE, _BEST_SHAPE * tall_enough / one)
        empty = (rows * columns - count) / count
        return tall < SMALLEST.height(), shape + empty

    return min(range(1, most + 1), key=badness)


class PanelGrid(QScrollArea):
    """Lays out the widgets given to :meth:`set_panels`; it owns them."""

    exposed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._body = QWidget()
        for widget in (self, self._body):
            widget.setProperty("clear", True)
        self.setWidget(self._body)
        self.viewport().setAutoFillBackground(False)
        self._body.setAutoFillBackground(False)
        self._panels: list[QWidget] = []
        self._group = 0
        self._alone: QWidget | None = None
        self.verticalScrollBar().valueChanged.connect(lambda _: self.exposed.emit())

    def set_panels(self, panels: Sequence[QWidget], group: int = 0) -> None:
        self._panels, self._group = list(panels), group
        for panel in panels:
            panel.setParent(self._body)
        if self._alone not in self._panels:
            self._alone = None
        self.arrange()

    def show_only(self, panel: QWidget | None) -> None:
        self._alone = panel
        self.arrange()

    @property
    def alone(self) -> QWidget | None:
        return self._alone

    def arrange(self) -> None:
        shown = [self._alone] if self._alone else self._panels
        for panel in self._panels:
            panel.setVisible(panel in shown)
        width, height = self.viewport().width(), self.viewport().height()
        if not shown or width < 10:
            return
        columns = columns_for(len(shown), width, height, 0 if self._alone else self._group)
        rows = -(-len(shown) // columns)
        one = (width - _GAP * (columns - 1)) // columns
        tall = max(SMALLEST.height(), (height - _GAP * (rows - 1)) // rows)
        self._body.resize(width, rows * tall + _GAP * (rows - 1))
        for number, panel in enumerate(shown):
            row, column = divmod(number, columns)
            panel.setGeometry(column * (one + _GAP), row * (tall + _GAP), one, tall)
        self.exposed.emit()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self.arrange()
