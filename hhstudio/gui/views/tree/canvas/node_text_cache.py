"""Texts of cards and edges, written again only where something that they say has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hhstudio.core.issues import Issue
from hhstudio.core.run.edge_contributions import EdgeContribution
from hhstudio.core.spec import rules
from hhstudio.core.spec.costs import Costs, costs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Hypernetwork, Topology
from hhstudio.gui.views.tree.canvas.edge_item import EdgeItem
from hhstudio.gui.views.tree.canvas.node_item import NodeItem
from hhstudio.gui.widgets.node_text import edge_text, node_text


class NodeTextCache:
    """Remembers for every item what its text was made from. A text costs ten times the comparison."""

    def __init__(self, nodes: Mapping[str, NodeItem], edges: Mapping[str, EdgeItem]) -> None:
        self._nodes, self._edges = nodes, edges
        self._node_keys: dict[str, tuple[Any, ...]] = {}
        self._edge_keys: dict[str, tuple[Any, ...]] = {}
        self.costs = Costs({}, {}, None)
        self.issues: dict[str, list[Issue]] = {}

    def forget(self, item_id: str) -> None:
        """The item is gone."""
        self._node_keys.pop(item_id, None)
        self._edge_keys.pop(item_id, None)

    def write_nodes(self, spec: Spec) -> None:
        """Sizes, problems, depth, tasks of every card."""
        topology = spec.topology
        self.costs = costs(spec)
        self.issues = {}
        for issue in rules.issues(spec):
            if issue.node is not None:
                self.issues.setdefault(issue.node, []).append(issue)
        depths = _depths(topology)
        common = spec.hypernetwork, spec.solver, len(spec.stream.parts) or spec.stream.tasks
        by_id, outgoing = topology.by_id, topology.outgoing
        for node_id, item in self._nodes.items():
            node = by_id.get(node_id)
            if node is None:
                continue
            cost, depth = self.costs.nodes.get(node_id), depths.get(node_id)
            issues = self.issues.get(node_id, [])
            more: Any
            if isinstance(node, Hypernetwork):
                names = [
                    by_id[slot.target].name for slot in outgoing.get(node_id, ()) if slot.target in by_id
                ]
                more = names, self.costs.total if node_id == topology.root else None
            else:
                more = self.costs.paths.get(node.name)
            key = node, common, cost, depth, issues, more
            if self._node_keys.get(node_id) != key:
                self._node_keys[node_id] = key
                item.show_text(node_text(spec, node, self.costs, depth, issues))

    def write_edges(
        self, spec: Spec, contributions: Mapping[str, Iterable[tuple[str, EdgeContribution]]]
    ) -> None:
        """The link of every edge, with what it inherits."""
        topology = spec.topology
        incoming, by_id, slots = topology.incoming, topology.by_id, topology.slot_by_id
        for slot_id, item in self._edges.items():
            slot = slots.get(slot_id)
            if slot is None:
                continue
            contribution = tuple(contributions.get(slot_id, ()))
            key = slot, spec.link, slot.source in incoming, type(by_id.get(slot.target)), contribution
            if self._edge_keys.get(slot_id) != key:
                self._edge_keys[slot_id] = key
                item.show_text(edge_text(spec, slot, contribution))


def _depths(topology: Topology) -> dict[str, int]:
    """How many hypernetworks stand above each node below the root, for the root 0; loose nodes left out."""
    if topology.root is None or topology.root not in topology.by_id:
        return {}
    depths = {topology.root: 0}
    waiting = [topology.root]
    while waiting:
        here = waiting.pop()
        for slot in topology.outgoing.get(here, ()):
            if slot.target in topology.by_id and slot.target not in depths:
                depths[slot.target] = depths[here] + 1
                waiting.append(slot.target)
    return depths
