"""Colour bar of a heat map; all accuracy matrices share one, with its labels."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.colormap import accuracy_map
from hhstudio.gui.widgets.theme import current_theme


def paint_colors(painter: QPainter, bar: QRectF, table: np.ndarray) -> None:
    """A colour map of 256 entries along the longer side of a bar, from left to right or upwards."""
    if bar.width() >= bar.height():
        image = QImage(table.data, 256, 1, 768, QImage.Format.Format_RGB888)
    else:
        turned = np.ascontiguousarray(table[::-1])
        image = QImage(turned.data, 1, 256, 3, QImage.Format.Format_RGB888).copy()
    painter.drawImage(bar, image)


class AccuracyScale(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._low = 0.0
        self.setToolTip("Colour scale, the same for all paths; it starts at the lowest measured ten percent")

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
        painter.setPen(QColor(current_theme().muted))
        rect = QRectF(self.rect())
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rect, middle | Qt.AlignmentFlag.AlignLeft, f"{100 * self._low:.0f} %")
        painter.drawText(rect, middle | Qt.AlignmentFlag.AlignRight, "100 %")
        bar = rect.adjusted(30, 4, -36, -4)
        paint_colors(painter, bar, accuracy_map(current_theme().dark))
        painter.setPen(QColor(current_theme().border))
        painter.drawRect(bar)
