"""Annotation layer: the comments and frames of a scene, kept in step with the document by id."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from hhstudio.core.tree.topology import Topology
from hhstudio.gui.views.tree.canvas.annotation_item import AnnotationItem
from hhstudio.gui.widgets.pens import Paints


class AnnotationLayer:
    """Adds, changes and removes the items; edits nothing."""

    def __init__(self, scene: QGraphicsScene, paints: Paints) -> None:
        self._scene, self._paints = scene, paints
        self.items: dict[str, AnnotationItem] = {}

    def match(self, topology: Topology) -> None:
        """Show the annotations of a topology, and no others."""
        known = topology.annotation_by_id
        for gone in self.items.keys() - known.keys():
            self._scene.removeItem(self.items.pop(gone))
        for annotation in topology.annotations:
            item = self.items.get(annotation.id)
            if item is None:
                item = self.items[annotation.id] = AnnotationItem(annotation, self._paints)
                self._scene.addItem(item)
            elif item.annotation is not annotation:
                item.show_annotation(annotation)

    def show_paints(self, paints: Paints) -> None:
        self._paints = paints
        for item in self.items.values():
            item.show_paints(paints)

    def at(self, place: QPointF) -> AnnotationItem | None:
        """The topmost one whose body, title or side is at a scene position."""
        for item in self._scene.items(place):
            if isinstance(item, AnnotationItem):
                return item
        return None

    @property
    def rect(self) -> QRectF:
        """What they cover; empty without any."""
        covered = QRectF()
        for item in self.items.values():
            x, y, width, height = item.box
            covered = covered.united(QRectF(x, y, width, height))
        return covered
