"""One picture of weights, or two of them side by side, or two in turn at the same place."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hhstudio.gui.inspector.image import ImageView
from hhstudio.gui.inspector.mosaic import Mosaic
from hhstudio.gui.theme import Theme

BLINK_MS = 700
"""How long each of two blinking pictures stays."""


class Pair(QWidget):
    """``described``: what is under the mouse, or which of two blinking pictures is on."""

    described = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.image, self.beside = ImageView(theme), ImageView(theme)
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

    @property
    def blinking(self) -> bool:
        return self._timer.isActive()

    def set_theme(self, theme: Theme) -> None:
        for view in (self.image, self.beside):
            view.canvas.set_theme(theme)
            view.setStyleSheet(
                f"QScrollArea, QScrollArea > QWidget > QWidget {{ background: {theme.panel}; }}"
            )

    def shape(self, halved: bool) -> float:
        """Width over height of the room that a picture has."""
        return self.width() / (2 if halved else 1) / max(self.height(), 1)

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

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _turn(self) -> None:
        assert self._two is not None
        self.second = not self.second
        self.image.set_mosaic(self._two[self.second])
        self.described.emit(self._names[self.second])
