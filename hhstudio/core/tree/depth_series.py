"""Depth series: trees that differ only in how deep they are, for a table or a sweep over depths."""

from __future__ import annotations

from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology


def nested_paths(depth: int) -> Topology:
    """Nested paths of depth 1 to ``depth``, each one level below the last: P1, P2-0, P3-00 ..."""
    topology = editing.single()
    at = topology.root
    assert at is not None
    for _ in range(depth - 1):
        topology, at = editing.add_child(topology, at)
        topology, _ = editing.add_solver(topology, at)
    return topology


def single_path(depth: int) -> Topology:
    """Only the path of that depth."""
    topology, at = editing.add_root(Topology())
    for _ in range(depth - 1):
        topology, at = editing.add_child(topology, at)
    return editing.add_solver(topology, at)[0]
