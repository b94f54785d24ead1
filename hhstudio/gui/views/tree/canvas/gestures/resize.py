"""Resize gesture: a comment or a frame is made larger or smaller by its sides."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from hhstudio.core.tree import annotation_edits
from hhstudio.gui.views.tree.canvas.annotation_item import NO_SIDES, Sides
from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, Press
from hhstudio.gui.views.tree.canvas.gestures.move import GRID


class ResizeGesture(Gesture):
    """The sides that were taken hold of follow the mouse; Alt leaves the grid."""

    cursor = Qt.CursorShape.SizeFDiagCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        return (
            press.button == Qt.MouseButton.LeftButton
            and press.node is None
            and press.slots is None
            and press.note is not None
            and press.note.grip_at(press.at) != NO_SIDES
            and not press.adds
        )

    def start(self) -> None:
        assert self.press.note is not None
        self._item = self.press.note
        self._sides: Sides = self._item.grip_at(self.press.at)
        self._before = self._item.annotation
        self._selected = self.view.tree.selection
        self._fields: dict[str, tuple[float, float]] = {}
        self.view.tree.select([self._item.annotation_id])

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        if not self._fields and not self.view.editor.may_edit():
            return
        by = at - self.press.at
        (x, y), (width, height) = self._before.at, self._before.size
        left, top, right, bottom = self._sides
        free = self.view.is_free()
        fields = annotation_edits.resized(
            self._before,
            _rounded(x + by.x(), free) - x if left else 0.0,
            _rounded(y + by.y(), free) - y if top else 0.0,
            _rounded(x + width + by.x(), free) - x - width if right else 0.0,
            _rounded(y + height + by.y(), free) - y - height if bottom else 0.0,
        )
        self._fields = fields
        self._item.place(fields["at"], fields["size"])

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        if self._fields:
            self.view.editor.resize_annotation(self._item.annotation_id, self._fields)

    def cancel(self) -> None:
        self._item.place(self._before.at, self._before.size)
        self.view.tree.select(self._selected)


def _rounded(value: float, free: bool) -> float:
    return value if free else round(value / GRID) * GRID
