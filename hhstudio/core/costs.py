"""What a tree costs before it is trained: numbers stored and generated, for nodes, paths and the whole.

The same figures that a run reports when it starts, from formulas instead of modules, so that the canvas
can show them while one draws. Where they cannot be known (a solver from an import path, a folder that
was not looked into) they are None.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hhstudio.core.datasets import DATASETS, FOLDER
from hhstudio.core.events import ParameterCount
from hhstudio.core.spec import Spec, Stream, solver_of
from hhstudio.core.topology import Hypernetwork, Path, Solver

Shape = tuple[int, int, int]


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
    """Costs of a spec that may still be unfinished; what cannot be counted is None, nothing raises."""
    return _Counter(spec).count()


def image_shape(stream: Stream) -> Shape | None:
    """Channels, height, width of the stream's images; None where only loading would tell."""
    name = stream.parts[0].dataset if stream.parts else stream.dataset
    if name == FOLDER:
        return 3, stream.image_size, stream.image_size
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
        return max(counts) * len(counts)
    if stream.parts and stream.kind != "permuted":
        return len({(part.dataset, label) for part in stream.parts for label in part.classes})
    return sum(counts)


def solver_weights(architecture: str, options: Mapping[str, Any], shape: Shape, out: int) -> int | None:
    """Trainable numbers of a built-in solver; None for others, and for options that do not fit it."""
    formula = _FORMULAS.get(architecture)
    if formula is None:
        return None
    try:
        found = formula(shape, out, **options)
    except (TypeError, ValueError):
        return None
    return found if found > 0 else None


def hypernetwork_weights(spec: Spec, node: Hypernetwork) -> int:
    """Weights and biases of a chunked MLP from its three embeddings to one chunk."""
    own = spec.hypernetwork
    inputs = own.task_embedding + own.slot_embedding + own.chunk_embedding
    if own.encoding == "cos_sin":
        inputs *= 2
    hidden = node.hidden if node.hidden is not None else own.hidden
    return _dense(inputs, *hidden, _chunk(spec, node))


class _Counter:
    def __init__(self, spec: Spec) -> None:
        self.spec, self.topology = spec, spec.topology
        stream = spec.stream
        self.tasks = len(stream.parts) or stream.tasks
        shape, out = image_shape(stream), outputs(stream)
        self.weights: dict[str, int | None] = {}
        solvers: dict[Any, int | None] = {}
        for node in self.topology.nodes:
            if isinstance(node, Hypernetwork):
                self.weights[node.id] = hypernetwork_weights(spec, node)
            elif shape is None or out is None:
                self.weights[node.id] = None
            elif node.architecture is None and node.options is None:
                if None not in solvers:
                    solvers[None] = solver_weights(spec.solver.architecture, spec.solver.options, shape, out)
                self.weights[node.id] = solvers[None]
            else:
                name, options = solver_of(spec, node)
                self.weights[node.id] = solver_weights(name, options, shape, out)
        self.slots: dict[str, int] = {}
        self.anchors: dict[str, int] = {}
        self.slot_anchors: dict[str, dict[str, int]] = {}

    def count(self) -> Costs:
        root = self.topology.root
        nodes = {i: NodeCost(weights, i == root) for i, weights in self.weights.items()}
        paths = self.topology.paths
        counts = {path.name: self._path(path) for path in paths}
        known = [c for c in counts.values() if c is not None]
        if not paths or len(known) < len(counts):
            return Costs(nodes, counts, None)
        total = ParameterCount(
            root=self.weights[root or ""] or 0,
            embeddings=sum(self.slots.values()) + self.tasks * sum(map(self._task_numbers, paths)),
            anchors=sum(self.anchors.values()),
            targets=sum(c.targets for c in known),
            generated=sum(c.generated for c in known),
        )
        return Costs(nodes, counts, total)

    def _path(self, path: Path) -> ParameterCount | None:
        sizes = [self.weights[i] for i in (*path.hypernetworks[1:], path.solver)]
        if any(size is None for size in sizes):
            return None
        known = [size for size in sizes if size is not None]
        embeddings, anchors = 0, dict[str, int]()
        for at, slot_id in enumerate(path.slots):
            if slot_id not in self.slots:
                self._slot(path, at, known[at])
            embeddings += self.slots[slot_id]
            anchors |= self.slot_anchors[slot_id]
        return ParameterCount(
            path=path.name,
            root=self.weights[path.hypernetworks[0]] or 0,
            embeddings=embeddings + self.tasks * self._task_numbers(path),
            anchors=sum(anchors.values()),
            targets=self.tasks * self._targets(known),
            generated=self.tasks * known[-1],
        )

    def _slot(self, path: Path, at: int, size: int) -> None:
        """Slot embedding, chunk embeddings and anchor of the slot at level ``at`` of a path."""
        own, link = self.spec.hypernetwork, self.spec.link
        slot = self.topology.slot_by_id[path.slots[at]]
        to_solver = at == len(path.slots) - 1
        over = slot.link
        residual = link.residual if over is None or over.residual is None else over.residual
        mode = (over.mode if over else None) or link.mode
        anchor = (link.solver_anchor if to_solver else None) or link.anchor
        anchor = (over.anchor if over else None) or anchor
        givers = path.hypernetworks[: at + 1] if to_solver and residual else (path.hypernetworks[at],)
        numbers = 0
        for giver in givers:
            per_task = own.task_chunks and to_solver and giver == path.hypernetworks[at]
            numbers += own.slot_embedding + (0 if per_task else self._codes(giver, size))
        self.slots[slot.id] = numbers
        if to_solver and anchor == "parent":
            anchor = "shared"
        own_anchor: dict[str, int] = {}
        if mode == "anchored" and anchor == "learned":
            own_anchor = {slot.id: size}
        elif mode == "anchored" and anchor == "shared":
            own_anchor = {f"shared {self._built(slot.target)}": size}
        self.slot_anchors[slot.id] = own_anchor
        self.anchors |= own_anchor

    def _built(self, node_id: str) -> str:
        """What targets have in common that are built alike."""
        node = self.topology.by_id[node_id]
        if isinstance(node, Solver):
            return repr(solver_of(self.spec, node))
        hidden = node.hidden if node.hidden is not None else self.spec.hypernetwork.hidden
        return repr((hidden, _chunk(self.spec, node)))

    def _task_numbers(self, path: Path) -> int:
        own = self.spec.hypernetwork
        codes = self._codes(path.hypernetworks[-1], self.weights[path.solver] or 0) if own.task_chunks else 0
        return len(path.hypernetworks) * own.task_embedding + codes

    def _codes(self, giver: str, size: int) -> int:
        node = self.topology.by_id[giver]
        assert isinstance(node, Hypernetwork)
        return -(-size // max(_chunk(self.spec, node), 1)) * self.spec.hypernetwork.chunk_embedding

    def _targets(self, sizes: list[int]) -> int:
        """Numbers that consolidation keeps a task: none when nothing is consolidated."""
        if self.spec.consolidation.beta <= 0:
            return 0
        level = self.spec.consolidation.level
        return {"solver": sizes[-1], "root": sizes[0], "all": sum(sizes)}[level]


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
    shape: Shape, out: int, channels: tuple[int, ...] = (32, 32, 64, 64), hidden: int = 512, **dropouts: float
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
