"""Comments, frames and alignment on one canvas: where they go and what is selected then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect

from hhstudio.core.tree.alignment import Alignment, Box
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


class Annotating:
    """Places what :class:`~hhstudio.gui.state.drawing_editor.Drawing` makes."""

    def __init__(self, canvas: TreeCanvas) -> None:
        self._canvas = canvas

    def align(self, how: Alignment) -> None:
        """Line up what is selected."""
        self._canvas.drawing.align(self._selected_boxes(), how)

    def add_comment(self, at: QPointF | None = None) -> None:
        """A comment there, or in the middle of the view, ready to be written."""
        place = at if at is not None else self._middle()
        self._made(self._canvas.drawing.add("comment", (round(place.x()), round(place.y()))))

    def add_frame(self, at: QPointF | None = None) -> None:
        """A frame around what is selected; with nothing selected there, or in the middle of the view."""
        drawing, boxes = self._canvas.drawing, self._selected_boxes()
        if boxes and at is None:
            self._made(drawing.frame(boxes.values()))
        else:
            place = at if at is not None else self._middle()
            self._made(drawing.add("frame", (round(place.x()), round(place.y())), text="Frame"))

    def write(self, annotation_id: str) -> None:
        """Open the field for a comment's text or a frame's title over it."""
        canvas = self._canvas
        if not canvas.editor.may_edit():
            return
        note = canvas.document.topology.annotation_by_id[annotation_id]
        frame, zoom = note.kind == "frame", canvas.view.zoom
        left, top, width, height = canvas.scene.annotations.items[annotation_id].box
        corner = canvas.view.mapFromScene(QPointF(left + 4, top + 4))
        size = QPoint(max(160, int((width - 8) * zoom)), 32 if frame else max(64, int((height - 8) * zoom)))
        canvas.note_field.open(annotation_id, note.text, QRect(corner, corner + size), frame)

    def _made(self, annotation_id: str | None) -> None:
        if annotation_id is not None:
            self._canvas.scene.select([annotation_id])
            self.write(annotation_id)

    def _selected_boxes(self) -> dict[str, Box]:
        """Left, top, width, height of selected cards and notes."""
        scene = self._canvas.scene
        found: dict[str, Box] = {i: scene.annotations.items[i].box for i in scene.selected_annotations}
        for i in scene.selected_nodes:
            middle = scene.goal(i)
            found[i] = middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2, WIDTH, HEIGHT
        return found

    def _middle(self) -> QPointF:
        view = self._canvas.view
        return view.mapToScene(view.viewport().rect().center())
