"""Parallel coordinates: an axis a setting, a line a run; dragging along an axis picks runs out."""

from __future__ import annotations

import itertools
import math
from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hhstudio.core.sweeps.comparison import MEASURES, MISSING
from hhstudio.gui.views.compare.axes import ParallelAxis, measure_axis, setting_axis
from hhstudio.gui.views.compare.lines import Line, Looks
from hhstudio.gui.views.compare.model import estimate_text
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import Theme, current_theme

_TOP, _FOOT, _SIDE = 42.0, 32.0, 60.0
_REACH = 7.0
"""Pixels within which a line or an axis counts as under the mouse."""
_BESIDE, _BUNDLE = 3.0, 22.0
"""Pixels between lines that pass an axis at the same value, and all of them together at most."""
_CLICK = 4.0
"""Pixels of a drag below which it was a click."""


class ParallelCoordinates(QWidget):
    """``hovered`` carries a line's key ("" for none), ``opened`` a key, ``brushed`` the keys that the brushes
    let through (None: no brush). Keys: Left and Right choose an axis, Up and Down pick its values one after
    the other, Delete frees the axis, Esc frees all."""

    hovered = Signal(str)
    opened = Signal(str)
    brushed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes: list[ParallelAxis] = []
        self.brushes: dict[str, tuple[float, float]] = {}
        self._lines: list[Line] = []
        self._looks = Looks()
        self._hidden: set[str] = set()
        self._hovered = ""
        self._beside: dict[tuple[str, str], float] = {}
        self._axis = 0
        self._drag: tuple[str, float] | None = None
        self._measure, self._path = "average", ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Settings against accuracy")
        self.setMinimumSize(QSize(220, 92))

    def sizeHint(self) -> QSize:
        return QSize(560, 280)

    def show_lines(self, lines: list[Line], looks: Looks, hidden: set[str], path: str, measure: str) -> None:
        """Lines with the figure ``measure`` of ``path`` on the last axis; brushes stay where they fit."""
        self._lines, self._looks, self._hidden = lines, looks, hidden
        self._path, self._measure = path, measure
        names = list(dict.fromkeys(name for line in lines for name in line.settings))
        self.axes = [
            setting_axis(name, [line.settings.get(name, MISSING) for line in lines]) for name in names
        ]
        values = [None if e is None else e.mean for e in (line.estimate(path, measure) for line in lines)]
        title = f"{MEASURES[measure]} {path or 'mean'}"
        self.axes.append(measure_axis(_figure_name(measure), title, values))
        gone = self.brushes.keys() - {axis.name for axis in self.axes}
        for name in gone:
            del self.brushes[name]
        self._axis = min(self._axis, len(self.axes) - 1)
        self._spread()
        if gone or self.brushes:
            self._tell_brushed()
        self.update()

    def set_hovered(self, key: str) -> None:
        if key != self._hovered:
            self._hovered = key
            self.update()

    def clear_brushes(self) -> None:
        if self.brushes:
            self.brushes.clear()
            self._tell_brushed()
            self.update()

    def passes(self, line: Line) -> bool:
        """Whether a line goes through all brushes."""
        for axis in self.axes:
            brush = self.brushes.get(axis.name)
            if brush is None:
                continue
            place = axis.place(self._value(line, axis))
            if place is None or not brush[0] - 1e-9 <= place <= brush[1] + 1e-9:
                return False
        return True

    # geometry ---------------------------------------------------------------------------------------

    def axis_x(self, at: int) -> float:
        """Where an axis stands, pixels from the left."""
        room = self.width() - 2 * _SIDE
        return _SIDE + room * (at / (len(self.axes) - 1) if len(self.axes) > 1 else 0.5)

    def place_y(self, place: float | None) -> float:
        """Pixels from the top; what is missing lies below the foot of the axis."""
        foot = self.height() - _FOOT
        return foot + 12 if place is None else foot - place * (foot - _TOP)

    def path_of(self, line: Line) -> QPainterPath:
        path = QPainterPath()
        points = []
        for at, axis in enumerate(self.axes):
            y = self.place_y(axis.place(self._value(line, axis)))
            points.append(QPointF(self.axis_x(at), y + self._beside.get((axis.name, line.key), 0.0)))
        if not points:
            return path
        path.moveTo(points[0])
        for before, after in itertools.pairwise(points):
            pull = 0.4 * (after.x() - before.x())
            path.cubicTo(before + QPointF(pull, 0), after - QPointF(pull, 0), after)
        return path

    def line_at(self, position: QPointF) -> str:
        """The key of the line under a point, the picked ones first; "" where there is none."""
        spot = QRectF(position.x() - _REACH, position.y() - _REACH, 2 * _REACH, 2 * _REACH)
        stroker = QPainterPathStroker()
        stroker.setWidth(1.5)
        nearest = ""
        for line in sorted(self._shown(), key=self.passes):
            if stroker.createStroke(self.path_of(line)).intersects(spot):
                nearest = line.key
        return nearest

    def _spread(self) -> None:
        """Lines with the same setting pass its axis side by side, the better above, so that each is seen."""
        self._beside = {}
        figures = {line.key: line.estimate(self._path, self._measure) for line in self._shown()}
        for axis in self.axes[:-1]:
            bundles: dict[float | None, list[str]] = {}
            for line in self._shown():
                bundles.setdefault(axis.place(self._value(line, axis)), []).append(line.key)
            for keys in bundles.values():
                keys.sort(key=lambda key: -(figure.mean if (figure := figures[key]) else -1.0))
                gap = min(_BESIDE, _BUNDLE / max(len(keys) - 1, 1))
                for at, key in enumerate(keys):
                    self._beside[axis.name, key] = (at - (len(keys) - 1) / 2) * gap

    def _axis_at(self, x: float) -> ParallelAxis | None:
        for at, axis in enumerate(self.axes):
            if abs(self.axis_x(at) - x) <= 2 * _REACH:
                return axis
        return None

    def _value(self, line: Line, axis: ParallelAxis) -> Any:
        if axis.name == _figure_name(self._measure):
            figure = line.estimate(self._path, self._measure)
            return None if figure is None else figure.mean
        return line.settings.get(axis.name, MISSING)

    def _shown(self) -> list[Line]:
        return [line for line in self._lines if line.key not in self._hidden]

    # painting ---------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.panel))
        shown = self._shown()
        passing = {line.key for line in shown if self.passes(line)}
        for line in shown:
            if line.key not in passing:
                painter.setPen(QPen(QColor(theme.grid if not theme.dark else theme.border), 1.0))
                painter.drawPath(self.path_of(line))
        for line in shown:
            if line.key in passing and line.key != self._hovered:
                self._draw_line(painter, line, 1.8)
        for at, axis in enumerate(self.axes):
            self._draw_axis(painter, at, axis, theme)
        for line in shown:
            if line.key == self._hovered:
                self._draw_line(painter, line, 3.4)
        painter.end()

    def _draw_line(self, painter: QPainter, line: Line, width: float) -> None:
        color, dashes = self._looks.pen(line.key)
        pen = QPen(QColor(color), width)
        if dashes:
            pen.setDashPattern([part / width for part in dashes])
        painter.setPen(pen)
        painter.drawPath(self.path_of(line))

    def _draw_axis(self, painter: QPainter, at: int, axis: ParallelAxis, theme: Theme) -> None:
        x, top, foot = self.axis_x(at), _TOP, self.height() - _FOOT
        chosen = self.hasFocus() and at == self._axis
        painter.setPen(QPen(QColor(theme.accent if chosen else theme.muted), 2.0 if chosen else 1.2))
        painter.drawLine(QPointF(x, top), QPointF(x, foot))
        brush = self.brushes.get(axis.name)
        if brush is not None:
            low, high = self.place_y(brush[0]), self.place_y(brush[1])
            fill = QColor(theme.accent)
            fill.setAlpha(70)
            painter.setPen(QPen(QColor(theme.accent), 1.2))
            painter.setBrush(fill)
            painter.drawRoundedRect(QRectF(x - 6, high - 2, 12, low - high + 4), 3, 3)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        room = self._room()
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        title = QFontMetricsF(bold).elidedText(axis.title, Qt.TextElideMode.ElideRight, room)
        side = Qt.AlignmentFlag
        painter.drawText(QRectF(x - room / 2, 4, room, 18), side.AlignHCenter | side.AlignVCenter, title)
        self._draw_labels(painter, axis, x, theme, last=at == len(self.axes) - 1)

    def _draw_labels(self, painter: QPainter, axis: ParallelAxis, x: float, theme: Theme, last: bool) -> None:
        """To the right of their axis, where the lines leave it; on plates, so that they can be read."""
        painter.setFont(self.font())
        metrics = QFontMetricsF(self.font())
        plate = QColor(theme.panel)
        plate.setAlpha(215)
        room, free = (_SIDE - 12 if last else self._room() - 16), math.inf
        for place, text in sorted(axis.labels):
            y = self.place_y(place)
            if free - y < metrics.height():
                continue
            free = y
            words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            rect = QRectF(
                x + 8, y - metrics.height() / 2, metrics.horizontalAdvance(words) + 6, metrics.height()
            )
            painter.fillRect(rect, plate)
            painter.setPen(QColor(theme.muted))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, words)

    def _room(self) -> float:
        return max(40.0, (self.width() - 2 * _SIDE) / max(len(self.axes) - 1, 1) - 8)

    # mouse and keys ---------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = self._axis_at(event.position().x())
        if event.button() == Qt.MouseButton.LeftButton and axis is not None:
            self._drag = (axis.name, event.position().y())
            self._axis = self.axes.index(axis)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._brush_to(event.position().y())
            return
        on_axis = self._axis_at(event.position().x()) is not None
        self.setCursor(Qt.CursorShape.SizeVerCursor if on_axis else Qt.CursorShape.ArrowCursor)
        key = self.line_at(event.position())
        if key != self._hovered:
            self.set_hovered(key)
            self.hovered.emit(key)
        text = self._tip(key)
        if text:
            QToolTip.showText(event.globalPosition().toPoint(), plain(text), self)
        else:
            QToolTip.hideText()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        name, began = self._drag
        if abs(event.position().y() - began) < _CLICK:
            self.brushes.pop(name, None)
            self._tell_brushed()
        self._drag = None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        key = self.line_at(event.position())
        if key:
            self.opened.emit(key)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if self._hovered:
            self.set_hovered("")
            self.hovered.emit("")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self.axes:
            step = 1 if key == Qt.Key.Key_Right else -1
            self._axis = (self._axis + step) % len(self.axes)
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.axes:
            self._pick_next(1 if key == Qt.Key.Key_Up else -1)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.axes:
            self.brushes.pop(self.axes[self._axis].name, None)
            self._tell_brushed()
            self.update()
        elif key == Qt.Key.Key_Escape and self.brushes:
            self.clear_brushes()
        else:
            super().keyPressEvent(event)

    def _pick_next(self, step: int) -> None:
        """The next value up or down on the axis that was chosen, alone."""
        axis = self.axes[self._axis]
        places = sorted(
            {p for line in self._shown() if (p := axis.place(self._value(line, axis))) is not None}
        )
        if not places:
            return
        brush = self.brushes.get(axis.name)
        if brush is None:
            at = 0 if step > 0 else len(places) - 1
        else:
            middle = (brush[0] + brush[1]) / 2
            nearest = min(range(len(places)), key=lambda k: abs(places[k] - middle))
            at = (nearest + step) % len(places)
        self.brushes[axis.name] = (places[at], places[at])
        self._tell_brushed()
        self.update()

    def _brush_to(self, y: float) -> None:
        assert self._drag is not None
        name, began = self._drag
        if abs(y - began) < _CLICK:
            return
        foot = self.height() - _FOOT
        ends = sorted(min(max((foot - v) / (foot - _TOP), 0.0), 1.0) for v in (began, y))
        self.brushes[name] = (ends[0], ends[1])
        self._tell_brushed()
        self.update()

    def _tell_brushed(self) -> None:
        passing = {line.key for line in self._lines if self.passes(line)} if self.brushes else None
        self.brushed.emit(passing)

    def _tip(self, key: str) -> str:
        line = next((line for line in self._lines if line.key == key), None)
        if line is None:
            return ""
        figure = estimate_text(line.estimate(self._path, self._measure), self._measure)
        return f"{line.title}\n{MEASURES[self._measure]} {self._path or 'mean'}: {figure}"


def _figure_name(measure: str) -> str:
    return f"figure:{measure}"
