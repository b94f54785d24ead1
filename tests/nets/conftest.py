"""Small trees for the tests of nets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hhstudio.core.spec.spec import HypernetworkDefaults, Link, SolverDefaults, Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.nets.build import Tree, build_tree

IMAGE = (1, 8, 8)


def line(depth: int) -> Topology:
    """One path with ``depth`` hypernetworks."""
    topology, node = editing.add_root(Topology())
    for _ in range(depth - 1):
        topology, node = editing.add_child(topology, node)
    return editing.add_solver(topology, node)[0]


@pytest.fixture
def a_line() -> Callable[[int], Topology]:
    return line


@pytest.fixture
def make_tree() -> Callable[..., tuple[Spec, Tree]]:
    def make(topology: Topology, link: Link | None = None, **hypernetwork: object) -> tuple[Spec, Tree]:
        defaults = {"hidden": (16, 16), "chunk": 64, **hypernetwork}
        spec = Spec(
            link=link or Link(),
            hypernetwork=HypernetworkDefaults(**defaults),
            solver=SolverDefaults(architecture="small-cnn", options={"channels": (4, 6)}),
            topology=topology,
        )
        return spec, build_tree(spec, topology, IMAGE, 2, 2)

    return make
