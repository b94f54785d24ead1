"""Thumbnails of sessions: the shape of the tree, and the curves of its paths."""

from __future__ import annotations

from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from hhstudio.gui.widgets.icons import pixmap
from hhstudio.gui.widgets.theme import Theme

if TYPE_CHECKING:
    from hhstudio.store.catalog.index import IndexedSession
    from hhstudio.store.session.thumbnail_data import ThumbnailData

_KEPT = 600
"""Pictures that are kept: several screens full of rows."""


symbol = lru_cache(maxsize=64)(pixmap)
"""Small icons, painted once: a row asks for one at every repaint."""


class Thumbnails:
    """Paints pictures once and keeps the latest."""

    def __init__(self) -> None:
        self._pixmaps: OrderedDict[object, QPixmap] = OrderedDict()

    def tree(self, entry: IndexedSession, size: QSize, ratio: float, theme: Theme) -> QPixmap:
        return self._pixmap("tree", entry, size, ratio, theme)

    def curves(self, entry: IndexedSession, size: QSize, ratio: float, theme: Theme) -> QPixmap:
        return self._pixmap("curves", entry, size, ratio, theme)

    def _pixmap(self, what: str, entry: IndexedSession, size: QSize, ratio: float, theme: Theme) -> QPixmap:
        key = (what, entry.session.path, entry.stamp, size.toTuple(), ratio, theme.name)
        pixmap = self._pixmaps.get(key)
        if pixmap is None:
            pixmap = QPixmap(size * ratio)
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            rect = QRectF(0, 0, size.width(), size.height())
            (paint_tree if what == "tree" else paint_curves)(painter, rect, entry.session.thumbnail, theme)
            painter.end()
            self._pixmaps[key] = pixmap
            while len(self._pixmaps) > _KEPT:
                self._pixmaps.popitem(last=False)
        self._pixmaps.move_to_end(key)
        return pixmap


def paint_tree(painter: QPainter, rect: QRectF, sketch: ThumbnailData, theme: Theme) -> None:
    """The tree from left to right: hypernetworks as squares, solvers as dots."""
    tree = sketch.tree
    if not tree:
        return
    depths: list[int] = []
    for parent, _ in tree:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    heights = _rows(tree)
    rows, columns = max(heights) + 1, max(depths) + 1
    size = max(2.2, min(7.0, rect.height() / max(rows, 3) * 0.62, rect.width() / max(columns, 3) * 0.5))
    area = rect.adjusted(size, size, -size, -size)

    def place(at: int) -> QPointF:
        x = area.left() + area.width() * (depths[at] / max(columns - 1, 1) if columns > 1 else 0.5)
        y = area.top() + area.height() * (heights[at] / (rows - 1) if rows > 1 else 0.5)
        return QPointF(x, y)

    painter.setPen(QPen(QColor(theme.edge), 1.2))
    for at, (parent, _) in enumerate(tree):
        if parent >= 0:
            painter.drawLine(place(parent), place(at))
    painter.setPen(Qt.PenStyle.NoPen)
    for at, (_, solver) in enumerate(tree):
        painter.setBrush(QColor(theme.node_solver if solver else theme.node_hypernetwork))
        middle, half = place(at), size / 2
        if solver:
            painter.drawEllipse(middle, half, half)
        else:
            painter.drawRoundedRect(QRectF(middle.x() - half, middle.y() - half, size, size), 1.4, 1.4)


def paint_curves(painter: QPainter, rect: QRectF, sketch: ThumbnailData, theme: Theme) -> None:
    """Accuracy from 0 to 1 over the run, one line a path."""
    painter.setPen(QPen(QColor(theme.grid), 1))
    for y in (rect.top() + 0.5, rect.center().y(), rect.bottom() - 0.5):
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    area = rect.adjusted(1, 2, -1, -2)
    for at, curve in enumerate(sketch.curves):
        color, _ = theme.task_pen(at)
        painter.setPen(QPen(QColor(color), 1.3))
        points = [
            QPointF(area.left() + area.width() * x, area.bottom() - area.height() * y) for x, y in curve
        ]
        painter.drawPolyline(QPolygonF(points))


def _rows(tree: tuple[tuple[int, int], ...]) -> list[float]:
    """Heights of the nodes: leaves one under the other, parents in the middle of their children."""
    children: dict[int, list[int]] = {}
    for at, (parent, _) in enumerate(tree):
        children.setdefault(parent, []).append(at)
    heights = [0.0] * len(tree)
    following = 0.0
    for at in reversed(range(len(tree))):  # parents come first: the last is a leaf
        below = children.get(at)
        if below:
            heights[at] = sum(heights[child] for child in below) / len(below)
        else:
            heights[at] = following
            following += 1
    highest = max(heights)
    return [highest - height for height in heights]
