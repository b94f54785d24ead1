"""Glyphs on cards: frozen, pinned, and how much is folded away."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from hhstudio.gui.widgets.pens import Paints


def paint_frost(painter: QPainter, paints: Paints, box: QRectF) -> None:
    """A snowflake: six arms with a fork each."""
    middle, radius = box.center(), box.width() / 2
    painter.setPen(paints.frost)
    for arm in range(6):
        angle = math.pi * arm / 3 + math.pi / 6
        along = QPointF(math.cos(angle), math.sin(angle))
        painter.drawLine(middle, middle + along * radius)
        half = middle + along * radius * 0.5
        for side in (-0.6, 0.6):
            fork = QPointF(math.cos(angle + side), math.sin(angle + side))
            painter.drawLine(half, half + fork * radius * 0.4)


def paint_fold(painter: QPainter, paints: Paints, box: QRectF, count: int) -> None:
    """A pill with the number of hidden nodes, astride the side where slots leave."""
    painter.setPen(paints.border_selected)
    painter.setBrush(paints.card)
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    painter.setPen(paints.text)
    painter.setFont(paints.small_font)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"+{count}" if count < 1000 else "+…")


def paint_pin(painter: QPainter, paints: Paints, box: QRectF) -> None:
    """A drawing pin, from the side: head, neck, needle."""
    middle, top = box.center().x(), box.top()
    painter.setPen(paints.border_hover)
    painter.setBrush(paints.track)
    painter.drawRoundedRect(QRectF(middle - 4.5, top, 9, 3.6), 1.5, 1.5)
    painter.drawRect(QRectF(middle - 2.4, top + 3.6, 4.8, 3.6))
    painter.drawLine(QPointF(middle, top + 7.2), QPointF(middle, box.bottom()))
