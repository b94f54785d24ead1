"""Network tree of a spec: which generator sits where, what it generates, and through which link.

Resolved once from a spec; holds no weights. :mod:`hhstudio.nets.hierarchy` runs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.spec import Spec, solver_of
from hhstudio.core.tree.topology import Hypernetwork, Path, Slot, Solver, Topology
from hhstudio.nets.chunking import ChunkLayout
from hhstudio.nets.generators import MLPGenerator
from hhstudio.nets.links import ResolvedLink, resolve
from hhstudio.nets.seeding import solver_seed
from hhstudio.nets.solvers import SolverTarget, build_solver
from hhstudio.nets.target_spec import TargetSpec


@dataclass(frozen=True)
class Contribution:
    """Output of one hypernetwork that is added to one target.

    Attributes
    ----------
    key : str
        Name of its slot embedding and chunk codes among the stored tensors: the slot's id, or ``slot@node``
        for an ancestor's residual contribution.
    node : str
        Id of the hypernetwork.
    layout : ChunkLayout
        How its chunks make up the target's weights.
    """

    key: str
    node: str
    layout: ChunkLayout


@dataclass(frozen=True)
class Edge:
    """Resolved slot: ``source`` generates ``target`` through ``link``.

    Attributes
    ----------
    slot, source, target : str
        Ids.
    spec : TargetSpec
        Tensors of the target.
    link : ResolvedLink
        From raw output to weights.
    contributions : tuple of Contribution
        What is summed into the target; the source's own stands last.
    """

    slot: str
    source: str
    target: str
    spec: TargetSpec
    link: ResolvedLink
    contributions: tuple[Contribution, ...]

    @cached_property
    def anchor(self) -> str:
        """Name of the anchor among the stored tensors: the slot's own, or one for all targets built alike."""
        return f"anchor/shared-{self.spec.kind}" if self.link.anchor == "shared" else f"anchor/{self.slot}"


@dataclass(frozen=True)
class Chain:
    """Resolved path: ``nodes[i]`` generates through ``edges[i]``; the last edge leads to the solver.

    Attributes
    ----------
    name : str
        Name of the path.
    solver : str
        Id of the solver.
    nodes : tuple of str
        Ids of the hypernetworks, from the root.
    edges : tuple of Edge
        As many as ``nodes``.
    """

    name: str
    solver: str
    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    @property
    def depth(self) -> int:
        """Number of hypernetworks on the path."""
        return len(self.nodes)

    @property
    def last(self) -> Edge:
        """The edge that generates the solver."""
        return self.edges[-1]


@dataclass(frozen=True)
class Tree:
    """Resolved topology: everything that generation needs to know of a spec.

    Attributes
    ----------
    topology : Topology
        The drawing that it was made from.
    generators : dict of str to MLPGenerator
        By the id of the hypernetwork; only those on a path.
    solvers : dict of str to SolverTarget
        By the id of the solver.
    edges : dict of str to Edge
        By the id of the slot.
    chains : dict of str to Chain
        By the id of the solver, in path order.
    """

    topology: Topology
    generators: dict[str, MLPGenerator]
    solvers: dict[str, SolverTarget]
    edges: dict[str, Edge]
    chains: dict[str, Chain] = field(default_factory=dict)
    """By the id of the solver, in path order."""

    @property
    def root(self) -> str:
        """Id of the root hypernetwork."""
        assert self.topology.root is not None
        return self.topology.root


def build_tree(
    spec: Spec,
    topology: Topology,
    image_shape: tuple[int, int, int],
    classes_per_head: int,
    heads: int,
    solvers: Mapping[str, SolverTarget] | None = None,
    *,
    agreed: Collection[str] = (),
) -> Tree:
    """Resolve a topology.

    Parameters
    ----------
    spec : Spec
        Settings of links, hypernetworks and solvers. Its own topology is not used.
    topology : Topology
        Tree to resolve.
    image_shape : tuple of int
        Channels, height, width in pixels.
    classes_per_head : int
        Logits of one output head.
    heads : int
        Output heads of every solver.
    solvers : mapping of str to SolverTarget, optional
        By id: those that stay as they are (growth). Others are built, each under a seed of its own.
    agreed : collection of str
        Import paths of solvers that the user lets run.

    Returns
    -------
    Tree

    Raises
    ------
    ConsentError
        For a solver by an import path that was not agreed to.
    SpecError
        Where the topology cannot be trained, naming node or slot.
    """
    if not topology.paths:
        raise SpecError("topology: there is no path from the root to a solver")
    used = {n for path in topology.paths for n in path.hypernetworks}
    generators = {
        node.id: _generator(spec, node)
        for node in topology.nodes
        if isinstance(node, Hypernetwork) and node.id in used
    }
    solvers = {i: s for i, s in (solvers or {}).items() if i in {path.solver for path in topology.paths}}
    for path in topology.paths:
        node = topology.by_id[path.solver]
        assert isinstance(node, Solver)
        if node.id in solvers:
            continue
        try:
            seed = solver_seed(spec.seed, node.id)
            module = build_solver(
                *solver_of(spec, node), image_shape, classes_per_head, heads, seed, agreed=agreed
            )
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
