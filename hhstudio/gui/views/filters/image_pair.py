"""Image pair: one picture of weights, or two of them side by side, or two in turn at the same place."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hhstudio.gui.widgets.image_view import ImageView
from hhstudio.gui.widgets.mosaic import Mosaic

BLINK_MS = 700
"""How long each of two blinking pictures stays."""
_OTHER_SHAPE = 1.5
"""By what factor a room's shape changes before the tiles are put into other columns."""


class ImagePair(QWidget):
    """``described``: what is under the mouse, or which of two blinking pictures is on. ``reshaped``: the
    room has become much wider or higher than it was when its shape was last asked for."""

    described = Signal(str)
    reshaped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.image, self.beside = ImageView(), ImageView()
        self.beside.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for view in (self.image, self.beside):
            row.addWidget(view, 1)
            view.canvas.described.connect(self.described)
        self._timer = QTimer(self, interval=BLINK_MS)
        self._timer.timeout.connect(self._turn)
        self._two: tuple[Mosaic, Mosaic] | None = None
        self._names = ("", "")
        self.second = False
        self._shape = 0.0

    def shape(self, halved: bool) -> float:
        """Width over height of the room that a picture has."""
        self._shape = self.width() / max(self.height(), 1)
        return self._shape / (2 if halved else 1)

    def show_one(self, mosaic: Mosaic | None) -> None:
        self._timer.stop()
        self._two = None
        self.beside.hide()
        self.image.set_mosaic(mosaic)

    def show_two(self, first: Mosaic, second: Mosaic, names: tuple[str, str], blink: bool) -> None:
        """Side by side, or taking turns; ``names`` say which is which."""
        self._two, self._names, self.second = (first, second), names, False
        self.image.set_mosaic(first)
        self.beside.setVisible(not blink)
        if not blink:
            self._timer.stop()
            self.beside.set_mosaic(second)
        elif self.isVisible():
            self._timer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        now = self.width() / max(self.height(), 1)
        if self._shape and not 1 / _OTHER_SHAPE < now / self._shape < _OTHER_SHAPE:
            self.reshaped.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _turn(self) -> None:
        assert self._two is not None
        self.second = not self.second
        self.image.set_mosaic(self._two[self.second])
        self.described.emit(self._names[self.second])
