"""Folded subtrees of the canvas: which nodes are hidden, and the tree that is laid out without them."""

from __future__ import annotations

from collections.abc import Iterable

from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology


class FoldedSubtrees:
    """Nodes by id whose subtrees are hidden. ``drawn``: the tree as it is laid out; ``hidden``: nodes that
    are not in it."""

    def __init__(self) -> None:
        self.folded: set[str] = set()
        self.hidden: frozenset[str] = frozenset()
        self.drawn = Topology()
        self._counts: dict[str, int] = {}

    def set(self, node_ids: Iterable[str], folded: bool) -> None:
        """Takes effect with :meth:`follow`."""
        (self.folded.update if folded else self.folded.difference_update)(node_ids)

    def count(self, node_id: str) -> int:
        """How many nodes a node hides; 0 where it is not folded, or is hidden itself."""
        return self._counts.get(node_id, 0)

    def follow(self, topology: Topology) -> None:
        """The tree is another one, or folded in other places."""
        below = {i: topology.subtree(i)[1:] for i in self.folded if i in topology.by_id}
        self.hidden = frozenset(node_id for ids in below.values() for node_id in ids)
        self._counts = {i: len(ids) for i, ids in below.items() if i not in self.hidden}
        self.drawn = editing.remove(topology, self.hidden) if self.hidden else topology

    def above(self, node_id: str, topology: Topology) -> list[str]:
        """The folded nodes that hide a node."""
        return [i for i in topology.ancestors(node_id) if i in self.folded]
