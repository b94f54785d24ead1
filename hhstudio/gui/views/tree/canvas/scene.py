"""Scene of the tree: one item a node and a slot, kept in step with the document by id, and the selection."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal
from PySide6.QtWidgets import QGraphicsScene

from hhstudio.core.issues import Issue
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.costs import Costs
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Orientation, Topology
from hhstudio.gui.views.tree.canvas.activity_overlay import ActivityOverlay
from hhstudio.gui.views.tree.canvas.annotation_item import AnnotationItem
from hhstudio.gui.views.tree.canvas.annotation_layer import AnnotationLayer
from hhstudio.gui.views.tree.canvas.edge_item import EdgeItem
from hhstudio.gui.views.tree.canvas.folded_subtrees import FoldedSubtrees
from hhstudio.gui.views.tree.canvas.node_item import NodeItem
from hhstudio.gui.views.tree.canvas.node_text_cache import NodeTextCache
from hhstudio.gui.views.tree.canvas.placement import Placement
from hhstudio.gui.widgets.pens import Paints
from hhstudio.gui.widgets.theme import current_theme

AT_ONCE = 2000
"""Trees up to this size are counted and checked within the edit; larger ones a moment later."""
_MARGIN, _STEP = 2000.0, 1000.0


class TreeScene(QGraphicsScene):
    """Follows a document and a history. Never edits."""

    arranged = Signal()
    """Items have other places, or there are other items."""
    counted = Signal()
    """Costs and problems were worked out anew."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
        self.paints = Paints(current_theme())
        self.animated = True
        self.nodes: dict[str, NodeItem] = {}
        self.edges: dict[str, EdgeItem] = {}
        self.annotations = AnnotationLayer(self, self.paints)
        self.texts = NodeTextCache(self.nodes, self.edges)
        self.placement = Placement(self, self.nodes, self.edges)
        self.placement.arrived.connect(self._cover)
        self.activity = ActivityOverlay(self.nodes, self.edges, self)
        self.activity.contributions_changed.connect(self._write_edges)
        self._instead: Spec | None = None
        self.ghosts: frozenset[str] = frozenset()
        self.folds = FoldedSubtrees()
        self._folded_before = False
        self._counting = QTimer(self)
        self._counting.setSingleShot(True)
        self._counting.setInterval(120)
        self._counting.timeout.connect(self._count)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.BspTreeIndex)
        self._sync(Diff(slots=True, settings=True, annotations=True), animate=False)
        document.changed.connect(self._on_changed)

    def release(self) -> None:
        """Stop following the document; for when the widget goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        self.placement.stop()
        self._counting.stop()

    @property
    def spec(self) -> Spec:
        """What is drawn: the document's spec, unless another one is shown instead."""
        return self._instead or self.document.spec

    @property
    def topology(self) -> Topology:
        return self.spec.topology

    def show_instead(self, spec: Spec | None, ghosts: Iterable[str] = ()) -> None:
        """Draw another spec than the document's (a preview, the past), or the document again (None).
        ``ghosts``: nodes that are only thought of."""
        before, self._instead = self.spec, spec
        self.ghosts = frozenset(ghosts)
        self._sync(Diff.between(before, self.spec), animate=True)
        for node_id, item in self.nodes.items():
            item.show_state(ghost=node_id in self.ghosts)
        for slot in self.topology.slots:
            if slot.id in self.edges:
                self.edges[slot.id].show_state(ghost=slot.target in self.ghosts)

    def fold(self, node_ids: Iterable[str], folded: bool) -> None:
        """Hide what is below nodes, or show it again. A view state: the document does not know of it."""
        chosen = [i for i in node_ids if len(self.topology.subtree(i)) > 1]
        before = self.folds.hidden
        self.folds.set(chosen, folded)
        self._fold_items()
        for node_id in before - self.folds.hidden:  # it unfolds from where it was folded away
            goals = self.placement.goals
            place = next((goals[i] for i in self.topology.ancestors(node_id) if i in goals), None)
            if place is not None and node_id in self.nodes:
                self.nodes[node_id].setPos(*place)
        self._place(animate=True)

    def reveal(self, node_id: str) -> None:
        """Unfold whatever hides a node."""
        above = self.folds.above(node_id, self.topology)
        if above:
            self.fold(above, False)

    @property
    def orientation(self) -> Orientation:
        """The direction in which the tree grows, as the document says."""
        return self.topology.orientation

    @property
    def costs(self) -> Costs:
        """What the tree costs, as it was counted last."""
        return self.texts.costs

    def issues_of(self, node_id: str) -> list[Issue]:
        """What is wrong with a node, errors first."""
        return self.texts.issues.get(node_id, [])

    # from the document ---------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        if self._instead is None:
            self._sync(diff, animate=True)

    def _sync(self, diff: Diff, animate: bool) -> None:
        topology = self.topology
        self.placement.topology = self.activity.topology = topology
        if diff.annotations:
            self.annotations.match(topology)
        if diff.added or diff.removed or diff.slots:
            self._match_items(topology)
        if diff.added or diff.removed or diff.slots or diff.moved or diff.orientation:
            self._place(animate)
        elif diff.annotations:
            self._cover()
        if diff.tree or diff.updated or diff.settings:
            self._write_edges()
            if len(self.nodes) <= AT_ONCE:
                self._count()
            else:
                self._counting.start()
        if diff.tree or diff.settings:
            self.activity.show_on(self.spec)

    def _match_items(self, topology: Topology) -> None:
        for gone in self.nodes.keys() - topology.by_id.keys():
            self.removeItem(self.nodes.pop(gone))
            self.texts.forget(gone)
        for gone in self.edges.keys() - topology.slot_by_id.keys():
            self.removeItem(self.edges.pop(gone))
            self.texts.forget(gone)
        for node_id in topology.by_id:
            if node_id not in self.nodes:
                item = self.nodes[node_id] = NodeItem(node_id, self.paints)
                item.show_activity(self.activity.of(node_id))
                parent = topology.incoming.get(node_id)
                if parent is not None and parent.source in self.placement.goals:  # unfolds from its parent
                    item.setPos(*self.placement.goals[parent.source])
                self.addItem(item)
        for slot_id in topology.slot_by_id:
            if slot_id not in self.edges:
                self.edges[slot_id] = EdgeItem(slot_id, self.paints)
                self.addItem(self.edges[slot_id])
        self._fold_items()

    def _fold_items(self) -> None:
        self.folds.follow(self.topology)
        hidden = self.folds.hidden
        if not (hidden or self._folded_before):
            return
        self._folded_before = bool(hidden)
        for node_id, item in self.nodes.items():
            item.setVisible(node_id not in hidden)
            item.show_state(folded=self.folds.count(node_id))
        for slot in self.topology.slots:
            if slot.id in self.edges:
                self.edges[slot.id].setVisible(slot.target not in hidden)

    def _count(self) -> None:
        """Write every card: sizes, problems, depth, tasks."""
        self.texts.write_nodes(self.spec)
        self.counted.emit()

    def _write_edges(self) -> None:
        self.texts.write_edges(self.spec, self.activity.contributions)

    # places --------------------------------------------------------------------------------------------

    def _place(self, animate: bool) -> None:
        self.folds.follow(self.topology)
        self.placement.place(self.folds.drawn, animate and self.animated)

    def settle(self) -> None:
        """End a running animation at its goal."""
        self.placement.settle()

    def goal(self, node_id: str) -> QPointF:
        """Where a card stands at the end of any animation. Raises KeyError."""
        return QPointF(*self.placement.goals[node_id])

    def places(self) -> dict[str, tuple[float, float]]:
        """The centres of all cards at the end of any animation."""
        return dict(self.placement.goals)

    def content_rect(self) -> QRectF:
        """What cards and annotations cover at the end of any animation; empty without any."""
        return self.annotations.rect.united(self.placement.rect)

    def _cover(self) -> None:
        """Make the scene as large as what is in it, with room around. It grows in steps: its index is built
        anew whenever its size changes."""
        box = self.content_rect().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        left, top = _STEP * math.floor(box.left() / _STEP), _STEP * math.floor(box.top() / _STEP)
        right, bottom = _STEP * math.ceil(box.right() / _STEP), _STEP * math.ceil(box.bottom() / _STEP)
        self.setSceneRect(left, top, right - left, bottom - top)
        self.arranged.emit()

    # colours and activity ------------------------------------------------------------------------------

    def recolour(self) -> None:
        self.paints = Paints(current_theme())
        items: list[NodeItem | EdgeItem] = [*self.nodes.values(), *self.edges.values()]
        for item in items:
            item.show_paints(self.paints)
        self.annotations.show_paints(self.paints)
        self.update()

    def set_history(self, history: History | None) -> None:
        self.activity.follow(history)

    def refresh(self, changes: Changes) -> None:
        """Paint anew what training changed, nothing else."""
        self.activity.refresh(changes)

    # selection -----------------------------------------------------------------------------------------

    @property
    def selected_nodes(self) -> list[str]:
        return [item.node_id for item in self.selectedItems() if isinstance(item, NodeItem)]

    @property
    def selected_slots(self) -> list[str]:
        return [item.slot_id for item in self.selectedItems() if isinstance(item, EdgeItem)]

    @property
    def selected_annotations(self) -> list[str]:
        return [item.annotation_id for item in self.selectedItems() if isinstance(item, AnnotationItem)]

    @property
    def selection(self) -> list[str]:
        """Ids of everything that is selected."""
        return [*self.selected_nodes, *self.selected_slots, *self.selected_annotations]

    def select(self, ids: Iterable[str], keep: bool = False) -> None:
        """Select nodes, slots and annotations by id; others are deselected unless ``keep``. Told of once."""
        wanted = set(ids)
        before = {id(item) for item in self.selectedItems()}
        blocked = self.blockSignals(True)
        if not keep:
            for old in self.selectedItems():
                old.setSelected(False)
        for each in wanted:
            item = self.nodes.get(each) or self.edges.get(each) or self.annotations.items.get(each)
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
