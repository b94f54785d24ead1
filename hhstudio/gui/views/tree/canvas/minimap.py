"""Minimap: the whole tree, small, with the part that is in view; a click goes there, a drag moves it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from hhstudio.gui.views.tree.canvas.camera import CameraView
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_SIZE = (180, 116)
"""Pixels; smaller where the view is."""
_SMALLEST = 96
_EDGE = 8


class Minimap(Themed, QWidget):
    """Shown while the tree does not fit into the view, unless it was turned off."""

    def __init__(self, view: CameraView, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._wanted = True
        self._picture: QPixmap | None = None
        self._before: QPointF | None = None
        self.resize(*_SIZE)
        self.setAccessibleName("Minimap of the tree")
        self.follow_theme(recolour=False)
        self.hide()

    def recolour(self) -> None:
        self.forget_picture()

    def toggle(self) -> None:
        self._wanted = not self._wanted
        self.follow()

    def follow(self) -> None:
        """The camera or the tree moved."""
        content = self._view.tree.content_rect()
        seen = self._view.visible_rect
        self.setVisible(self._wanted and not content.isEmpty() and not seen.contains(content))
        if self.isVisible():
            room = self._view.viewport().rect()
            wide = max(_SMALLEST, min(_SIZE[0], room.width() // 5))
            if wide != self.width():
                self.resize(wide, wide * _SIZE[1] // _SIZE[0])
                self._picture = None
            self.move(room.width() - self.width() - 12, 12)
            self.update()

    def _scale(self) -> tuple[float, QPointF]:
        """Pixels a canvas unit, and where the canvas' zero is."""
        content = self._view.tree.content_rect()
        room_x, room_y = self.width() - 2 * _EDGE, self.height() - 2 * _EDGE
        scale = min(room_x / max(content.width(), 1), room_y / max(content.height(), 1))
        corner = QPointF(self.width() / 2, self.height() / 2) - content.center() * scale
        return scale, corner

    def forget_picture(self) -> None:
        """Cards have other places or colours: paint them anew."""
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._paint_cards()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setClipRect(self.rect().adjusted(3, 3, -3, -3))
        scale, corner = self._scale()
        seen = self._view.visible_rect
        painter.setPen(QPen(QColor(current_theme().accent), 1.5))
        painter.drawRect(QRectF(seen.topLeft() * scale + corner, seen.size() * scale))
        painter.end()

    def _paint_cards(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(QColor(0, 0, 0, 0))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        scale, corner = self._scale()
        width, height = max(2.0, WIDTH * scale), max(1.5, HEIGHT * scale)
        colors = {"hypernetwork": QColor(theme.node_hypernetwork), "solver": QColor(theme.node_solver)}
        glow = QColor(theme.glow)
        for item in self._view.tree.nodes.values():
            at = item.pos() * scale + corner
            color = glow if item.activity.active or item.on_active_path else colors[item.text.kind]
            painter.fillRect(QRectF(at.x() - width / 2, at.y() - height / 2, width, height), color)
        painter.end()
        return picture

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._before = self._view.visible_rect.center()
        self._view.installEventFilter(self)  # the keys stay with the canvas
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._before is not None:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._let_go()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc while the button is down: back to where the camera was."""
        if self._before is None or not isinstance(event, QKeyEvent) or event.key() != Qt.Key.Key_Escape:
            return False
        if event.type() == QEvent.Type.KeyPress:
            self._view.centerOn(self._before)
            self._let_go()
        return True

    def _let_go(self) -> None:
        self._before = None
        self._view.removeEventFilter(self)

    def _go(self, at: QPointF) -> None:
        scale, corner = self._scale()
        self._view.centerOn((at - corner) / scale)
