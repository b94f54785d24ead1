"""Grid and guides: the paper behind the items; a slot being drawn, guides and the rubber band before them."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from hhstudio.core.tree.alignment import Guide
from hhstudio.gui.widgets.pens import Paints

GRID = 40.0
_GRID_FROM = 0.5
"""Zoom from which the grid is drawn."""


def paint_paper(painter: QPainter, rect: QRectF, paints: Paints, zoom: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.fillRect(rect, paints.canvas)
    if zoom >= _GRID_FROM:
        painter.setPen(paints.grid)
        left, top = rect.left() - rect.left() % GRID, rect.top() - rect.top() % GRID
        for column in range(int((rect.right() - left) / GRID) + 2):
            x = left + column * GRID
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        for row in range(int((rect.bottom() - top) / GRID) + 2):
            y = top + row * GRID
            painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def paint_draft(painter: QPainter, paints: Paints, line: QPainterPath, end: QPointF, allowed: bool) -> None:
    painter.setBrush(paints.hollow)
    painter.setPen(paints.edge_draft if allowed else paints.edge_refused)
    painter.drawPath(line)
    painter.setBrush(paints.accent if allowed else paints.error)
    painter.drawEllipse(end, 4, 4)


def paint_guides(painter: QPainter, paints: Paints, guides: tuple[Guide, ...]) -> None:
    painter.setPen(paints.guide)
    for guide in guides:
        painter.drawLine(QPointF(guide.x1, guide.y1), QPointF(guide.x2, guide.y2))


def paint_band(painter: QPainter, paints: Paints, band: QRectF) -> None:
    painter.setPen(paints.border_selected)
    painter.setBrush(paints.tint["hypernetwork"])
    painter.drawRect(band)
