"""Curve overlay: several sessions over each other, or means over seeds with their standard error."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hhstudio.core.run.series import Series
from hhstudio.core.sweeps import comparison
from hhstudio.core.sweeps.comparison import ComparisonEntry
from hhstudio.gui.views.compare.lines import Line, Looks
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.curve import BUCKETS, FineCurveItem
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters, plain
from hhstudio.gui.widgets.plot import Plot
from hhstudio.gui.widgets.smoothing import Smoothed
from hhstudio.gui.widgets.task_style import blend
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_ROOM_FOR_CAPTION = 240
"""Pixels of height below which the caption is left out."""
_MOST_LISTED = 12
"""Lines that the box beside the crosshair has room for."""


@dataclass
class _Drawn:
    line: Line
    mean: comparison.MeanCurve
    series: Series
    item: FineCurveItem
    band: pg.FillBetweenItem | None


class CurveOverlay(Themed, QWidget):
    """``hovered`` carries the key of the line under the mouse, "" for none; ``opened`` that of a line that
    was double-clicked."""

    hovered = Signal(str)
    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = Plot()
        self.plot.setAccessibleName("Curves of the compared sessions")
        self._looks = Looks()
        self._metric = metric_names.metric("accuracy")
        self._what = ("", "")
        self._drawn: dict[str, _Drawn] = {}
        self._hovered = ""
        self._brushed: set[str] | None = None
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(50)
        self._cross.hide()
        self.plot.addItem(self._cross, ignoreBounds=True)
        self.values = TextLabel(parent=self.plot)
        self.values.setObjectName("curveValues")
        self.values.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.values.hide()
        self.caption = TextLabel()
        self.caption.setProperty("muted", True)
        self.caption.setContentsMargins(8, 0, 8, 2)
        self.caption.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.caption)
        self.plot.hovered.connect(self._mouse_at)
        self.plot.view.fit_wanted.connect(self._fit)
        self.plot.view.sigXRangeChanged.connect(lambda *_: self._fill())
        self.follow_theme()

    def recolour(self) -> None:
        self._cross.setPen(pg.mkPen(current_theme().muted))

    def show_lines(self, lines: list[Line], looks: Looks, hidden: set[str], path: str, metric: str) -> None:
        """One curve a line: the metric of a path, the mean over the tasks measured at each step."""
        self._looks, self._metric = looks, metric_names.metric(metric)
        old, self._drawn = self._drawn, {}
        extent = self._extent_of(old)
        same, self._what = self._what == (path, metric), (path, metric)
        for order, line in enumerate(lines):
            if line.key in hidden:
                continue
            drawn = old.get(line.key)
            if same and drawn is not None and _same(drawn.line.entries, line.entries):
                drawn.line = line
                self._drawn[line.key] = old.pop(line.key)
            else:
                self._add(line, path, metric, order)
        for drawn in old.values():
            self.plot.removeItem(drawn.item)
            if drawn.band is not None:
                self.plot.removeItem(drawn.band)
        log = self._metric.log
        self.plot.set_scales(self._metric.percent, log)
        self._restyle()
        if not old or self._extent_of(self._drawn) != extent:
            self._fit()
        else:
            self._fill()
        self._explain(path)

    def set_hovered(self, key: str) -> None:
        if key != self._hovered:
            self._hovered = key
            self._restyle()

    def set_brushed(self, keys: set[str] | None) -> None:
        """Lines outside are drawn faint; None: all are drawn."""
        self._brushed = keys
        self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little room it is the curves'; the caption is a tool tip then."""
        super().resizeEvent(event)
        self.caption.setVisible(self.height() >= _ROOM_FOR_CAPTION)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._hovered:
            self.opened.emit(self._hovered)

    # inside -----------------------------------------------------------------------------------------

    def _add(self, line: Line, path: str, metric: str, order: int) -> None:
        curves = [curve for e in line.entries if (curve := comparison.joined(e, path, metric)) is not None]
        if len(curves) < len(line.entries):
            return  # a mean of some of the runs would pass for the mean of all
        mean = comparison.mean_curve(curves)
        if mean is None:
            return
        series = Series()
        series.extend(mean.steps, mean.mean)
        if self._metric.smoothing and len(series) > 1:
            series = Smoothed(series, self._metric.smoothing).update()
        item = FineCurveItem()
        item.fine = True
        item.opts["antialias"] = True
        item.setZValue(order)
        band = None
        if mean.error is not None and not self._metric.log and not self._metric.smoothing:
            edges = [pg.PlotCurveItem(mean.steps, mean.mean + sign * mean.error) for sign in (-1, 1)]
            band = pg.FillBetweenItem(*edges)
            band.setZValue(-50 + order / 1000)
            self.plot.addItem(band, ignoreBounds=True)
        self.plot.addItem(item, ignoreBounds=True)
        self._drawn[line.key] = _Drawn(line, mean, series, item, band)

    def _restyle(self) -> None:
        for at, (key, drawn) in enumerate(self._drawn.items()):
            color, dashes = self._looks.pen(key)
            off = (self._brushed is not None and key not in self._brushed) or (
                self._hovered in self._drawn and key != self._hovered
            )
            shade = blend(color, current_theme().panel, 0.2) if off else color
            pen = QPen(QColor(shade), 1.0)
            pen.setCosmetic(True)
            if dashes:
                pen.setDashPattern(list(dashes))
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            drawn.item.setPen(pen)
            drawn.item.setZValue(1000 if key == self._hovered else at - (500 if off else 0))
            if drawn.band is not None:
                fill = QColor(color)
                fill.setAlpha(12 if off else 46)
                drawn.band.setBrush(fill)

    def _fill(self) -> None:
        """Put what is visible into the items; every minimum and maximum stays."""
        (first, last), _ = self.plot.view.viewRange()
        for drawn in self._drawn.values():
            steps, values, _ = drawn.series.decimated(first, last, BUCKETS)
            good = np.isfinite(values) & (values > 0) if self._metric.log else np.isfinite(values)
            y = np.log10(values[good]) if self._metric.log else values[good]
            drawn.item.setData(steps[good].astype(float), y, connect="all", skipFiniteCheck=True)

    def _fit(self) -> None:
        extent = self._extent_of(self._drawn)
        if extent is None:
            self.plot.set_ranges((0.0, 1.0), (0.0, 1.0))
            return
        first, last, low, high = extent
        span = max(last - first, 1.0)
        room = 0.06 * (high - low or abs(high) or 1.0)
        top = min(high + room, 1.02) if self._metric.percent else high + room
        self.plot.set_ranges((first - 0.01 * span, last + 0.02 * span), (low - room, top))
        self._fill()

    def _extent_of(self, drawn: dict[str, _Drawn]) -> tuple[float, float, float, float] | None:
        ends: list[tuple[float, float, float, float]] = []
        for each in drawn.values():
            values = each.series.values
            good = np.isfinite(values) & (values > 0) if self._metric.log else np.isfinite(values)
            if good.any():
                y = np.log10(values[good]) if self._metric.log else values[good]
                steps = each.series.steps
                ends.append((float(steps[0]), float(steps[-1]), float(y.min()), float(y.max())))
        if not ends:
            return None
        first, last, low, high = zip(*ends, strict=True)
        return min(first), max(last), min(low), max(high)

    def _explain(self, path: str) -> None:
        parts = [
            f"{self._metric.title} of {path or 'all paths'} by step, mean of the tasks measured at each step"
        ]
        means = [d for d in self._drawn.values() if d.mean.runs > 1]
        if means:
            parts.append("means have only the steps that all their runs have")
            if any(d.band is not None for d in means):
                parts.append("band: ± standard error")
        if self._metric.smoothing and self._drawn:
            parts.append(f"smoothed {self._metric.smoothing:g}")
        missing = "" if self._drawn else "Nothing recorded yet. "
        words = missing + "; ".join(parts) + "."
        self.caption.setText(words)
        self.setToolTip(plain(words if not self.caption.isVisible() else ""))

    # crosshair --------------------------------------------------------------------------------------

    def _mouse_at(self, x: float | None) -> None:
        if x is None or not self._drawn:
            self._cross.hide()
            self.values.hide()
            self._hover("")
            return
        self._cross.setValue(x)
        self._cross.show()
        cursor = self.plot.mapFromGlobal(self.cursor().pos())
        values: list[tuple[float, _Drawn]] = []
        nearest, distance = "", 8.0
        for key, drawn in self._drawn.items():
            at = drawn.series.count_until(x) - 1
            if at < 0 or x > drawn.series.steps[-1] + 1:
                continue
            value = float(drawn.series.values[at])
            values.append((value, drawn))
            shown = np.log10(value) if self._metric.log and value > 0 else value
            away = abs(self.plot.to_pixels(x, shown).y() - cursor.y())
            if away < distance:
                nearest, distance = key, away
        self._hover(nearest)
        self._list(x, sorted(values, key=lambda each: -each[0]), cursor)

    def _hover(self, key: str) -> None:
        if key != self._hovered:
            self.set_hovered(key)
            self.hovered.emit(key)

    def _list(self, x: float, values: list[tuple[float, _Drawn]], cursor: object) -> None:
        if not values:
            self.values.hide()
            return
        rows = [f"<b>step {round(x)}</b>"]
        for value, drawn in values[:_MOST_LISTED]:
            color, _ = self._looks.pen(drawn.line.key)
            title = drawn.line.title if len(drawn.line.title) < 48 else drawn.line.title[:46] + "…"
            strong = drawn.line.key == self._hovered
            words = f"{_escaped(metric_names.text(self._metric, value))}&nbsp; {_escaped(title)}"
            rows.append(f"<span style='color:{color}'>▬</span> {f'<b>{words}</b>' if strong else words}")
        if len(values) > _MOST_LISTED:
            rows.append(f"and {len(values) - _MOST_LISTED} more")
        self.values.setText(Markup("<br>".join(rows)))
        self.values.adjustSize()
        area, at = self.plot.area(), self.plot.to_pixels(x, 0).x()
        right = at + 14 + self.values.width() < area.right()
        self.values.move(round(at + 14 if right else at - 14 - self.values.width()), round(area.top() + 6))
        self.values.show()


def _escaped(text: str) -> str:
    return letters(text).replace(" ", "&nbsp;")


def _same(one: tuple[ComparisonEntry, ...], two: tuple[ComparisonEntry, ...]) -> bool:
    """Whether these are the very same readings: nothing new has come."""
    return len(one) == len(two) and all(a is b for a, b in zip(one, two, strict=True))
