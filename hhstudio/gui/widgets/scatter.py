"""Scatter map: vectors as points, near is alike. Colour says the task, shape the path."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from hhstudio.core.analysis.answers import Point
from hhstudio.gui.widgets.task_style import task_short, task_style
from hhstudio.gui.widgets.theme import current_theme

_MARGIN, _RADIUS, _REACH = 34.0, 6.0, 14.0
_SHAPES = (0, 4, 3, 5, 6)
"""Corners of the markers of the paths, in their order; 0 is a disc."""


@dataclass(frozen=True)
class Cloud:
    """``at``: (N, 2); ``neighbours``: (N, k) indices; ``paths``: in the order of their marker shapes."""

    points: tuple[Point, ...]
    at: np.ndarray
    neighbours: np.ndarray
    paths: tuple[str, ...]
    axes: tuple[str, str]


class ScatterMap(QWidget):
    """``pointed``: index of the point under mouse or keyboard, -1 for none; ``chosen``: it was clicked."""

    pointed = Signal(int)
    chosen = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._cloud: Cloud | None = None
        self._places = np.empty((0, 2))
        self.current = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(180, 140))

    def set_cloud(self, cloud: Cloud | None) -> None:
        self._cloud, self.current = cloud, -1
        self._place()
        self.update()

    def place_of(self, index: int) -> QPointF:
        """Where a point is on the widget."""
        return QPointF(*self._places[index].tolist())

    def _place(self) -> None:
        """One scale for both axes: distances on screen are distances."""
        if self._cloud is None or not len(self._cloud.at):
            self._places = np.empty((0, 2))
            return
        at = np.nan_to_num(np.asarray(self._cloud.at, float))
        low, high = at.min(axis=0), at.max(axis=0)
        room = np.array([self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN])
        scale = float(np.min(np.maximum(room, 20.0) / np.maximum(high - low, 1e-12)))
        center = np.array([self.width() / 2, self.height() / 2])
        self._places = center + (at - (low + high) / 2) * scale * np.array([1.0, -1.0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def paintEvent(self, _event: object) -> None:
        cloud = self._cloud
        if cloud is None:
            return
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(QColor(theme.muted))
        painter.drawText(
            QRectF(8, self.height() - 20, self.width() - 16, 16), Qt.AlignmentFlag.AlignRight, cloud.axes[0]
        )
        painter.drawText(QRectF(8, 5, self.width() - 16, 16), Qt.AlignmentFlag.AlignLeft, cloud.axes[1])
        if self.current >= 0:
            painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
            for other in cloud.neighbours[self.current]:
                painter.drawLine(self.place_of(self.current), self.place_of(int(other)))
        for index, point in enumerate(cloud.points):
            self._paint_point(painter, index, point, cloud)
        self._paint_labels(painter, cloud)
        self._paint_legend(painter, cloud)

    def _paint_point(self, painter: QPainter, index: int, point: Point, cloud: Cloud) -> None:
        theme, at = current_theme(), self.place_of(index)
        color = QColor(task_style(theme, point.task)[0] if point.task >= 0 else theme.node_hypernetwork)
        marked = index == self.current
        painter.setPen(QPen(QColor(theme.text if marked else theme.panel), 1.6))
        painter.setBrush(color)
        radius = _RADIUS + (2.0 if marked else 0.0)
        order = cloud.paths.index(point.path) if point.path in cloud.paths else 0
        _paint_marker(painter, at, radius, order)

    def _paint_labels(self, painter: QPainter, cloud: Cloud) -> None:
        """Beside its point on whichever side there is room; a label without room is left out, unless its
        point is the one that is pointed at."""
        metrics = QFontMetricsF(painter.font())
        near = _RADIUS + 2
        taken = [
            QRectF(p.x() - near, p.y() - near, 2 * near, 2 * near)
            for p in map(self.place_of, range(len(cloud.points)))
        ]
        shown = range(len(cloud.points)) if len(cloud.points) <= 40 else ()
        for index in sorted(
            {*shown, *([self.current] if self.current >= 0 else [])}, key=lambda i: i != self.current
        ):
            point, at, marked = cloud.points[index], self.place_of(index), index == self.current
            label = task_short(point.task) if point.task >= 0 else point.title
            wide, high = metrics.horizontalAdvance(label), metrics.height()
            sides = [
                QRectF(at.x() + near + 3, at.y() - high / 2, wide, high),
                QRectF(at.x() - near - 3 - wide, at.y() - high / 2, wide, high),
                QRectF(at.x() - wide / 2, at.y() - near - high, wide, high),
                QRectF(at.x() - wide / 2, at.y() + near, wide, high),
            ]
            inside = QRectF(self.rect()).adjusted(4, 22, -4, -22)
            free = [
                box for box in sides if inside.contains(box) and not any(box.intersects(t) for t in taken)
            ]
            if not free and not marked:
                continue
            box = free[0] if free else sides[0]
            taken.append(box)
            painter.setPen(QColor(current_theme().text if marked else current_theme().muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_legend(self, painter: QPainter, cloud: Cloud) -> None:
        """Which shape is which path, along the upper edge from the right."""
        if len(cloud.paths) < 2 or not any(cloud.paths):
            return
        right, metrics = self.width() - 10.0, QFontMetricsF(painter.font())
        for order, path in reversed(list(enumerate(cloud.paths))):
            text = metrics.elidedText(path, Qt.TextElideMode.ElideMiddle, 90)
            right -= metrics.horizontalAdvance(text)
            painter.setPen(QColor(current_theme().text))
            painter.drawText(QPointF(right, 17), text)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(current_theme().muted))
            _paint_marker(painter, QPointF(right - 10, 13), 4.5, order)
            right -= 28
            if right < self.width() * 0.3:
                break

    def nearest(self, at: QPointF) -> int:
        """The point within reach of a place on the widget; -1 for none."""
        if not len(self._places):
            return -1
        apart = np.hypot(*(self._places - np.array([at.x(), at.y()])).T)
        best = int(np.argmin(apart))
        return best if apart[best] <= _REACH else -1

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point_at(self.nearest(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        point = self.nearest(event.position())
        self._point_at(point)
        if point >= 0:
            self.chosen.emit(point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}
        count = len(self._places)
        if event.key() in step and count:
            self._point_at((self.current + step[Qt.Key(event.key())]) % count)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current >= 0:
            self.chosen.emit(self.current)
        else:
            super().keyPressEvent(event)

    def _point_at(self, index: int) -> None:
        if index != self.current:
            self.current = index
            self.pointed.emit(index)
            self.update()


def _paint_marker(painter: QPainter, at: QPointF, radius: float, order: int) -> None:
    corners = _SHAPES[order % len(_SHAPES)]
    if corners == 0:
        painter.drawEllipse(at, radius, radius)
        return
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False) - np.pi / 2
    painter.drawPolygon(
        QPolygonF([at + QPointF(float(np.cos(a)), float(np.sin(a))) * (1.25 * radius) for a in turn])
    )
