"""Crosshair over a plot: a line at one x, a dot on every curve, and all values there, sorted."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.plot import Plot
from hhstudio.gui.widgets.theme import current_theme

_ROW = 15
_PADDING = 7


@dataclass(frozen=True)
class CurveValue:
    """A curve at the crosshair: its value as drawn (``y``), as text, and as ``recorded`` if smoothed."""

    label: str
    color: str
    y: float
    text: str
    recorded: str = ""


class Crosshair(QWidget):
    """Transparent for the mouse; lies over the whole plot and repaints only what it covers."""

    def __init__(self, plot: Plot) -> None:
        super().__init__(plot)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self._plot = plot
        self._x = 0.0
        self._title = ""
        self._values: list[CurveValue] = []
        self.with_values = False
        self.hide()

    @property
    def values(self) -> list[CurveValue]:
        """What is shown, largest value first."""
        return self._values

    def show_at(self, x: float, title: str, values: list[CurveValue], with_values: bool) -> None:
        """``with_values``: also the table of values, not only line and dots."""
        self._x, self._title, self.with_values = x, title, with_values
        self._values = sorted(values, key=lambda value: -value.y)
        self.setGeometry(self._plot.rect())
        self.show()
        self.update()

    def paintEvent(self, _event: object) -> None:
        area = self._plot.area()
        x = self._plot.to_pixels(self._x, 0).x()
        if not area.left() - 1 <= x <= area.right() + 1:
            return
        painter = QPainter(self)
        painter.setPen(QPen(QColor(current_theme().muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for value in reversed(self._values):
            at = self._plot.to_pixels(self._x, value.y)
            if area.adjusted(-3, -3, 3, 3).contains(at):
                painter.setPen(QPen(QColor(current_theme().raised), 1.5))
                painter.setBrush(QColor(value.color))
                painter.drawEllipse(QPointF(x, at.y()), 3.5, 3.5)
        if self.with_values and self._values:
            self._paint_values(painter, area, x)
        painter.end()

    def _paint_values(self, painter: QPainter, area: QRectF, x: float) -> None:
        font = self.font()
        font.setPixelSize(11)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        rows = max(1, int((area.height() - _ROW - 2 * _PADDING) // _ROW))
        columns = -(-len(self._values) // rows)
        rows = -(-len(self._values) // columns)
        label_width = min(max(metrics.horizontalAdvance(r.label) for r in self._values), 130)
        value_width = max(metrics.horizontalAdvance(r.text) for r in self._values)
        recorded_width = max(metrics.horizontalAdvance(r.recorded) for r in self._values)
        column = 14 + label_width + 10 + value_width + (8 + recorded_width if recorded_width else 0)
        width = max(columns * column + (columns - 1) * 14, metrics.horizontalAdvance(self._title))
        box = QRectF(x + 12, area.top() + 18, width + 2 * _PADDING, (rows + 1) * _ROW + 2 * _PADDING - 2)
        if box.right() > area.right():
            box.moveRight(x - 12)
        box.moveLeft(max(box.left(), 2.0))
        box.moveBottom(min(box.bottom(), float(self.height()) - 2))
        box.moveTop(max(box.top(), 2.0))
        painter.setPen(QPen(QColor(current_theme().border), 1))
        painter.setBrush(QColor(current_theme().raised))
        painter.drawRoundedRect(box, 5, 5)
        left, top = box.left() + _PADDING, box.top() + _PADDING - 1
        painter.setPen(QColor(current_theme().muted))
        painter.drawText(QPointF(left, top + metrics.ascent()), self._title)
        for number, value in enumerate(self._values):
            at_x = left + (number // rows) * (column + 14)
            at_y = top + (number % rows + 1) * _ROW
            painter.fillRect(QRectF(at_x, at_y + 3, 8, 8), QColor(value.color))
            base = at_y + metrics.ascent()
            painter.setPen(QColor(current_theme().text))
            label = metrics.elidedText(value.label, Qt.TextElideMode.ElideRight, label_width)
            painter.drawText(QPointF(at_x + 14, base), label)
            right = at_x + 14 + label_width + 10 + value_width
            painter.drawText(QPointF(right - metrics.horizontalAdvance(value.text), base), value.text)
            if value.recorded:
                painter.setPen(QColor(current_theme().muted))
                end = at_x + column - metrics.horizontalAdvance(value.recorded)
                painter.drawText(QPointF(end, base), value.recorded)
