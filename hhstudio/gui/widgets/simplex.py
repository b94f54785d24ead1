"""Simplex handle between two or three tasks: the nearer to a corner, the more of its embedding."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.theme import current_theme

_MARGIN, _RADIUS, _STEP = 34.0, 8.0, 0.05


class Simplex(QWidget):
    """``moved``: shares of the corners, which sum to 1, as a tuple. Arrow keys move the handle, 1 to 3 put
    it into a corner, 0 into the middle."""

    moved = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._names: tuple[str, ...] = ("", "")
        self._colors: tuple[str, ...] = ("#888888", "#888888")
        self.shares = np.array([0.5, 0.5])
        self.setMinimumSize(QSize(150, 110))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Mixture of task embeddings")
        self.setToolTip("Drag the handle, or use the arrow keys; 1, 2, 3 go to a corner, 0 to the middle")

    def set_corners(self, names: tuple[str, ...], colors: tuple[str, ...]) -> None:
        """Two or three of them; the handle goes to the middle when their number changes."""
        if len(names) != len(self._names):
            self.shares = np.full(len(names), 1 / len(names))
        self._names, self._colors = names, colors
        self.update()

    def set_shares(self, shares: np.ndarray) -> None:
        """Put the handle somewhere, and say so."""
        shares = np.maximum(np.asarray(shares, float), 0.0)
        self.shares = shares / max(shares.sum(), 1e-12)
        words = ", ".join(f"{n} {100 * s:.0f} %" for n, s in zip(self._names, self.shares, strict=True))
        self.setAccessibleDescription(words)
        self.moved.emit(tuple(float(share) for share in self.shares))
        self.update()

    def corners(self) -> np.ndarray:
        """(corners, 2) pixels."""
        box = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN - 8, -_MARGIN, -_MARGIN + 6)
        if len(self._names) == 2:
            y = box.center().y()
            return np.array([[box.left(), y], [box.right(), y]])
        width = min(box.width(), box.height() * 1.2)
        middle = box.center().x()
        return np.array(
            [[middle - width / 2, box.bottom()], [middle + width / 2, box.bottom()], [middle, box.top()]]
        )

    def handle(self) -> QPointF:
        """Where the handle is, in pixels."""
        return QPointF(*(self.shares @ self.corners()).tolist())

    def paintEvent(self, _event: object) -> None:
        theme, corners, painter = current_theme(), self.corners(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        points = [QPointF(*corner.tolist()) for corner in corners]
        painter.setPen(QPen(QColor(theme.border), 1.5))
        painter.setBrush(QColor(theme.raised))
        painter.drawPolygon(QPolygonF(points)) if len(points) > 2 else painter.drawLine(points[0], points[1])
        at = self.handle()
        for point, color, share in zip(points, self._colors, self.shares, strict=True):
            painter.setPen(QPen(QColor(color), 1 + 4 * float(share)))
            painter.drawLine(at, point)
        for number, (point, name, color) in enumerate(zip(points, self._names, self._colors, strict=True)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(color))
            painter.drawEllipse(point, 6, 6)
            painter.setPen(QColor(theme.text))
            above = number == 2 or len(points) == 2
            box = QRectF(point.x() - 80, point.y() + (-26 if above else 10), 160, 16)
            if box.left() < 2:
                box.moveLeft(2)
            if box.right() > self.width() - 2:
                box.moveRight(self.width() - 2)
            side = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignHCenter)[
                number
            ]
            painter.drawText(box, side, f"{name}  {100 * self.shares[number]:.0f} %")
        painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.text), 2))
        painter.setBrush(QColor(theme.panel))
        painter.drawEllipse(at, _RADIUS, _RADIUS)

    def shares_at(self, at: QPointF) -> np.ndarray:
        """The mixture at a place, the nearest one inside."""
        corners, point = self.corners(), np.array([at.x(), at.y()])
        if len(corners) == 2:
            along = corners[1] - corners[0]
            share = float(np.clip((point - corners[0]) @ along / max(along @ along, 1e-9), 0, 1))
            return np.array([1 - share, share])
        system = np.vstack([corners.T, np.ones(3)])
        shares = np.clip(np.linalg.solve(system, np.append(point, 1.0)), 0.0, None)
        return shares / max(shares.sum(), 1e-12)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.set_shares(self.shares_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.set_shares(self.shares_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        key, count = event.key(), len(self._names)
        if key in steps:
            reach = float(np.ptp(self.corners()[:, 0])) * _STEP
            x, y = steps[Qt.Key(key)]
            self.set_shares(self.shares_at(self.handle() + QPointF(x * reach, y * reach)))
        elif key == Qt.Key.Key_0:
            self.set_shares(np.full(count, 1 / count))
        elif Qt.Key.Key_1 <= key < Qt.Key.Key_1 + count:
            self.set_shares(np.eye(count)[key - Qt.Key.Key_1])
        else:
            super().keyPressEvent(event)
