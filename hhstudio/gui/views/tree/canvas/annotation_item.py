"""Annotation on the canvas: a comment or a frame."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from hhstudio.core.tree.annotations import Annotation
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.pens import Paints

GRIP = 9.0
"""How near to a side a press takes hold of it, canvas units."""
TITLE = 36.0
"""Height of a frame's title, by which it is moved."""
_RADIUS = 10.0
_FAR = 0.28
"""Below this level of detail nothing is written."""

Sides = tuple[bool, bool, bool, bool]
"""Left, top, right, bottom."""
NO_SIDES: Sides = (False, False, False, False)
GRIP_CURSORS: dict[Sides, Qt.CursorShape] = {
    (True, False, False, False): Qt.CursorShape.SizeHorCursor,
    (False, False, True, False): Qt.CursorShape.SizeHorCursor,
    (False, True, False, False): Qt.CursorShape.SizeVerCursor,
    (False, False, False, True): Qt.CursorShape.SizeVerCursor,
    (True, True, False, False): Qt.CursorShape.SizeFDiagCursor,
    (False, False, True, True): Qt.CursorShape.SizeFDiagCursor,
    (True, False, False, True): Qt.CursorShape.SizeBDiagCursor,
    (False, True, True, False): Qt.CursorShape.SizeBDiagCursor,
}


class AnnotationItem(QGraphicsItem):
    """Stands at the annotation's top left corner. A frame is held by its title and its sides only, so that
    what stands in it can be reached."""

    def __init__(self, annotation: Annotation, paints: Paints) -> None:
        super().__init__()
        self.annotation_id = annotation.id
        self.annotation = annotation
        self.paints = paints
        self.hovered = False
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self._size = annotation.size
        self.show_annotation(annotation)

    def show_annotation(self, annotation: Annotation) -> None:
        """Take its look and its place."""
        self.annotation = annotation
        self.place(annotation.at, annotation.size)
        frame = annotation.kind == "frame"
        # Smaller frames lie on larger ones; all of them below the edges.
        self.setZValue(-10 - min(9.0, annotation.size[0] * annotation.size[1] / 1e7) if frame else -1)
        what = "Frame" if frame else "Comment"
        self.setToolTip(
            plain("" if not frame else f"{annotation.text}\nMove it by its title: what it holds comes along")
        )
        self.setData(0, f"{what}: {annotation.text}")
        self.update()

    def place(self, at: tuple[float, float], size: tuple[float, float]) -> None:
        """Show it elsewhere or larger, as while it is dragged."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size
        self.setPos(*at)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height as it is shown now."""
        return self.pos().x(), self.pos().y(), *self._size

    def show_paints(self, paints: Paints) -> None:
        self.paints = paints
        self.update()

    def show_state(self, hovered: bool) -> None:
        if self.hovered != hovered:
            self.hovered = hovered
            self.update()

    def grip_at(self, at: QPointF) -> Sides:
        """The sides near a scene position."""
        local, (width, height) = at - self.pos(), self._size
        if not self._rect().adjusted(-GRIP / 2, -GRIP / 2, GRIP / 2, GRIP / 2).contains(local):
            return NO_SIDES
        left, right = local.x() <= GRIP / 2, local.x() >= width - GRIP
        top, bottom = local.y() <= GRIP / 2, local.y() >= height - GRIP
        return (left and not right, top and not bottom, right, bottom)

    def _rect(self) -> QRectF:
        return QRectF(0, 0, *self._size)

    def boundingRect(self) -> QRectF:
        return self._rect().adjusted(-GRIP, -GRIP, GRIP, GRIP)

    def shape(self) -> QPainterPath:
        path = QPainterPath()
        whole = self._rect().adjusted(-GRIP / 2, -GRIP / 2, GRIP / 2, GRIP / 2)
        path.addRect(whole)
        if self.annotation.kind == "frame":
            inside = QPainterPath()
            inside.addRect(self._rect().adjusted(GRIP, TITLE, -GRIP, -GRIP))
            path = path.subtracted(inside)
        return path

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        detail = painter.worldTransform().m11()  # the view never turns
        paints, frame = self.paints, self.annotation.kind == "frame"
        color = paints.note_colors[self.annotation.color]
        fill = QColor(color)
        fill.setAlpha(22 if frame else 46)
        border = paints.note_pens[self.annotation.color]
        painter.setPen(paints.border_selected if self.isSelected() else border)
        painter.setBrush(paints.canvas)
        painter.drawRoundedRect(self._rect(), _RADIUS, _RADIUS)
        painter.setBrush(fill)
        painter.drawRoundedRect(self._rect(), _RADIUS, _RADIUS)
        if detail >= _FAR:
            self._write(painter, frame, detail < 0.5)
        if self.isSelected() or self.hovered:
            self._paint_grip(painter, border if not self.isSelected() else paints.border_selected)

    def _write(self, painter: QPainter, frame: bool, large: bool) -> None:
        paints = self.paints
        painter.setPen(paints.text)
        if frame:
            painter.setFont(paints.large_font if large else paints.title_font)
            metrics = paints.large_metrics if large else paints.title_metrics
            text = metrics.elidedText(
                self.annotation.text.replace("\n", " ") or "Frame",
                Qt.TextElideMode.ElideRight,
                self._size[0] - 28,
            )
            room = QRectF(14, 2, self._size[0] - 28, TITLE)
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            return
        painter.setFont(paints.comment_font)
        room = self._rect().adjusted(12, 9, -12, -9)
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        if not self.annotation.text:
            painter.setPen(paints.muted)
        painter.save()
        painter.setClipRect(room, Qt.ClipOperation.IntersectClip)
        painter.drawText(room, flags, self.annotation.text or "Double-click to write")
        painter.restore()

    def _paint_grip(self, painter: QPainter, pen: QPen) -> None:
        """Three short lines in the lower right corner, where it is made larger."""
        painter.setPen(pen)
        width, height = self._size
        for reach in (5.0, 9.0, 13.0):
            painter.drawLine(QPointF(width - reach, height - 3), QPointF(width - 3, height - reach))
