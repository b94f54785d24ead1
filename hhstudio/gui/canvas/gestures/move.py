"""Moving cards; a press without a movement selects."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from hhstudio.core.topology import Topology
from hhstudio.gui.canvas.gestures.base import Gesture, Press

SNAP = 10.0
"""Canvas units; Alt moves freely."""


class MoveGesture(Gesture):
    """Drags the selected cards, and with a hypernetwork what hangs below it. One undo step a drag."""

    cursor = Qt.CursorShape.SizeAllCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        return press.button == Qt.MouseButton.LeftButton and press.node is not None

    def start(self) -> None:
        scene, node = self.view.tree, self.press.node
        assert node is not None
        scene.settle()
        self._node = node
        self._was_selected = node.isSelected()
        self._before = [*scene.selected_nodes, *scene.selected_slots]
        if not self._was_selected:
            scene.select([node.node_id], keep=self.press.adds)
        self._places: dict[str, QPointF] = {}
        self._moves: list[str] = []

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        if not self._places:
            distance = (on_screen - self.press.on_screen).manhattanLength()
            if distance < QApplication.startDragDistance() or not self.view.editor.may_edit():
                return
            self._moves = self.view.tree.selected_nodes
            followers = _with_followers(self.view.editor.topology, self._moves)
            self._places = {i: self.view.tree.nodes[i].pos() for i in followers}
        by = self._snapped(at - self.press.at)
        for node_id, place in self._places.items():
            self.view.tree.nodes[node_id].setPos(place + by)
        self.view.tree.stretch_around(self._places)

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        if self._places:
            nodes = self.view.tree.nodes
            places = {i: (nodes[i].pos().x(), nodes[i].pos().y()) for i in self._moves}
            self.view.editor.move(places)
        elif self._was_selected and self.press.adds:
            self._node.setSelected(False)
        elif self._was_selected:
            self.view.tree.select([self._node.node_id])

    def cancel(self) -> None:
        for node_id, place in self._places.items():
            self.view.tree.nodes[node_id].setPos(place)
        self.view.tree.stretch_around(self._places)
        self.view.tree.select(self._before)

    def _snapped(self, by: QPointF) -> QPointF:
        """So that the dragged card lands on the grid."""
        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier:
            return by
        start = self._places[self._node.node_id] if self._node.node_id in self._places else QPointF()
        goal = start + by
        return QPointF(round(goal.x() / SNAP) * SNAP, round(goal.y() / SNAP) * SNAP) - start


def _with_followers(topology: Topology, moved: list[str]) -> dict[str, None]:
    """The moved nodes and those below them that stand where the layout puts them."""
    found = dict.fromkeys(moved)
    waiting = list(moved)
    while waiting:
        for child in topology.children(waiting.pop()):
            if child.id not in found and child.position is None:
                found[child.id] = None
                waiting.append(child.id)
    return found
