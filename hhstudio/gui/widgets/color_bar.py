"""The labelled colour bar of the accuracy matrices; all paths share it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.colormap import accuracy_map
from hhstudio.gui.widgets.theme import Theme


class ScaleBar(QWidget):
    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._low = 0.0
        self.setToolTip("Colour scale, the same for all paths; it starts at the lowest measured ten percent")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_low(self, low: float) -> None:
        self._low = low
        self.setAccessibleName(f"Colours from {100 * low:.0f} to 100 percent")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(170, 16)

    def minimumSizeHint(self) -> QSize:
        return QSize(104, 16)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.muted))
        rect = QRectF(self.rect())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect, middle | Qt.AlignmentFlag.AlignLeft, f"{100 * self._low:.0f} %")
        painter.drawText(rect, middle | Qt.AlignmentFlag.AlignRight, "100 %")
        table = accuracy_map(self._theme.dark)
        image = QImage(table.data, 256, 1, 768, QImage.Format.Format_RGB888)
        bar = rect.adjusted(30, 4, -36, -4)
        painter.drawImage(bar, image)
        painter.setPen(QColor(self._theme.border))
        painter.drawRect(bar)
