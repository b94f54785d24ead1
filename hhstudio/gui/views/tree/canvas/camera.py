"""Camera on the tree: zoom, fit, and what keeps it where it is."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Signal
from PySide6.QtGui import QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from hhstudio.gui.views.tree.canvas.node_item import NodeItem
from hhstudio.gui.views.tree.canvas.scene import TreeScene

SMALLEST, LARGEST = 0.02, 3.0
"""Zoom."""
COMFORTABLE = 1.15
"""Fitting a small tree zooms in no further."""


class CameraView(QGraphicsView):
    """Zooms to the cursor, fits the tree, and keeps it fitted until somebody moves the camera."""

    camera_changed = Signal()

    def __init__(self, scene: TreeScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.tree = scene
        self._camera_moved = False

    @property
    def visible_rect(self) -> QRectF:
        """What is in view, in scene coordinates."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def zoom_by(self, factor: float, around: QPoint | None = None) -> None:
        """Zoom so that the scene point under ``around`` (viewport) stays; the middle without it."""
        around = around if around is not None else self.viewport().rect().center()
        before = self.mapToScene(around)
        wanted = min(LARGEST, max(SMALLEST, self.zoom * factor))
        self.setTransform(QTransform.fromScale(wanted, wanted))
        self._camera_moved = True
        moved = self.mapFromScene(before) - around
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + moved.x())
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + moved.y())
        self.camera_changed.emit()

    def fit(self, selection_only: bool = False) -> None:
        """The whole tree (or the selected cards) in view, in the middle; the whole tree stays fitted when
        the view is resized, until somebody moves the camera."""
        box = self.tree.content_rect()
        chosen = self.tree.selectedItems()
        if selection_only and chosen:
            box = QRectF()
            for item in chosen:
                box = box.united(item.sceneBoundingRect())
        if box.isEmpty():
            return
        box = box.adjusted(-28, -28, 28, 28)
        size = self.viewport().size()
        wanted = min(size.width() / box.width(), size.height() / box.height(), COMFORTABLE)
        wanted = max(SMALLEST, wanted)
        self.setTransform(QTransform.fromScale(wanted, wanted))
        self.centerOn(box.center())
        self._camera_moved = selection_only
        self.camera_changed.emit()

    def stay_fitted(self) -> bool:
        """Fit the tree, which is another one, unless somebody has moved the camera; whether it was fitted."""
        if not self._camera_moved:
            self.fit()
        return not self._camera_moved

    def show_node(self, item: NodeItem) -> None:
        """Scroll so that the card can be seen, if it cannot."""
        if not self.visible_rect.contains(item.sceneBoundingRect()):
            self.ensureVisible(item, 60, 60)
            self.camera_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.zoom_by(1.0015 ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._camera_moved:
            self.fit()
        self.camera_changed.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.camera_changed.emit()
