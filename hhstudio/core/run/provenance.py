"""Provenance of results: whether they are of a document's tree as it is now, as a whole and path by path."""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Node, Topology

Difference = Literal["", "another tree", "other tasks"]

_OF_THE_TREE = ("solver", "hypernetwork", "link")
"""Parts of a spec that say what the nodes and slots of a tree are, unless they say otherwise."""


def difference(results_of: Spec, document: Spec) -> Difference:
    """What keeps a run's results from being a document's; "" where they are. Names and places do not
    count: neither changes what was learned."""
    mine, other = results_of.topology, document.topology
    if any(getattr(results_of, part) != getattr(document, part) for part in _OF_THE_TREE):
        return "another tree"
    if mine is not other and (
        mine.root != other.root
        or mine.slot_by_id != other.slot_by_id
        or mine.by_id.keys() != other.by_id.keys()
        or not all(_same(node, other.by_id[i]) for i, node in mine.by_id.items())
    ):
        return "another tree"
    return "" if results_of.stream == document.stream else "other tasks"


def same_paths(results_of: Spec, document: Spec) -> frozenset[str]:
    """Ids of the solvers whose results are a document's: every node and slot from the root down to them is
    the same in both, and so are the tasks."""
    if results_of.stream != document.stream:
        return frozenset()
    if any(getattr(results_of, part) != getattr(document, part) for part in _OF_THE_TREE):
        return frozenset()
    mine, other = results_of.topology, document.topology
    if mine is other:
        return frozenset(path.solver for path in mine.paths)
    if mine.root != other.root:
        return frozenset()
    same = {i for i, node in mine.by_id.items() if i in other.by_id and _same(node, other.by_id[i])}
    same_slots = {i for i, slot in mine.slot_by_id.items() if other.slot_by_id.get(i) == slot}
    return frozenset(
        path.solver
        for path in mine.paths
        if same.issuperset((*path.hypernetworks, path.solver)) and same_slots.issuperset(path.slots)
    )


def tree_at(topologies: list[tuple[int, Topology, str]], step: int | None) -> Topology | None:
    """The tree that a run had at a step; None for the step: the one that it has."""
    trees = [tree for at, tree, _ in topologies if step is None or at <= step]
    return trees[-1] if trees else None


def _same(one: Node, other: Node) -> bool:
    return one is other or _bare(one) == _bare(other)


def _bare(node: Node) -> Node:
    return replace(node, name="", position=None, pinned=False)
