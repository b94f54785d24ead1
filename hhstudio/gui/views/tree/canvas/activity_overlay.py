"""What a run does, on the items of a scene: accuracies, the path at work, gradients, what edges are worth."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hhstudio.core.run import edge_contributions, gradients
from hhstudio.core.run.history import Changes, History
from hhstudio.gui.state.path_activity import PathActivity, TreeActivity

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.scene import TreeScene


class ActivityOverlay:
    """Writes to the items of a scene what their paths live through. ``on``: whether anything is shown;
    ``worths``: by slot, what was measured of its worth."""

    def __init__(self, scene: TreeScene) -> None:
        self._scene = scene
        self.paths = TreeActivity()
        self.on = True
        self.worths: dict[str, list[tuple[str, edge_contributions.EdgeContribution]]] = {}
        self._glowing: tuple[str, ...] = ()

    def of(self, node_id: str) -> PathActivity:
        """What a card shows of its path's life."""
        return (self.paths.by_solver.get(node_id) if self.on else None) or PathActivity()

    def follow(self, history: History | None) -> None:
        self._show(self.paths.follow(history))
        self._weigh_edges()

    def turn(self, on: bool) -> None:
        if on != self.on:
            self.on = on
            self._show(self._scene.nodes)

    def look_back(self, step: int | None) -> None:
        """Show activities as they were at a step; None: as they are."""
        self._show(self.paths.look_back(step))

    def refresh(self, changes: Changes) -> None:
        """Paint anew what training changed, nothing else."""
        self._show(self.paths.refresh(changes))
        if changes.rewound or any(edge_contributions.measures(metric) for _, _, metric in changes.series):
            self._weigh_edges()
        if any(gradients.level(metric) is not None for _, _, metric in changes.series):
            self.show_flow()

    def show_flow(self) -> None:
        """Edges of the path at work are as wide as the gradient that comes through them."""
        before = self.paths.flow
        self.paths.show_gradients()
        for slot_id in before.keys() | self.paths.flow.keys():
            if slot_id in self._scene.edges:
                flow = self.paths.flow.get(slot_id, -1) if self.on else -1
                self._scene.edges[slot_id].show_state(flow=flow)

    def show_active_path(self) -> None:
        """The path at work glows: its hypernetworks, its slots, its solver."""
        solver = self.paths.active_solver if self.on else None
        topology = self._scene.topology
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
        self.show_flow()
        self._scene.glow_moved.emit()

    def _glow(self, node_id: str, on: bool) -> None:
        nodes, edges = self._scene.nodes, self._scene.edges
        slot = self._scene.topology.incoming.get(node_id)
        if node_id in nodes:
            nodes[node_id].show_state(on_active_path=on)
        if slot is not None and slot.id in edges:
            edges[slot.id].show_state(glows=on)

    def _show(self, solver_ids: Iterable[str]) -> None:
        for solver in solver_ids:
            if solver in self._scene.nodes:
                self._scene.nodes[solver].show_activity(self.of(solver))
        self.show_active_path()

    def _weigh_edges(self) -> None:
        """Say on every edge what its generated part is worth, where that was measured."""
        worths = edge_contributions.by_slot(self.paths.history) if self.paths.history is not None else {}
        if worths != self.worths:
            self.worths = worths
            self._scene.texts.write_edges(self._scene.spec, worths)
