"""The button that shows one panel alone: two arrows outwards, drawn so that no font needs the glyph."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton


class MaximiseButton(QAbstractButton):
    def __init__(self) -> None:
        super().__init__()
        self._color, self._hover = QColor(), QColor()
        self.setToolTip("Show only this panel (Enter; Esc shows all)")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_colors(self, color: str, hover: str) -> None:
        self._color, self._hover = QColor(color), QColor(hover)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(22, 20)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._hover if self.underMouse() else self._color, 1.3))
        painter.translate(self.width() / 2, self.height() / 2)
        for sign in (1, -1):
            tip = QPointF(4.5 * sign, -4.5 * sign)
            painter.drawLine(QPointF(1 * sign, -1 * sign), tip)
            painter.drawLine(tip, tip + QPointF(-3.5 * sign, 0))
            painter.drawLine(tip, tip + QPointF(0, 3.5 * sign))
