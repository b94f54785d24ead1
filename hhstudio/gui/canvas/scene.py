"""The scene: one item a node and a slot, kept in step with the document by id."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QTimer, QVariantAnimation, Signal
from PySide6.QtWidgets import QGraphicsScene

from hhstudio.core import rules, utilisation
from hhstudio.core.costs import Costs, costs
from hhstudio.core.document import Diff, Document
from hhstudio.core.history import Changes, History
from hhstudio.core.issue import Issue
from hhstudio.core.layout import Orientation, arrange
from hhstudio.core.topology import Topology
from hhstudio.gui.canvas.edge_item import EdgeItem
from hhstudio.gui.canvas.live import Life, PathLife
from hhstudio.gui.canvas.looks import edge_look, node_look
from hhstudio.gui.canvas.node_item import HEIGHT, WIDTH, NodeItem
from hhstudio.gui.canvas.paints import Paints
from hhstudio.gui.theme import LIGHT, Theme

ANIMATED_NODES = 300
"""Trees larger than this jump to a new layout instead of gliding there."""
ANIMATION_MS = 180
AT_ONCE = 150
"""Trees up to this size are counted and checked within the edit; larger ones a moment later."""
_MARGIN = 2000.0


class TreeScene(QGraphicsScene):
    """Follows a document and a history. Never edits."""

    arranged = Signal()
    """Items have other places, or there are other items."""
    glow_moved = Signal()
    """Another path is at work."""

    def __init__(self, document: Document, theme: Theme = LIGHT) -> None:
        super().__init__()
        self.document = document
        self.paints = Paints(theme)
        self.orientation: Orientation = "horizontal"
        self.animated = True
        self.nodes: dict[str, NodeItem] = {}
        self.edges: dict[str, EdgeItem] = {}
        self.life = Life()
        self.costs = Costs({}, {}, None)
        self._glowing: tuple[str, ...] = ()
        self._worths: dict[str, list[tuple[str, utilisation.Worth]]] = {}
        self._goal: dict[str, tuple[float, float]] = {}
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(ANIMATION_MS)
        self._animation.valueChanged.connect(self._glide)
        self._travel: list[tuple[NodeItem, QPointF, QPointF]] = []
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(120)
        self._counting.timeout.connect(self._count)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self._sync(Diff(slots=True, settings=True), animate=False)
        document.changed.connect(self._on_changed)

    def release(self) -> None:
        """Stop following the document; for when the widget goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        self._animation.stop()
        self._counting.stop()

    # from the document ---------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        self._sync(diff, animate=True)

    def _sync(self, diff: Diff, animate: bool) -> None:
        topology = self.document.topology
        tree_changed = bool(diff.added or diff.removed or diff.updated or diff.slots)
        if tree_changed:
            self._match_items(topology)
            self._place(animate)
        if tree_changed or diff.settings:
            self._write_edges()
            if len(self.nodes) <= AT_ONCE:
                self._count()
            else:
                self._counting.start()
            self._show_active_path()

    def _match_items(self, topology: Topology) -> None:
        for gone in self.nodes.keys() - topology.by_id.keys():
            self.removeItem(self.nodes.pop(gone))
        for gone in self.edges.keys() - topology.slot_by_id.keys():
            self.removeItem(self.edges.pop(gone))
        for node_id in topology.by_id:
            if node_id not in self.nodes:
                item = self.nodes[node_id] = NodeItem(node_id, self.paints)
                item.show_life(self.life.by_solver.get(node_id, PathLife()))
                parent = topology.incoming.get(node_id)
                if parent is not None and parent.source in self._goal:  # unfolds from its parent
                    item.setPos(*self._goal[parent.source])
                self.addItem(item)
        for slot_id in topology.slot_by_id:
            if slot_id not in self.edges:
                self.edges[slot_id] = EdgeItem(slot_id, self.paints)
                self.addItem(self.edges[slot_id])

    def _write_edges(self) -> None:
        spec = self.document.spec
        for slot_id, item in self.edges.items():
            item.show_look(edge_look(spec, spec.topology.slot_by_id[slot_id], self._worths.get(slot_id, ())))

    def _count(self) -> None:
        """Write every card: sizes, problems, depth."""
        spec = self.document.spec
        topology = spec.topology
        self.costs = costs(spec)
        found: dict[str, list[Issue]] = {}
        for issue in rules.issues(spec):
            if issue.node is not None:
                found.setdefault(issue.node, []).append(issue)
        depths = _depths(topology)
        for node_id, item in self.nodes.items():
            node = topology.by_id.get(node_id)
            if node is not None:
                look = node_look(spec, node, self.costs, depths.get(node_id), found.get(node_id, ()))
                item.show_look(look)

    # places --------------------------------------------------------------------------------------------

    def set_orientation(self, orientation: Orientation) -> None:
        self.orientation = orientation
        for item in self.nodes.values():
            item.orientation = orientation
        self._place(animate=True)

    def _place(self, animate: bool) -> None:
        self.settle()
        self._goal = arrange(self.document.topology, self.orientation)
        self._travel = []
        for node_id, (x, y) in self._goal.items():
            item, goal = self.nodes[node_id], QPointF(x, y)
            item.orientation = self.orientation
            if item.pos() != goal:
                self._travel.append((item, item.pos(), goal))
        if animate and self.animated and self.views() and len(self.nodes) <= ANIMATED_NODES and self._travel:
            self._stretch_all()
            self._animation.start()
        else:
            self._arrive()

    def settle(self) -> None:
        """End a running animation at its goal."""
        if self._animation.state() == QVariantAnimation.State.Running:
            self._animation.stop()
            self._arrive()

    def _glide(self, share: float) -> None:
        eased = 1 - (1 - share) ** 3
        for item, start, goal in self._travel:
            item.setPos(start + (goal - start) * eased)
        if share >= 1.0:
            self._arrive()
        else:
            self._stretch_all()

    def _arrive(self) -> None:
        for item, _, goal in self._travel:
            item.setPos(goal)
        self._travel = []
        self._stretch_all()
        self.setSceneRect(self.content_rect().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))
        self.arranged.emit()

    def goal(self, node_id: str) -> QPointF:
        """Where a card stands at the end of any animation. Raises KeyError."""
        return QPointF(*self._goal[node_id])

    def content_rect(self) -> QRectF:
        """What the cards cover at the end of any animation; empty without nodes."""
        if not self._goal:
            return QRectF()
        xs, ys = zip(*self._goal.values(), strict=True)
        corner = QPointF(min(xs), min(ys))
        box = QRectF(corner, QPointF(max(xs), max(ys)))
        return box.adjusted(-WIDTH / 2, -HEIGHT / 2, WIDTH / 2, HEIGHT / 2)

    def _stretch_all(self) -> None:
        for source in self.document.topology.outgoing:
            self._stretch_from(source)

    def stretch_around(self, node_ids: Iterable[str]) -> None:
        """Redraw the slots that touch these nodes, after they were moved by hand."""
        incoming = self.document.topology.incoming
        sources = set(node_ids)
        sources |= {incoming[i].source for i in tuple(sources) if i in incoming}
        for source in sources:
            self._stretch_from(source)

    def _stretch_from(self, source: str) -> None:
        giver = self.nodes.get(source)
        slots = self.document.topology.outgoing.get(source, ())
        if giver is None:
            return
        for index, slot in enumerate(slots):
            taker = self.nodes.get(slot.target)
            if taker is not None:
                start = giver.slot_point(index, len(slots))
                self.edges[slot.id].stretch(start, taker.entry_point(), self.orientation)

    # looks ---------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self.paints = Paints(theme)
        for item in (*self.nodes.values(), *self.edges.values()):
            item.show_paints(self.paints)
        self.update()

    # life ----------------------------------------------------------------------------------------------

    def set_history(self, history: History | None) -> None:
        self._show_lives(self.life.follow(history))
        self._weigh_edges()

    def refresh(self, changes: Changes) -> None:
        """Paint anew what training changed, nothing else."""
        self._show_lives(self.life.refresh(changes))
        if changes.rewound or any(utilisation.measures(metric) for _, _, metric in changes.series):
            self._weigh_edges()

    def _weigh_edges(self) -> None:
        """Say on every edge what its generated part is worth, where that was measured."""
        worths = utilisation.by_slot(self.life.history) if self.life.history is not None else {}
        if worths != self._worths:
            self._worths = worths
            self._write_edges()

    def _show_lives(self, solver_ids: Iterable[str]) -> None:
        for solver in solver_ids:
            if solver in self.nodes:
                self.nodes[solver].show_life(self.life.by_solver.get(solver, PathLife()))
        self._show_active_path()

    def _show_active_path(self) -> None:
        """The path at work glows: its hypernetworks, its slots, its solver."""
        solver = self.life.active_solver
        topology = self.document.topology
        chain: tuple[str, ...] = ()
        if solver is not None and solver in topology.by_id:
            chain = (solver, *topology.ancestors(solver))
        if chain == self._glowing:
            return
        for old in self._glowing:
            self._glow(old, False)
        for new in chain:
            self._glow(new, True)
        self._glowing = chain
        self.glow_moved.emit()

    def _glow(self, node_id: str, on: bool) -> None:
        slot = self.document.topology.incoming.get(node_id)
        if node_id in self.nodes:
            self.nodes[node_id].show_state(on_active_path=on)
        if slot is not None and slot.id in self.edges:
            self.edges[slot.id].show_state(glows=on)

    # selection -----------------------------------------------------------------------------------------

    @property
    def selected_nodes(self) -> list[str]:
        return [item.node_id for item in self.selectedItems() if isinstance(item, NodeItem)]

    @property
    def selected_slots(self) -> list[str]:
        return [item.slot_id for item in self.selectedItems() if isinstance(item, EdgeItem)]

    def select(self, ids: Iterable[str], keep: bool = False) -> None:
        """Select nodes and slots by id; others are deselected unless ``keep``. Told of once."""
        wanted = set(ids)
        before = {id(item) for item in self.selectedItems()}
        blocked = self.blockSignals(True)
        if not keep:
            for item in self.selectedItems():
                item.setSelected(False)
        for each in wanted:
            item = self.nodes.get(each) or self.edges.get(each)
            if item is not None:
                item.setSelected(True)
        self.blockSignals(blocked)
        if before != {id(item) for item in self.selectedItems()}:
            self.selectionChanged.emit()

    def node_at(self, at: QPointF) -> NodeItem | None:
        """The topmost card at a scene position."""
        for item in self.items(at):
            if isinstance(item, NodeItem):
                return item
        return None

    def slots_at(self, at: QPointF) -> NodeItem | None:
        """The hypernetwork whose slots leave at a scene position."""
        reach = QPointF(16, 16)
        for item in self.items(QRectF(at - reach, at + reach)):
            if isinstance(item, NodeItem) and item.is_at_slots(at):
                return item
        return None

    def edge_at(self, at: QPointF) -> EdgeItem | None:
        for item in self.items(at):
            if isinstance(item, EdgeItem):
                return item
        return None


def _depths(topology: Topology) -> dict[str, int]:
    """How many hypernetworks stand above each node below the root, for the root 0; loose nodes left out."""
    if topology.root is None or topology.root not in topology.by_id:
        return {}
    found = {topology.root: 0}
    waiting = [topology.root]
    while waiting:
        here = waiting.pop()
        for slot in topology.outgoing.get(here, ()):
            if slot.target in topology.by_id and slot.target not in found:
                found[slot.target] = found[here] + 1
                waiting.append(slot.target)
    return found
