"""Plot background: faint task bands with their labels, and horizontal grid lines."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from hhstudio.gui.widgets.task_style import task_style
from hhstudio.gui.widgets.theme import current_theme

LABEL_HEIGHT = 15.0
"""Pixels at the top of the plot that the band labels use."""


@dataclass(frozen=True)
class Band:
    """One task's stretch of the x axis. ``label`` is tried first, then ``short``, as room allows."""

    start: float
    stop: float
    task: int
    label: str
    short: str


@dataclass(frozen=True)
class EventMark:
    """A moment worth a line: growth, a setting changed in flight, or (strong) the one that is looked at."""

    x: float
    label: str
    strong: bool = False


def view_rect(item: pg.GraphicsItem) -> QRectF:
    """What an item's view shows, for items that are as large as it. pyqtgraph's own ``viewRect`` keeps the
    rectangle of an earlier range when it is asked while the range changes; Qt then repaints only that."""
    view = item.getViewBox()
    return view.viewRect() if view is not None else QRectF()


class Backdrop(pg.GraphicsObject):
    """Painted in view coordinates, below every curve; never takes part in ranges or mouse events."""

    def __init__(self, value_axis: pg.AxisItem) -> None:
        super().__init__()
        self._axis = value_axis
        self._bands: list[Band] = []
        self._events: list[EventMark] = []
        self._ticks_for: tuple[float, float, float, bool] | None = None
        self._ticks: list[float] = []
        self._font = QFont()
        self.setZValue(-100)

    def set_bands(self, bands: list[Band], events: list[EventMark]) -> None:
        if (bands, events) != (self._bands, self._events):
            self._bands, self._events = bands, events
            self.update()

    def set_font(self, font: QFont) -> None:
        self._font = QFont(font)
        self._font.setPixelSize(10)
        self.update()

    def boundingRect(self) -> QRectF:
        return view_rect(self)

    def viewRangeChanged(self) -> None:
        self.prepareGeometryChange()

    def dataBounds(self, _axis: int, _share: float = 1.0, _ortho: object = None) -> None:
        """Never stretches a range."""

    def paint(self, painter: QPainter, *_: object) -> None:
        view = self.getViewBox()
        if view is None:
            return
        to_device = painter.transform()
        rect = view_rect(self)
        plot = to_device.mapRect(rect).normalized()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(self._font)
        metrics = QFontMetricsF(self._font)
        for number, band in enumerate(self._bands):
            left = to_device.map(QPointF(band.start, 0)).x()
            right = to_device.map(QPointF(band.stop, 0)).x()
            shown = QRectF(left, plot.top(), right - left, plot.height()).intersected(plot)
            if shown.width() <= 0:
                continue
            self._paint_band(painter, shown, band, number, metrics)
        self._paint_grid(painter, plot, to_device, rect)
        for event in self._events:
            x = to_device.map(QPointF(event.x, 0)).x()
            if plot.left() <= x <= plot.right():
                line = Qt.PenStyle.SolidLine if event.strong else Qt.PenStyle.DotLine
                painter.setPen(QPen(QColor(current_theme().muted), 1, line))
                painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
                painter.drawText(QPointF(x + 3, plot.bottom() - 4), event.label)
        painter.restore()

    def _paint_band(
        self, painter: QPainter, shown: QRectF, band: Band, number: int, metrics: QFontMetricsF
    ) -> None:
        if number % 2 == 0:
            tint = QColor(current_theme().muted)
            tint.setAlpha(11)
            painter.fillRect(shown, tint)
        strip = QRectF(shown.left(), shown.top(), max(shown.width() - 1, 1), 2.5)
        painter.fillRect(strip, QColor(task_style(current_theme(), band.task)[0]))
        room = QRectF(shown.left() + 4, shown.top() + 3, shown.width() - 6, LABEL_HEIGHT - 3)
        for text in (band.label, band.short):
            if metrics.horizontalAdvance(text) <= room.width():
                painter.setPen(QColor(current_theme().muted))
                painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
                break

    def _paint_grid(self, painter: QPainter, plot: QRectF, to_device, rect: QRectF) -> None:  # type: ignore[no-untyped-def]
        place = (rect.top(), rect.bottom(), plot.height(), self._axis.logMode)
        if place != self._ticks_for:
            levels = self._axis.tickValues(*place[:3])
            self._ticks_for, self._ticks = place, list(levels[0][1]) if levels else []
        painter.setPen(QPen(QColor(current_theme().grid), 1))
        for value in self._ticks:
            y = round(to_device.map(QPointF(0, float(value))).y()) + 0.5
            if plot.top() - 1 <= y <= plot.bottom() + 1:
                painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
