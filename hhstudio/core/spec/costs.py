"""Parameter costs of a tree before it is trained: numbers stored and generated, by node, path and in all.

The same figures that a run reports when it starts, from formulas instead of modules, so that the canvas
can show them while one draws. Where they cannot be known (a solver from an import path, a folder that
was not looked into) they are None.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.spec import Spec, Stream, same_but_for_places, solver_of
from hhstudio.core.tree.topology import Hypernetwork, Slot, Solver, tasks_of

Shape = tuple[int, int, int]


class ParameterCount(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers stored and numbers generated, for one path or (path "") for the whole tree.

    ``stored`` = root + embeddings + anchors (+ ``targets``, kept only for consolidation, apart).
    """

    path: str = ""
    root: int = 0
    embeddings: int = 0
    anchors: int = 0
    targets: int = 0
    generated: int = 0

    @property
    def stored(self) -> int:
        return self.root + self.embeddings + self.anchors


class NodeCost(NamedTuple):
    """``weights``: numbers that the node's network has; ``stored``: whether they are stored (the root)."""

    weights: int | None
    stored: bool = False


class Costs(NamedTuple):
    """``total`` and ``paths`` (by name) are None where a part of them is unknown."""

    nodes: dict[str, NodeCost]
    paths: dict[str, ParameterCount | None]
    total: ParameterCount | None


def costs(spec: Spec) -> Costs:
    """Costs of a spec that may still be unfinished; what cannot be counted is None, nothing raises.

    The latest answer is cached, because every view asks after every edit.
    """
    global _latest
    latest = _latest
    if latest is None or not same_but_for_places(latest[0], spec):
        latest = _latest = spec, count_costs(spec)
    elif latest[0] is not spec:
        latest = _latest = spec, latest[1]
    return latest[1]


_latest: tuple[Spec, Costs] | None = None


def count_costs(spec: Spec) -> Costs:
    """:func:`costs` of a spec that is only considered: the answer is not cached."""
    return _Counter(spec).count()


def steps(spec: Spec) -> int | None:
    """Training steps of the whole run; None where passes over images are counted instead."""
    if spec.training.epochs > 0:
        return None
    count = len(spec.stream.parts) or spec.stream.tasks
    return spec.training.steps * sum(map(len, spec.topology.assigned(count).values()))


def memory(spec: Spec, count: Costs) -> int | None:
    """Bytes that training needs at least for numbers that are known beforehand, in float32: what is stored
    with gradient and Adam's two means, targets of consolidation, and twice what one path generates."""
    total = count.total
    if total is None:
        return None
    chains = [
        sum(count.nodes[node].weights or 0 for node in (*path.hypernetworks[1:], path.solver))
        for path in spec.topology.paths
    ]
    return 16 * total.stored + 4 * total.targets + 8 * max(chains, default=0)


def image_shape(stream: Stream) -> Shape | None:
    """Channels, height, width of the stream's images; None where only loading would tell."""
    name = stream.parts[0].dataset if stream.parts else stream.dataset
    if name == FOLDER:
        return 1 if stream.image_color == "grey" else 3, stream.image_size, stream.image_size
    return DATASETS[name].shape if name in DATASETS else None


def outputs(stream: Stream) -> int | None:
    """Logits of every solver: heads x classes a head, by scenario; None where only loading would tell."""
    if stream.parts:
        counts = [len(part.classes) for part in stream.parts]
    elif stream.kind == "permuted":
        info = DATASETS.get(stream.dataset)
        if info is None:
            return None
        counts = [info.classes] * stream.tasks
    else:
        counts = [stream.classes_per_task] * stream.tasks
    if not counts:
        return None
    if stream.scenario == "domain":
        return max(counts)
    if stream.scenario == "task":
        return max(counts) * (len(counts) if stream.heads == "each" else 1)
    if stream.parts and stream.kind != "permuted":
        return len({(part.dataset, label) for part in stream.parts for label in part.classes})
    return sum(counts)


def solver_weights(architecture: str, options: Mapping[str, Any], shape: Shape, out: int) -> int | None:
    """Trainable numbers of a built-in solver; None for others, and for options that do not fit it."""
    formula = _FORMULAS.get(architecture)
    if formula is None:
        return None
    try:
        weights = formula(shape, out, **options)
    except (TypeError, ValueError):
        return None
    return weights if weights > 0 else None


def hypernetwork_weights(spec: Spec, node: Hypernetwork) -> int:
    """Weights and biases of a chunked MLP from its three embeddings to one chunk."""
    own = spec.hypernetwork
    inputs = own.task_embedding + own.slot_embedding + own.chunk_embedding
    if own.encoding == "cos_sin":
        inputs *= 2
    hidden = node.hidden if node.hidden is not None else own.hidden
    return _dense(inputs, *hidden, _chunk(spec, node))


class _Above(NamedTuple):
    """What a path has gathered on its way down to a hypernetwork.

    ``chunks``: how many of its hypernetworks have each chunk size; ``embeddings`` of its slots,
    ``anchors`` that only its own slots have, ``shared`` ones by what is built alike; ``generated``: numbers
    of its generated hypernetworks, ``first`` of the root's target, None before there is one.
    """

    chunks: dict[int, int]
    depth: int = 0
    embeddings: int = 0
    anchors: int = 0
    shared: dict[str, int] = {}
    generated: int = 0
    first: int | None = None


class _Counter:
    """Walks the tree once from the root; every slot and every path costs a few additions."""

    def __init__(self, spec: Spec) -> None:
        self.spec, self.topology = spec, spec.topology
        stream = spec.stream
        self.tasks = len(stream.parts) or stream.tasks
        shape, out = image_shape(stream), outputs(stream)
        self.weights: dict[str, int | None] = {}
        self.chunks: dict[str, int] = {}
        alike: dict[Any, int | None] = {}
        for node in self.topology.nodes:
            key: Any = None
            if isinstance(node, Hypernetwork):
                key = node.hidden, node.chunk
                self.chunks[node.id] = max(_chunk(spec, node), 1)
                if key not in alike:
                    alike[key] = hypernetwork_weights(spec, node)
            elif shape is None or out is None:
                alike[None] = None
            elif node.architecture is None and node.options is None:
                if None not in alike:
                    alike[None] = solver_weights(spec.solver.architecture, spec.solver.options, shape, out)
            else:
                key = node.id
                name, options = solver_of(spec, node)
                alike[key] = solver_weights(name, options, shape, out)
            self.weights[node.id] = alike[key]
        self.slots = self.anchors = self.task_embeddings = 0
        self.shared: dict[str, int] = {}
        self.paths: dict[str, ParameterCount | None] = {}

    def count(self) -> Costs:
        root = self.topology.root
        nodes = {i: NodeCost(weights, i == root) for i, weights in self.weights.items()}
        if root is not None and isinstance(self.topology.by_id.get(root), Hypernetwork):
            self._walk(root)
        counts = {path.name: self.paths.get(path.solver) for path in self.topology.paths}
        counted = [c for c in counts.values() if c is not None]
        if not counts or len(counted) < len(counts):
            return Costs(nodes, counts, None)
        total = ParameterCount(
            root=self.weights[root or ""] or 0,
            embeddings=self.slots + self.task_embeddings,
            anchors=self.anchors + sum(self.shared.values()),
            targets=sum(c.targets for c in counted),
            generated=sum(c.generated for c in counted),
        )
        return Costs(nodes, counts, total)

    def _walk(self, root: str) -> None:
        """Only hypernetworks that lead to a solver are generated, so a slot counts once a path needs it."""
        needed = self._needed()
        by_id, seen = self.topology.by_id, {root}
        waiting = [(root, _Above({self.chunks[root]: 1}))]
        while waiting:
            here, above = waiting.pop()
            for slot in self.topology.outgoing.get(here, ()):
                node = by_id.get(slot.target)
                if slot.id not in needed or node is None or slot.target in seen:
                    continue
                seen.add(slot.target)
                size = self.weights[slot.target]
                if isinstance(node, Solver):
                    self.paths[node.id] = None if size is None else self._path(slot, above, node, size)
                else:
                    waiting.append((slot.target, self._child(slot, above, node, size or 0)))

    def _needed(self) -> set[str]:
        """The slots that lead to solvers."""
        slots: set[str] = set()
        incoming = self.topology.incoming
        for node in self.topology.nodes:
            slot = incoming.get(node.id) if isinstance(node, Solver) else None
            while slot is not None and slot.id not in slots:
                slots.add(slot.id)
                slot = incoming.get(slot.source)
        return slots

    def _child(self, slot: Slot, above: _Above, node: Hypernetwork, size: int) -> _Above:
        """What is above a hypernetwork's own targets."""
        chunk, giver = self.chunks[node.id], self.chunks[slot.source]
        own = self.spec.hypernetwork
        numbers = own.slot_embedding + -(-size // giver) * own.chunk_embedding
        anchors, shared = self._anchor(slot, node, size)
        self.slots += numbers
        return _Above(
            above.chunks | {chunk: above.chunks.get(chunk, 0) + 1},
            above.depth + 1,
            above.embeddings + numbers,
            above.anchors + anchors,
            above.shared | shared if shared else above.shared,
            above.generated + size,
            size if above.first is None else above.first,
        )

    def _path(self, slot: Slot, above: _Above, node: Solver, size: int) -> ParameterCount:
        own, link = self.spec.hypernetwork, self.spec.link
        over = slot.link
        residual = link.residual if over is None or over.residual is None else over.residual
        giver = self.chunks[slot.source]
        codes = -(-size // giver) * own.chunk_embedding
        numbers = own.slot_embedding + (0 if own.task_chunks else codes)
        if residual:
            numbers += own.slot_embedding * above.depth
            for chunk, times in above.chunks.items():
                times -= chunk == giver
                numbers += times * (-(-size // chunk) * own.chunk_embedding)
        anchors, shared = self._anchor(slot, node, size)
        self.slots += numbers
        learns = len(tasks_of(node, self.tasks))
        each = (above.depth + 1) * own.task_embedding + (codes if own.task_chunks else 0)
        self.task_embeddings += learns * each
        return ParameterCount(
            path=node.name,
            root=self.weights[self.topology.root or ""] or 0,
            embeddings=above.embeddings + numbers + learns * each,
            anchors=above.anchors + anchors + sum((above.shared | shared).values()),
            targets=learns * self._targets(above, size),
            generated=learns * size,
        )

    def _anchor(self, slot: Slot, node: Hypernetwork | Solver, size: int) -> tuple[int, dict[str, int]]:
        """Numbers of the slot's own anchor, and of the one that it shares, by what is built alike."""
        link, over = self.spec.link, slot.link
        to_solver = isinstance(node, Solver)
        mode = (over.mode if over else None) or link.mode
        anchor = (link.solver_anchor if to_solver else None) or link.anchor
        anchor = (over.anchor if over else None) or anchor
        if to_solver and anchor == "parent":
            anchor = "shared"
        if mode == "anchored" and anchor == "learned":
            self.anchors += size
            return size, {}
        if mode == "anchored" and anchor == "shared":
            shared = {self._built(node): size}
            self.shared |= shared
            return 0, shared
        return 0, {}

    def _built(self, node: Hypernetwork | Solver) -> str:
        """What targets have in common that are built alike."""
        if isinstance(node, Solver):
            return repr(solver_of(self.spec, node))
        hidden = node.hidden if node.hidden is not None else self.spec.hypernetwork.hidden
        return repr((hidden, _chunk(self.spec, node)))

    def _targets(self, above: _Above, size: int) -> int:
        """Numbers that consolidation keeps a task: none when nothing is consolidated."""
        if self.spec.consolidation.beta <= 0:
            return 0
        first = size if above.first is None else above.first
        level = self.spec.consolidation.level
        return {"solver": size, "root": first, "all": above.generated + size}[level]


def _chunk(spec: Spec, node: Hypernetwork) -> int:
    return node.chunk if node.chunk is not None else spec.hypernetwork.chunk


def _dense(*widths: int) -> int:
    return sum((a + 1) * b for a, b in itertools.pairwise(widths))


def _conv(inputs: int, channels: int, kernel: int) -> int:
    return (inputs * kernel * kernel + 1) * channels


def _mlp(shape: Shape, out: int, hidden: tuple[int, ...] = (400, 400)) -> int:
    return _dense(shape[0] * shape[1] * shape[2], *hidden, out)


def _small_cnn(shape: Shape, out: int, channels: tuple[int, ...] = (8, 16)) -> int:
    inputs, height, width = shape
    total = 0
    for c in channels:
        total += _conv(inputs, c, 3)
        inputs, height, width = c, -(-height // 2), -(-width // 2)
    return total + _dense(inputs * height * width, out)


def _lenet(shape: Shape, out: int, channels: tuple[int, ...] = (20, 50), hidden: int = 500) -> int:
    first, second = channels
    height, width = (((side - 4) // 2 - 4) // 2 for side in shape[1:])
    convolutions = _conv(shape[0], first, 5) + _conv(first, second, 5)
    return convolutions + _dense(second * height * width, hidden, out) if min(height, width) > 0 else 0


def _zenke(
    shape: Shape,
    out: int,
    channels: tuple[int, ...] = (32, 32, 64, 64),
    hidden: int = 512,
    dropout: float = 0.0,  # takes no weights
    hidden_dropout: float = 0.0,
) -> int:
    a, b, c, d = channels
    height, width = (((side - 2) // 2 - 2) // 2 for side in shape[1:])
    convolutions = _conv(shape[0], a, 3) + _conv(a, b, 3) + _conv(b, c, 3) + _conv(c, d, 3)
    return convolutions + _dense(d * height * width, hidden, out) if min(height, width) > 0 else 0


def _resnet32(
    shape: Shape, out: int, channels: tuple[int, ...] = (16, 32, 64), blocks: int = 5, norm: str = "batch"
) -> int:
    per_norm = 0 if norm == "none" else 2
    inputs = channels[0]
    total = shape[0] * inputs * 9 + per_norm * inputs
    for width in channels:
        for _ in range(blocks):
            total += (inputs + width) * width * 9 + 2 * per_norm * width
            inputs = width
    return total + _dense(inputs, out)


_FORMULAS: dict[str, Callable[..., int]] = {
    "mlp": _mlp,
    "small-cnn": _small_cnn,
    "lenet": _lenet,
    "zenke": _zenke,
    "resnet32": _resnet32,
}
