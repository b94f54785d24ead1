"""Generation: a path's solver weights from the root's weights, embeddings and anchors, at any depth.

:class:`Hierarchy` holds every stored number of a tree and generates weights for a batch of conditions:
all chunks of all of them in one product at the root, then one batched product a level for each path.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from hhstudio.nets.build import Chain, Contribution, Edge, Tree
from hhstudio.nets.seeding import glorot, normal
from hhstudio.nets.stored import (
    Condition,
    Label,
    StoredTensors,
    chunk_name,
    root_name,
    slot_name,
    task_chunk_name,
    task_name,
)
from hhstudio.nets.target_spec import TargetSpec

PROBES = 8
"""Random conditions at which the scale of raw output is measured when an edge is made."""


@dataclass(frozen=True)
class Generated:
    """Weights that a chain generated for a batch of B conditions of one path.

    Attributes
    ----------
    chain : Chain
    conditions : tuple of Condition
    levels : tuple of Tensor
        ``levels[i]``, shape (B, size): weights of the target of edge i; the last are the solver's.
    """

    chain: Chain
    conditions: tuple[Condition, ...]
    levels: tuple[Tensor, ...]
    _rows: dict[int, tuple[Tensor, ...]] = field(default_factory=dict, repr=False, compare=False)

    def solver_weights(self, condition: Condition) -> dict[str, Tensor]:
        """Solver weights of one condition.

        Parameters
        ----------
        condition : Condition
            One of :attr:`conditions`.

        Returns
        -------
        dict of str to Tensor
            By name, as the solver takes them.
        """
        return self.chain.last.spec.split(self.rows(len(self.levels) - 1)[self.conditions.index(condition)])

    def rows(self, level: int) -> tuple[Tensor, ...]:
        """Weights at a level, condition by condition.

        Taken apart once: gradients of rows that are picked one by one would each fill a tensor as large as
        all of them.

        Parameters
        ----------
        level : int
            Index into :attr:`levels`.

        Returns
        -------
        tuple of Tensor, each of shape (size,)
            In the order of :attr:`conditions`.
        """
        if level not in self._rows:
            self._rows[level] = self.levels[level].unbind(0)
        return self._rows[level]

    def watch_gradients(self) -> None:
        """Have the next backward pass keep the gradient at every level."""
        for level in self.levels:
            if level.requires_grad and not level.is_leaf:
                level.retain_grad()

    @torch.no_grad()
    def gradient_norms(self) -> list[Tensor]:
        """Norm of the gradient at each level's weights of the first condition, after a backward pass.

        Returns
        -------
        list of Tensor, each of shape ()
            On the device; 0 where nothing that is trained stands above.
        """
        norms = []
        for level in self.levels:
            gradient = level.grad if level.retains_grad else None
            norms.append(level.new_zeros(()) if gradient is None else torch.linalg.vector_norm(gradient[0]))
        return norms


class Hierarchy:
    """All stored numbers of a tree, and the generation of everything else.

    Parameters
    ----------
    tree : Tree
    seed : int
        Decides every random draw, with the name of the tensor.
    device : torch.device or str
    dtype : torch.dtype
        Of what is stored.
    task_chunks : bool
        Chunk codes of a solver belong to each condition rather than to the slot.

    Attributes
    ----------
    stored : StoredTensors
    gains : dict of str to float
        For each contribution, the factor that gave its raw output unit scale when it was made.
    """

    def __init__(
        self,
        tree: Tree,
        seed: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        task_chunks: bool = False,
    ) -> None:
        self.seed, self.device, self.dtype, self.task_chunks = seed, torch.device(device), dtype, task_chunks
        self.stored = StoredTensors()
        self.gains: dict[str, float] = {}
        self._scales: dict[str, Tensor] = {}
        self._seeded: dict[str, Tensor] = {}
        self._left_out: frozenset[str] = frozenset()
        self._perturbation: tuple[int, Callable[[TargetSpec, Tensor], Tensor]] | None = None
        self.tree = tree
        self.adopt(tree)

    # what is stored ------------------------------------------------------------------------------------

    def adopt(self, tree: Tree) -> None:
        """Take another tree (growth).

        What is stored for slots and paths that stay is kept; what was stored for others is deleted; what is
        new is drawn from the seed.

        Parameters
        ----------
        tree : Tree
        """
        self.tree = tree
        self._forget_others()
        direct = all(e.link.mode == "direct" for e in tree.edges.values() if e.source == tree.root)
        for tensor in tree.generators[tree.root].spec.tensors:
            sigma = glorot(tensor) if direct else tensor.sigma
            self._store(root_name(tensor.name), tensor.shape, Label("weights", tree.root), sigma)
        for edge in tree.edges.values():
            if edge.link.stored:
                self._store_anchor(edge)
            elif edge.link.anchored and edge.link.anchor == "seeded" and edge.slot not in self._seeded:
                self._seeded[edge.slot] = self._anchor(edge)
            for contribution in edge.contributions:
                generator = tree.generators[contribution.node]
                key = contribution.key
                self._store(slot_name(key), (generator.slot,), Label("embedding", key))
                if not self._own_codes(edge, contribution):
                    shape = (contribution.layout.chunks, generator.code)
                    self._store(chunk_name(key), shape, Label("chunk embedding", key))
        with torch.no_grad():
            for chain in tree.chains.values():
                self._measure_gains(chain)

    def _forget_others(self) -> None:
        """Let go of what belongs to no slot and no path of the tree."""
        edges = self.tree.edges
        keys = {c.key for edge in edges.values() for c in edge.contributions}
        anchors = {edge.anchor for edge in edges.values()}
        self.stored.remove([name for name in self.stored if not self._has_owner(name, keys | anchors)])
        for by_contribution in (self.gains, self._scales):
            for key in by_contribution.keys() - keys:
                del by_contribution[key]
        for slot in self._seeded.keys() - edges.keys():
            del self._seeded[slot]

    def _has_owner(self, name: str, present: Collection[str]) -> bool:
        """Whether the tree still has whose a stored tensor is; ``present``: contributions and anchors."""
        label = self.stored.label(name)
        match label.group, label.owner:
            case "weights", _:
                return True
            case "anchor", _:
                return name in present
            case _, Condition(solver=solver):
                return solver in self.tree.chains
            case _, owner:
                return owner in present

    def add(self, condition: Condition) -> None:
        """Store embeddings for a condition that is about to be learned; those that exist stay as they are.

        Parameters
        ----------
        condition : Condition
        """
        chain = self.tree.chains[condition.solver]
        for node in chain.nodes:
            shape = (self.tree.generators[node].task,)
            self._store(task_name(condition, node), shape, Label("embedding", condition))
        if self.task_chunks:
            own = chain.last.contributions[-1]
            chunks = (own.layout.chunks, self.tree.generators[own.node].code)
            # Every task begins from the same codes, so that what tasks share can be found.
            label = Label("chunk embedding", condition)
            self._store(task_chunk_name(condition), chunks, label, source=chunk_name(own.key))

    def remove(self, condition: Condition) -> None:
        """Let go of a condition's embeddings.

        Parameters
        ----------
        condition : Condition
        """
        self.stored.remove(self.stored.owned_by(condition))

    def load(self, stored: Mapping[str, Tensor], gains: Mapping[str, float]) -> None:
        """Overwrite stored tensors and gains with saved values.

        Parameters
        ----------
        stored : mapping of str to Tensor
            Of the names and shapes in :attr:`stored`.
        gains : mapping of str to float
        """
        with torch.no_grad():
            for name, value in stored.items():
                self.stored[name].copy_(value)
        self.gains.update(gains)
        self._scales.clear()

    def embeddings_of(self, condition: Condition) -> list[str]:
        """Names of the tensors stored for that condition alone.

        Parameters
        ----------
        condition : Condition

        Returns
        -------
        list of str
        """
        names = [task_name(condition, node) for node in self.tree.chains[condition.solver].nodes]
        own = task_chunk_name(condition)
        return [*names, own] if own in self.stored else names

    def _store(
        self,
        name: str,
        shape: tuple[int, ...],
        label: Label,
        sigma: float = 1.0,
        source: str | None = None,
    ) -> None:
        if name not in self.stored:
            value = self._put(normal(self.seed, source or name, shape) * sigma)
            self.stored.add(name, value.requires_grad_(), label)

    def _store_anchor(self, edge: Edge) -> None:
        if edge.anchor not in self.stored:
            self.stored.add(edge.anchor, self._anchor(edge).requires_grad_(), Label("anchor"))

    def _anchor(self, edge: Edge) -> Tensor:
        noise = normal(self.seed, edge.anchor, (edge.spec.size,))
        return self._put(edge.spec.mean() + edge.link.anchor_scale * edge.spec.sigma() * noise)

    def _put(self, value: Tensor) -> Tensor:
        return value.to(self.dtype).to(self.device)

    def _own_codes(self, edge: Edge, contribution: Contribution) -> bool:
        """Codes of this contribution belong to each condition rather than to the slot."""
        return self.task_chunks and edge.target in self.tree.solvers and contribution.node == edge.source

    # generation ----------------------------------------------------------------------------------------

    def generate(self, conditions: Iterable[Condition]) -> dict[str, Generated]:
        """Weights of every target on the paths of some conditions; differentiable.

        Parameters
        ----------
        conditions : iterable of Condition
            Of any paths, with embeddings (:meth:`add`).

        Returns
        -------
        dict of str to Generated
            By solver id; conditions of a path in the order given.
        """
        groups: dict[str, list[Condition]] = {}
        for condition in conditions:
            groups.setdefault(condition.solver, []).append(condition)
        chains = {solver: self.tree.chains[solver] for solver in groups}
        at_root = self._run_root([self._inputs(chains[s], 0, group) for s, group in groups.items()])
        return {
            solver: Generated(chains[solver], tuple(group), self._generate_levels(chains[solver], group, raw))
            for (solver, group), raw in zip(groups.items(), at_root, strict=True)
        }

    @contextlib.contextmanager
    def without_contributions(self, keys: Collection[str]) -> Iterator[None]:
        """Generate as if those contributions were zero (context manager).

        Parameters
        ----------
        keys : collection of str
            :attr:`~hhstudio.nets.build.Contribution.key` of each.
        """
        before, self._left_out = self._left_out, frozenset(keys)
        try:
            yield
        finally:
            self._left_out = before

    @contextlib.contextmanager
    def perturbed(self, level: int, change: Callable[[TargetSpec, Tensor], Tensor]) -> Iterator[None]:
        """Generate with the weights of one level changed (context manager); what is below follows from them.

        Parameters
        ----------
        level : int
            Index into :attr:`Generated.levels`.
        change : callable
            Called with the target's spec and its weights (B, size); returns weights of that shape.
        """
        before, self._perturbation = self._perturbation, (level, change)
        try:
            yield
        finally:
            self._perturbation = before

    def root_inputs(self, conditions: Sequence[Condition]) -> Tensor:
        """Encoded inputs of the root for conditions of one path, chunk by chunk.

        Parameters
        ----------
        conditions : sequence of Condition
            B of them, of the same path.

        Returns
        -------
        Tensor, shape (B, K, inputs)
            K: chunks of everything that the root contributes on the path.
        """
        return self._inputs(self.tree.chains[conditions[0].solver], 0, conditions)

    def root_weights(self) -> dict[str, Tensor]:
        """The root's stored tensors, by their names in its spec."""
        spec = self.tree.generators[self.tree.root].spec
        return {t.name: self.stored[root_name(t.name)] for t in spec.tensors}

    @torch.no_grad()
    def root_gradient(self) -> Tensor:
        """Norm of the gradient at the root's stored weights, after a backward pass.

        Returns
        -------
        Tensor, shape ()
            On the device; 0 where the root is frozen.
        """
        gradients = [w.grad for w in self.root_weights().values() if w.grad is not None]
        if not gradients:
            return torch.zeros((), dtype=self.dtype, device=self.device)
        return torch.nn.utils.get_total_norm(gradients, foreach=True)

    def _run_root(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Every row of every group in one product: the root's weights are the same for all."""
        generator, weights = self.tree.generators[self.tree.root], self.root_weights()
        if len(inputs) == 1:
            return [generator.run(weights, inputs[0])]
        rows = generator.run(weights, torch.cat([x.flatten(0, 1) for x in inputs]))
        parts = rows.split([x.shape[0] * x.shape[1] for x in inputs])
        return [part.view(*x.shape[:2], -1) for part, x in zip(parts, inputs, strict=True)]

    def _generate_levels(
        self, chain: Chain, conditions: Sequence[Condition], raw: Tensor
    ) -> tuple[Tensor, ...]:
        """From the root's raw output down to the solver: (B, size) a level."""
        waiting: dict[str, list[Tensor]] = {}
        levels: list[Tensor] = []
        for at, edge in enumerate(chain.edges):
            if at:
                weights = chain.edges[at - 1].spec.split(levels[-1])
                generator = self.tree.generators[chain.nodes[at]]
                raw = generator.run(weights, self._inputs(chain, at, conditions))
            parts = raw.split([c.layout.chunks for _, c in _outputs(chain, at)], dim=1)
            for (target, contribution), part in zip(_outputs(chain, at), parts, strict=True):
                waiting.setdefault(target.slot, []).append(contribution.layout.join(part))
            levels.append(self._link(edge, waiting.pop(edge.slot), levels[-1] if levels else None))
            if self._perturbation is not None and self._perturbation[0] == at:
                levels[-1] = self._perturbation[1](edge.spec, levels[-1])
        return tuple(levels)

    def _inputs(self, chain: Chain, at: int, conditions: Sequence[Condition]) -> Tensor:
        """(B, K, inputs) of the hypernetwork at level ``at``, for all that it contributes on this path."""
        node = chain.nodes[at]
        slots, codes = [], []
        for edge, contribution in _outputs(chain, at):
            rows = contribution.layout.chunks
            slots.append(self.stored[slot_name(contribution.key)].expand(rows, -1))
            if self._own_codes(edge, contribution):
                codes.append(torch.stack([self.stored[task_chunk_name(c)] for c in conditions]))
            else:
                code = self.stored[chunk_name(contribution.key)]
                codes.append(code.expand(len(conditions), -1, -1) if self.task_chunks else code)
        task = torch.stack([self.stored[task_name(c, node)] for c in conditions])
        slot = slots[0] if len(slots) == 1 else torch.cat(slots)
        code = codes[0] if len(codes) == 1 else torch.cat(codes, dim=-2)
        return self.tree.generators[node].inputs(task, slot, code)

    def _link(self, edge: Edge, raw: Sequence[Tensor], above: Tensor | None) -> Tensor:
        """(B, size) weights of the edge's target from what its contributions generated; ``above``: the
        weights (B, size) of the generator itself, None for the root."""
        if self._left_out:
            raw = [u * (c.key not in self._left_out) for c, u in zip(edge.contributions, raw, strict=True)]
        if not edge.link.anchored:
            return raw[0] if len(raw) == 1 else torch.stack(list(raw)).sum(0)
        weights = self._base(edge, above)
        for contribution, u in zip(edge.contributions, raw, strict=True):
            weights = torch.addcmul(weights, u, self.scale(edge, contribution))
        return weights

    def _base(self, edge: Edge, above: Tensor | None) -> Tensor:
        """(size,) or (B, size) base weights of an anchored edge."""
        if edge.link.stored:
            return self.stored[edge.anchor]
        if edge.link.anchor == "seeded":
            return self._seeded[edge.slot]
        return edge.spec.join(self.root_weights()) if above is None else above

    def scale(self, edge: Edge, contribution: Contribution) -> Tensor:
        """Factor from a contribution's raw output to a change of weights.

        alpha * s * gain / sqrt(number of contributions), with s the wanted standard deviation of each number.

        Parameters
        ----------
        edge : Edge
            An anchored one.
        contribution : Contribution
            One of the edge's.

        Returns
        -------
        Tensor, shape (size,)
        """
        scale = self._scales.get(contribution.key)
        if scale is None:
            factor = edge.link.alpha * self.gains[contribution.key] / math.sqrt(len(edge.contributions))
            scale = self._scales[contribution.key] = self._put(edge.spec.sigma() * factor)
        return scale

    def _measure_gains(self, chain: Chain) -> None:
        """Fix the gain of every new contribution on a path, from the top down, at random conditions."""
        keys = [c.key for edge in chain.edges for c in edge.contributions]
        if all(key in self.gains for key in keys):
            return
        probes = [Condition(chain.solver, -1 - i) for i in range(PROBES)]
        for probe in probes:
            self.add(probe)
        try:
            weights = self.root_weights()
            above: Tensor | None = None
            waiting: dict[str, list[Tensor]] = {}
            for at, edge in enumerate(chain.edges):
                generator = self.tree.generators[chain.nodes[at]]
                raw = generator.run(weights, self._inputs(chain, at, probes))
                parts = raw.split([c.layout.chunks for _, c in _outputs(chain, at)], dim=1)
                for (target, contribution), part in zip(_outputs(chain, at), parts, strict=True):
                    u = contribution.layout.join(part)
                    if contribution.key not in self.gains:
                        measured = float(u.double().square().mean().sqrt())
                        usable = math.isfinite(measured) and measured > 1e-6
                        self.gains[contribution.key] = 1.0 / measured if usable else 1.0
                    waiting.setdefault(target.slot, []).append(u)
                above = self._link(edge, waiting.pop(edge.slot), above)
                weights = edge.spec.split(above)
        finally:
            for probe in probes:
                self.remove(probe)


def _outputs(chain: Chain, at: int) -> list[tuple[Edge, Contribution]]:
    """Contributions of the hypernetwork at level ``at`` on this path, in the order of the edges."""
    node = chain.nodes[at]
    return [(e, c) for e in chain.edges[at:] for c in e.contributions if c.node == node]
