"""Activity of a run on the canvas: accuracies, the path at work, gradients, edge contributions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QObject, Signal

from hhstudio.core.run import edge_contributions, gradients
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state.path_activity import PathActivity, TreeActivity
from hhstudio.gui.views.tree.canvas.edge_item import EdgeItem
from hhstudio.gui.views.tree.canvas.node_item import NodeItem


class ActivityOverlay(QObject):
    """Shows on cards and edges, given by id, what their paths do in a run. ``on``: whether anything is shown;
    ``topology``: the tree that the items draw; ``contributions``: by slot, what was measured of its
    contribution."""

    glow_moved = Signal()
    """Another path is at work."""
    contributions_changed = Signal()

    def __init__(
        self, nodes: Mapping[str, NodeItem], edges: Mapping[str, EdgeItem], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._nodes, self._edges = nodes, edges
        self.topology = Topology()
        self.paths = TreeActivity()
        self.on = True
        self.contributions: dict[str, list[tuple[str, edge_contributions.EdgeContribution]]] = {}
        self._glowing: tuple[str, ...] = ()

    def of(self, node_id: str) -> PathActivity:
        """What a card shows of its path's activity."""
        return (self.paths.by_solver.get(node_id) if self.on else None) or PathActivity()

    def follow(self, history: History | None) -> None:
        self._show(self.paths.follow(history))
        self._compare_contributions()

    def show_on(self, spec: Spec) -> None:
        """Another tree is drawn: only what was learned on it is shown."""
        self._show(self.paths.show_on(spec))
        self._compare_contributions()

    def turn(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            self._show(self._nodes)

    def look_back(self, step: int | None) -> None:
        """Show activities as they were at a step; None: as they are."""
        self._show(self.paths.look_back(step))

    def refresh(self, changes: Changes) -> None:
        """Paint anew what training changed, nothing else."""
        self._show(self.paths.refresh(changes))
        if changes.rewound or any(edge_contributions.measures(metric) for _, _, metric in changes.series):
            self._compare_contributions()
        if any(gradients.level(metric) is not None for _, _, metric in changes.series):
            self.show_flow()

    def show_flow(self) -> None:
        """Edges of the path at work are as wide as the gradient that comes through them."""
        before = self.paths.flow
        self.paths.show_gradients()
        for slot_id in before.keys() | self.paths.flow.keys():
            if slot_id in self._edges:
                flow = self.paths.flow.get(slot_id, -1) if self.on else -1
                self._edges[slot_id].show_state(flow=flow)

    def show_active_path(self) -> None:
        """The path at work glows: its hypernetworks, its slots, its solver."""
        solver = self.paths.active_solver if self.on else None
        chain: tuple[str, ...] = ()
        if solver is not None and solver in self.topology.by_id:
            chain = (solver, *self.topology.ancestors(solver))
        if chain == self._glowing:
            return
        for old in self._glowing:
            self._glow(old, False)
        for new in chain:
            self._glow(new, True)
        self._glowing = chain
        self.show_flow()
        self.glow_moved.emit()

    def _glow(self, node_id: str, on: bool) -> None:
        slot = self.topology.incoming.get(node_id)
        if node_id in self._nodes:
            self._nodes[node_id].show_state(on_active_path=on)
        if slot is not None and slot.id in self._edges:
            self._edges[slot.id].show_state(glows=on)

    def _show(self, solver_ids: Iterable[str]) -> None:
        for solver in solver_ids:
            if solver in self._nodes:
                self._nodes[solver].show_activity(self.of(solver))
        self.show_active_path()

    def _compare_contributions(self) -> None:
        history = self.paths.history
        measured = edge_contributions.by_slot(history) if history is not None else {}
        contributions = {
            slot: here
            for slot, of_paths in measured.items()
            if (here := [(path, each) for path, each in of_paths if self.paths.draws(path)])
        }
        if contributions != self.contributions:
            self.contributions = contributions
            self.contributions_changed.emit()
