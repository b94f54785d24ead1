"""Panel buttons, drawn so that no font needs their glyphs."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton

from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme

Symbol = Literal["maximise", "detach"]


class PanelButton(QAbstractButton):
    """``maximise``: two arrows outwards; ``detach``: a window in front of another."""

    def __init__(self, symbol: Symbol, tip: str) -> None:
        super().__init__()
        self._symbol = symbol
        self.setToolTip(plain(tip))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(22, 20)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        painter.setPen(QPen(QColor(theme.text if self.underMouse() else theme.muted), 1.3))
        painter.translate(self.width() / 2, self.height() / 2)
        if self._symbol == "detach":
            painter.drawRect(QRectF(-5, -1.5, 6.5, 6))
            painter.drawPolyline(
                [QPointF(-1.5, -1.5), QPointF(-1.5, -5), QPointF(5, -5), QPointF(5, 1), QPointF(1.5, 1)]
            )
            return
        for sign in (1, -1):
            tip = QPointF(4.5 * sign, -4.5 * sign)
            painter.drawLine(QPointF(1 * sign, -1 * sign), tip)
            painter.drawLine(tip, tip + QPointF(-3.5 * sign, 0))
            painter.drawLine(tip, tip + QPointF(0, 3.5 * sign))
