"""Rubber band that selects; a click selects a slot."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt

from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, Press
from hhstudio.gui.views.tree.canvas.node_item import NodeItem


class BandGesture(Gesture):
    """Whatever card the band touches is selected, and what comment or frame it encloses; with Shift or
    Ctrl, added."""

    @classmethod
    def wants(cls, press: Press) -> bool:
        free = press.node is None and press.slots is None
        return press.button == Qt.MouseButton.LeftButton and free

    def start(self) -> None:
        scene = self.view.tree
        self._before = scene.selection
        self._added_to = self._before if self.press.adds else []
        edge = scene.edge_at(self.press.at)
        scene.select([*self._added_to, *([edge.slot_id] if edge else [])])

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        band = QRectF(self.press.at, at).normalized()
        self.view.show_band(band)
        scene = self.view.tree
        touched = [i.node_id for i in scene.items(band) if isinstance(i, NodeItem)]
        inside = [i for i, item in scene.annotations.items.items() if band.contains(QRectF(*item.box))]
        scene.select([*self._added_to, *touched, *inside])

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        self.view.show_band(None)

    def cancel(self) -> None:
        self.view.show_band(None)
        self.view.tree.select(self._before)
