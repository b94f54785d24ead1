"""Curve of one task in a panel: the raw values, faint, under their moving average."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from hhstudio.core.run.series import Series
from hhstudio.gui.widgets.plot_background import view_rect
from hhstudio.gui.widgets.smoothing import Smoothed

BUCKETS = 600
"""Most groups of points that keep their extremes when a curve has more points than the screen has pixels."""

_SPARSE = 400  # points up to which a curve is drawn two pixels strong


class FineCurveItem(pg.PlotCurveItem):
    """A curve that can be drawn fine: antialiased, and in several passes a fraction of a pixel apart.

    Qt strokes lines wider than a pixel up to a hundred times slower than lines of one pixel; passes of one
    pixel side by side look the same and cost a few times as much as one.
    """

    fine = False
    width: float | None = None
    """Set while a picture is exported: an ordinary line that wide, whatever it costs."""

    def boundingRect(self) -> QRectF:
        """The whole view: finding the bounds of the data at every change costs more than it saves."""
        return view_rect(self)

    def viewRangeChanged(self) -> None:
        super().viewRangeChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, option: object, widget: object) -> None:
        if self.xData is not None and len(self.xData) == 1:
            self._paint_point(painter)
            return
        if self.width is not None and self.xData is not None:
            self._paint_wide(painter, self.width)
            return
        if not self.fine or self.xData is None or len(self.xData) < 2:
            super().paint(painter, option, widget)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(self.opts["pen"])
        path, transform = self.getPath(), painter.transform()
        for shift in (-0.5, 0.0, 0.5) if len(self.xData) < _SPARSE else (-0.3, 0.3):
            moved = pg.QtGui.QTransform(transform)
            moved *= pg.QtGui.QTransform.fromTranslate(0.0, shift)
            painter.setTransform(moved)
            painter.drawPath(path)
        painter.setTransform(transform)

    def _paint_wide(self, painter: QPainter, width: float) -> None:
        """In the coordinates of the page, so that width and dashes are the same on every device."""
        pen = QPen(self.opts["pen"])
        if pen.style() == Qt.PenStyle.CustomDashLine:
            pen.setDashPattern([part * pen.widthF() / width for part in pen.dashPattern()])
        pen.setWidthF(width)
        pen.setCosmetic(False)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.save()
        path = painter.transform().map(self.getPath())
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(pen)
        painter.drawPath(path)
        painter.restore()

    def _paint_point(self, painter: QPainter) -> None:
        """The first point of a curve, which has no line yet."""
        at = painter.transform().map(QPointF(float(self.xData[0]), float(self.yData[0])))
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.opts["pen"].color())
        painter.drawEllipse(at, 2.5, 2.5)
        painter.restore()


class Curve:
    """The two items of a curve, and the series that they show."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.smoothed: Smoothed | None = None
        self.line = FineCurveItem()
        self.faint = FineCurveItem()
        self.faint.setZValue(-10)
        self.decimated = False
        self.color = "#888888"
        for item in (self.line, self.faint):
            item.setVisible(False)

    def style(self, color: str, faint: str, dashes: tuple[float, ...], order: int) -> None:
        """``dashes`` in pixels on and off, () for a solid line."""
        self.color = color
        for item, shade in ((self.line, color), (self.faint, faint)):
            pen = QPen(QColor(shade), 1.0)
            pen.setCosmetic(True)
            if dashes and item is self.line:
                pen.setDashPattern(list(dashes))
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            item.setPen(pen)
        self.line.setZValue(order)

    def set_smoothing(self, weight: float) -> None:
        if weight <= 0:
            self.smoothed = None
        elif self.smoothed is None or self.smoothed.weight != weight:
            self.smoothed = Smoothed(self.series, weight)

    def set_fine(self, fine: bool) -> None:
        for item in (self.line, self.faint):
            if item.fine != fine:
                item.fine = fine
                item.opts["antialias"] = fine
                item.update()

    def set_width(self, width: float | None) -> None:
        """A width for export, where the curve has few points; noise stays a pixel wide."""
        for item in (self.line, self.faint):
            sparse = item.xData is not None and len(item.xData) < _SPARSE
            item.width = width if width is None or (sparse and item is self.line) else min(width, 0.8)

    def rewind(self) -> None:
        if self.smoothed is not None:
            self.smoothed.restart()

    def shown(self) -> Series:
        """What the strong line shows: the moving average, or the values themselves."""
        return self.smoothed.update() if self.smoothed is not None else self.series

    def draw(
        self, first: float, last: float, to_x: Callable[[np.ndarray], np.ndarray], log: bool, buckets: int
    ) -> list[np.ndarray]:
        """Put what lies between two steps into the items; returns the y drawn (log10 on a log axis), of what
        was recorded first."""
        drawn = []
        self.decimated = False
        if self.smoothed is not None:
            drawn.append(self._fill(self.faint, self.series, first, last, to_x, log, buckets))
            self.faint.setVisible(True)
        else:
            self.faint.setVisible(False)
        drawn.append(self._fill(self.line, self.shown(), first, last, to_x, log, buckets))
        self.line.setVisible(True)
        return drawn

    def hide(self) -> None:
        self.line.setVisible(False)
        self.faint.setVisible(False)

    def _fill(self, item, series, first, last, to_x, log, buckets) -> np.ndarray:  # type: ignore[no-untyped-def]
        steps, values, decimated = series.decimated(first, last, buckets)
        self.decimated |= decimated
        good = np.isfinite(values) & (values > 0) if log else np.isfinite(values)
        if not good.all():
            steps, values = steps[good], values[good]
        y = np.log10(values) if log else values.copy()
        x = to_x(steps)
        item.setData(x, y, connect="all", skipFiniteCheck=True)
        return y

    def value_at(self, step: float) -> tuple[float, float] | None:
        """(what the line shows, the recorded value) at the last point not after ``step``; None before it."""
        values = []
        for series in (self.shown(), self.series):
            at = series.count_until(step) - 1
            if at < 0:
                return None
            values.append(float(series.values[at]))
        return values[0], values[1]
