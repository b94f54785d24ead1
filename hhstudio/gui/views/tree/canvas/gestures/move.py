"""Move gesture for cards, comments and frames; a press without a movement selects."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from hhstudio.core.tree.alignment import Box, Snapper
from hhstudio.core.tree.annotation_edits import contents
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.views.tree.canvas.annotation_item import NO_SIDES, AnnotationItem
from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, Press
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH, NodeItem

GRID = 10.0
"""Canvas units; Alt moves freely."""
REACH = 7.0
"""Pixels within which a dragged card jumps to the line of a neighbour."""


class MoveGesture(Gesture):
    """Drags what is selected: with a hypernetwork what hangs below it, with a frame what stands in it.

    The grabbed thing snaps to edges and middles of what is in view, shown as lines, otherwise to the grid;
    Alt turns both off. One undo step a drag.
    """

    cursor = Qt.CursorShape.SizeAllCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        if press.button != Qt.MouseButton.LeftButton:
            return False
        note = press.note is not None and (press.adds or press.note.grip_at(press.at) == NO_SIDES)
        return press.node is not None or note

    def start(self) -> None:
        scene = self.view.tree
        item = self.press.node or self.press.note
        assert item is not None
        scene.settle()
        self._item: NodeItem | AnnotationItem = item
        self._id = item.node_id if isinstance(item, NodeItem) else item.annotation_id
        self._was_selected = item.isSelected()
        self._before = scene.selection
        if not self._was_selected:
            scene.select([self._id], keep=self.press.adds)
        self._places: dict[str, QPointF] = {}
        self._chosen: set[str] = set()
        self._started = False

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        if not self._started:
            distance = (on_screen - self.press.on_screen).manhattanLength()
            if distance < QApplication.startDragDistance() or not self.view.editor.may_edit():
                return
            self._begin()
        self._shift(self._snapped(at - self.press.at))

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        self.view.show_guides(())
        if self._started:
            scene = self.view.tree
            nodes = {i: _pair(scene.nodes[i].pos()) for i in self._chosen if i in scene.nodes}
            notes = {
                i: _pair(scene.annotations.items[i].pos())
                for i in self._places
                if i in scene.annotations.items
            }
            self.view.editor.move(nodes, notes)
        elif self._was_selected and self.press.adds:
            self._item.setSelected(False)
        elif self._was_selected:
            self.view.tree.select([self._id])

    def cancel(self) -> None:
        self.view.show_guides(())
        self._shift(QPointF())
        self.view.tree.select(self._before)

    def _begin(self) -> None:
        """Find what moves along, and what stands still to snap to."""
        self._started = True
        scene, topology = self.view.tree, self.view.editor.topology
        self._chosen = set(scene.selected_nodes)
        notes = set(scene.selected_annotations)
        for frame in tuple(notes):
            if topology.annotation_by_id[frame].kind == "frame":
                inside, within = contents(topology, frame, scene.places())
                self._chosen |= inside
                notes |= within
        nodes = _with_followers(topology, self._chosen)
        self._places = {i: scene.nodes[i].pos() for i in nodes}
        self._places |= {i: scene.annotations.items[i].pos() for i in notes}
        self._snapper = Snapper(self._standing())

    def _standing(self) -> list[Box]:
        """Boxes of what is in view and does not move."""
        view, scene = self.view, self.view.tree
        return [
            _box(item) for item in scene.items(view.visible_rect)
            if (isinstance(item, NodeItem) and item.node_id not in self._places)
            or (isinstance(item, AnnotationItem) and item.annotation_id not in self._places)
        ]  # fmt: skip

    def _shift(self, by: QPointF) -> None:
        scene = self.view.tree
        for moved, place in self._places.items():
            item = scene.nodes.get(moved) or scene.annotations.items[moved]
            item.setPos(place + by)
        scene.placement.stretch_around(i for i in self._places if i in scene.nodes)

    def _snapped(self, by: QPointF) -> QPointF:
        if self.view.is_free():
            self.view.show_guides(())
            return by
        start = self._places[self._id] + by
        left, top, width, height = _box(self._item)
        dx, dy = left - self._item.pos().x(), top - self._item.pos().y()
        box = start.x() + dx, start.y() + dy, width, height
        snap = self._snapper.snap(box, REACH / self.view.zoom, GRID, (-dx, -dy))
        self.view.show_guides(snap.guides)
        return by + QPointF(snap.dx, snap.dy)


def _box(item: NodeItem | AnnotationItem) -> Box:
    if isinstance(item, AnnotationItem):
        return item.box
    return item.pos().x() - WIDTH / 2, item.pos().y() - HEIGHT / 2, WIDTH, HEIGHT


def _pair(place: QPointF) -> tuple[float, float]:
    return place.x(), place.y()


def _with_followers(topology: Topology, moved: Iterable[str]) -> dict[str, None]:
    """The moved nodes and those below them that stand where the layout puts them."""
    followers = dict.fromkeys(moved)
    waiting = list(followers)
    while waiting:
        for child in topology.children(waiting.pop()):
            if child.id not in followers and child.position is None:
                followers[child.id] = None
                waiting.append(child.id)
    return followers
