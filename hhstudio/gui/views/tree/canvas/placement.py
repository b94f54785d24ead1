"""Placement of the cards: where they stand, how they glide there, and the edges that follow them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, QPointF, QRectF, QVariantAnimation, Signal
from PySide6.QtWidgets import QGraphicsScene

from hhstudio.core.tree.tidy_layout import arrange
from hhstudio.core.tree.topology import Slot, Topology
from hhstudio.gui.views.tree.canvas.edge_item import EdgeItem
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH, NodeItem

ANIMATED_NODES = 300
"""Trees larger than this jump to a new layout instead of gliding there."""
ANIMATION_MS = 180
_MANY = 60
"""With more cards that move at once everything is painted anew, which is cheaper than so many rectangles."""


class Placement(QObject):
    """Moves the items of a scene, given by id. ``topology``: the tree that they draw."""

    arrived = Signal()
    """All cards are where they shall be."""

    def __init__(
        self, scene: QGraphicsScene, nodes: Mapping[str, NodeItem], edges: Mapping[str, EdgeItem]
    ) -> None:
        super().__init__(scene)
        self._scene, self._nodes, self._edges = scene, nodes, edges
        self.topology = Topology()
        self._goals: dict[str, tuple[float, float]] = {}
        self._slots_before: dict[str, tuple[Slot, ...]] = {}
        self._travel: list[tuple[NodeItem, float, float, float, float]] = []
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(ANIMATION_MS)
        self._animation.valueChanged.connect(self._glide)

    @property
    def gliding(self) -> bool:
        return self._animation.state() == QVariantAnimation.State.Running

    @property
    def goals(self) -> Mapping[str, tuple[float, float]]:
        """The centres of all cards at the end of any animation."""
        return self._goals

    @property
    def rect(self) -> QRectF:
        """What the cards cover at the end of any animation; empty without any."""
        if not self._goals:
            return QRectF()
        xs, ys = zip(*self._goals.values(), strict=True)
        corner = QPointF(min(xs) - WIDTH / 2, min(ys) - HEIGHT / 2)
        return QRectF(corner, QPointF(max(xs) + WIDTH / 2, max(ys) + HEIGHT / 2))

    def place(self, laid_out: Topology, animate: bool) -> None:
        """Give every card its place in ``laid_out``: the tree without what is folded away."""
        self.settle()
        orientation = self.topology.orientation
        self._goals = arrange(laid_out, orientation)
        self._travel = []
        turned = False
        for node_id, (x, y) in self._goals.items():
            item = self._nodes[node_id]
            if item.orientation != orientation:
                item.orientation, turned = orientation, True
            here_x, here_y = item.x(), item.y()
            if here_x != x or here_y != y:
                self._travel.append((item, here_x, here_y, x, y))
        stretched = self._stretch_changed(turned)
        few = len(self._nodes) <= ANIMATED_NODES
        if animate and self._scene.views() and few and self._travel:
            self._animation.start()
        else:
            self._jump(stretched)

    def settle(self) -> None:
        """End a running animation at its goal."""
        if self.gliding:
            self._animation.stop()
            self._arrive()

    def stop(self) -> None:
        """Leave everything where it is; for when the scene goes."""
        self._animation.stop()

    def _jump(self, stretched: set[str]) -> None:
        """Put everything at its goal. An edge whose ends move alike moves with them, which costs a tenth of
        drawing it anew; ``stretched``: sources whose edges are drawn anew in any case."""
        by: dict[str, tuple[float, float]] = {}
        if len(self._travel) > _MANY:
            self._scene.update()
        for item, from_x, from_y, x, y in self._travel:
            item.setPos(x, y)
            by[item.node_id] = x - from_x, y - from_y
        self._travel = []
        apart = set(stretched)
        incoming = self.topology.incoming
        for node_id, distance in by.items():
            slot = incoming.get(node_id)
            if slot is not None and slot.source not in apart:
                if by.get(slot.source) == distance:
                    self._edges[slot.id].moveBy(*distance)
                else:
                    apart.add(slot.source)
        still = {
            slot.source for i in by for slot in self.topology.outgoing.get(i, ()) if slot.target not in by
        }
        for source in apart | still:
            self._stretch_from(source)
        self.arrived.emit()

    def _glide(self, share: float) -> None:
        eased = 1 - (1 - share) ** 3
        for item, from_x, from_y, x, y in self._travel:
            item.setPos(from_x + (x - from_x) * eased, from_y + (y - from_y) * eased)
        if share >= 1.0:
            self._arrive()
        else:
            self.stretch_around(item.node_id for item, *_ in self._travel)

    def _arrive(self) -> None:
        for item, _, _, x, y in self._travel:
            item.setPos(x, y)
        travelled = [item.node_id for item, *_ in self._travel]
        self._travel = []
        self.stretch_around(travelled)
        self.arrived.emit()

    def stretch_around(self, node_ids: Iterable[str]) -> None:
        """Redraw the slots that touch these nodes, after they were moved."""
        incoming = self.topology.incoming
        sources = set(node_ids)
        sources |= {incoming[i].source for i in tuple(sources) if i in incoming}
        for source in sources:
            self._stretch_from(source)

    def _stretch_changed(self, everywhere: bool) -> set[str]:
        """Redraw the slots of hypernetworks that have others than they had, or all; their ids."""
        outgoing, before = self.topology.outgoing, self._slots_before
        changed = {source for source, slots in outgoing.items() if everywhere or before.get(source) != slots}
        for source in changed:
            self._stretch_from(source)
        self._slots_before = outgoing
        return changed

    def _stretch_from(self, source: str) -> None:
        giver = self._nodes.get(source)
        slots = self.topology.outgoing.get(source, ())
        if giver is None:
            return
        orientation = giver.orientation
        for index, slot in enumerate(slots):
            taker = self._nodes.get(slot.target)
            if taker is not None:
                start = giver.slot_point(index, len(slots))
                self._edges[slot.id].stretch(start, taker.entry_point(), orientation)
