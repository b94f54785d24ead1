"""A topology made concrete: which generator sits where, what it generates, and through which link.

Resolved once from a spec; holds no weights. :mod:`hhstudio.nets.hierarchy` runs it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.spec import Spec, solver_of
from hhstudio.core.tree.topology import Hypernetwork, Path, Slot, Solver, Topology
from hhstudio.nets.chunking import ChunkLayout
from hhstudio.nets.generators import MLPGenerator
from hhstudio.nets.links import Link, resolve
from hhstudio.nets.solvers import SolverTarget, build_solver
from hhstudio.nets.target_spec import TargetSpec


@dataclass(frozen=True)
class Contribution:
    """What one hypernetwork adds to one target.

    ``key`` names its slot embedding and its codes among the stored tensors: the slot's id, or
    ``slot@node`` for an ancestor's residual contribution.
    """

    key: str
    node: str
    layout: ChunkLayout


@dataclass(frozen=True)
class Edge:
    """A slot resolved: ``source`` generates ``target`` through ``link``.

    ``contributions``: what is summed into the target; the source's own stands last.
    """

    slot: str
    source: str
    target: str
    spec: TargetSpec
    link: Link
    contributions: tuple[Contribution, ...]

    @cached_property
    def anchor(self) -> str:
        """Name of the anchor among the stored tensors: the slot's own, or one for all targets built alike."""
        return f"anchor/shared-{self.spec.kind}" if self.link.anchor == "shared" else f"anchor/{self.slot}"


@dataclass(frozen=True)
class Chain:
    """A path resolved: ``nodes[i]`` generates through ``edges[i]``, the last edge leads to the solver."""

    name: str
    solver: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def depth(self) -> int:
        return len(self.nodes)

    @property
    def last(self) -> Edge:
        return self.edges[-1]


@dataclass(frozen=True)
class Tree:
    """Everything that generation needs to know of a spec. Raises nothing once it is built."""

    topology: Topology
    generators: dict[str, MLPGenerator]
    solvers: dict[str, SolverTarget]
    edges: dict[str, Edge]
    chains: dict[str, Chain] = field(default_factory=dict)
    """By the id of the solver, in path order."""

    @property
    def root(self) -> str:
        assert self.topology.root is not None
        return self.topology.root


def build_tree(
    spec: Spec,
    topology: Topology,
    image_shape: tuple[int, int, int],
    classes_per_head: int,
    heads: int,
) -> Tree:
    """Resolve a topology. Raises :class:`SpecError` where it cannot be trained, naming node or slot."""
    if not topology.paths:
        raise SpecError("topology: there is no path from the root to a solver")
    used = {n for path in topology.paths for n in path.hypernetworks}
    generators = {
        node.id: _generator(spec, node)
        for node in topology.nodes
        if isinstance(node, Hypernetwork) and node.id in used
    }
    solvers = {}
    for path in topology.paths:
        node = topology.by_id[path.solver]
        assert isinstance(node, Solver)
        try:
            module = build_solver(*solver_of(spec, node), image_shape, classes_per_head, heads)
            solvers[node.id] = SolverTarget(module, image_shape, classes_per_head, heads)
        except SpecError as error:
            raise SpecError(f"path {node.name!r}: {error}") from None
    edges: dict[str, Edge] = {}
    chains = {}
    for path in topology.paths:
        for at, slot_id in enumerate(path.slots):
            if slot_id not in edges:
                edges[slot_id] = _edge(
                    spec, topology, topology.slot_by_id[slot_id], path, at, generators, solvers
                )
        chain = tuple(edges[s] for s in path.slots)
        chains[path.solver] = Chain(path.name, path.solver, path.hypernetworks, chain)
    return Tree(topology, generators, solvers, edges, chains)


def _generator(spec: Spec, node: Hypernetwork) -> MLPGenerator:
    settings = spec.hypernetwork
    hidden = node.hidden if node.hidden is not None else settings.hidden
    chunk = node.chunk if node.chunk is not None else settings.chunk
    if chunk < 1 or any(width < 1 for width in hidden):
        raise SpecError(f"hypernetwork {node.name!r}: chunk and hidden widths must be at least 1")
    sizes = (settings.task_embedding, settings.slot_embedding, settings.chunk_embedding)
    if min(sizes) < 1:
        raise SpecError("hypernetwork: embedding sizes must be at least 1")
    return MLPGenerator(
        *sizes, tuple(hidden), chunk, settings.activation, settings.layer_norm, settings.encoding
    )


def _edge(
    spec: Spec,
    topology: Topology,
    slot: Slot,
    path: Path,
    at: int,
    generators: dict[str, MLPGenerator],
    solvers: dict[str, SolverTarget],
) -> Edge:
    to_solver = slot.target in solvers
    target = solvers[slot.target].spec if to_solver else generators[slot.target].spec
    link = resolve(spec.link, slot.link, to_solver)
    if link.anchored and link.anchor == "parent" and generators[slot.source].spec != target:
        raise SpecError(
            f"hypernetwork {topology.by_id[slot.target].name!r}: anchor parent needs the same hidden "
            f"widths and chunk as {topology.by_id[slot.source].name!r}, which generates it"
        )
    ancestors = path.hypernetworks[:at] if to_solver and link.residual else ()
    nodes = (*ancestors, slot.source)
    contributions = tuple(
        Contribution(
            slot.id if node == slot.source else f"{slot.id}@{node}",
            node,
            ChunkLayout(target.size, generators[node].chunk),
        )
        for node in nodes
    )
    return Edge(slot.id, slot.source, slot.target, target, link, contributions)
