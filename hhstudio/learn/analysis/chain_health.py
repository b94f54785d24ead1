"""Chain health: does every level generate at the wanted scale, and what becomes of an error on the way.

An error is injected at one place of the chain: every tensor there is moved in a random direction by the same
share of its own root mean square, and the solver's weights are compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.analysis.answers import Health, Injection, LevelHealth
from hhstudio.core.errors import DataError, SessionError
from hhstudio.learn.analysis.loaded_model import Bench
from hhstudio.nets.build import Contribution, Edge
from hhstudio.nets.hierarchy import Chain, Condition
from hhstudio.nets.seeding import derived_seed
from hhstudio.nets.target_spec import TargetSpec

EPSILONS = (0.001, 0.01, 0.1)
ROOT = -1
WORTH_IMAGES = 1000
"""Test images, at least, on which accuracies with and without a level are compared: on 200, a difference of
two points is chance."""


def health(
    bench: Bench,
    path: str,
    task: int | None = None,
    images: int = 200,
    samples: int = 3,
    epsilons: Sequence[float] = EPSILONS,
) -> Health:
    """Everything about one path. ``task`` None: the last that it has begun. Without test images, what
    needs them is NaN. Raises SessionError."""
    tasks = bench.tasks_on(path)
    if not tasks:
        raise SessionError(f"{path} has not begun to learn")
    if samples < 1 or not epsilons or min(epsilons) <= 0:
        raise SessionError("health: there must be at least one sample and epsilons above 0")
    condition = bench.condition(path, tasks[-1] if task is None else task)
    chain = bench.chain(path)
    measured = _Measured(bench, condition, images)
    gradients, leverages, root = measured.gradients()
    scales = _scales(bench, chain, tasks)
    worth = _Worth(bench, condition, max(images, WORTH_IMAGES))
    worths = [[worth.lost_without([c.key]) for c in edge.contributions] for edge in chain.edges]
    keys = [c.key for edge in chain.edges for c in edge.contributions]
    levels = tuple(
        LevelHealth(
            title=_title(bench, edge),
            target=bench.node_name(edge.target),
            tensors=tuple(t.name for t in edge.spec.tensors),
            scale=scales[at],
            gradient=gradients[at],
            leverage=leverages[at],
            contributions=tuple(_contribution(bench, edge, c) for c in edge.contributions),
            lost=tuple(found[0] for found in worths[at]),
            unsure=tuple(found[1] for found in worths[at]),
            generated=edge.spec.size,
            stored=_stored(bench, chain, at),
        )
        for at, edge in enumerate(chain.edges)
    )
    return Health(
        path=path,
        task=condition.task,
        tasks=tasks,
        images=measured.images,
        accuracy=worth.accuracy,
        loss=measured.loss,
        anchors_only=worth.accuracy - worth.lost_without(keys)[0],
        levels=levels,
        injections=tuple(measured.injection(at, epsilons, samples) for at in range(ROOT, len(chain.edges))),
        root_gradient=root,
        embeddings=sum(bench.hierarchy.stored[n].numel() for n in bench.hierarchy.embeddings_of(condition)),
        worth_images=worth.images,
    )


def amplified(
    bench: Bench, condition: Condition, level: int, epsilon: float, number: int
) -> dict[str, Tensor]:
    """The solver's weights with a relative error in one level's weights (:data:`ROOT`: in the root's).
    ``number`` chooses the random direction."""
    source = torch.Generator().manual_seed(derived_seed(0, "injection", level, number))

    def change(spec: TargetSpec, flat: Tensor) -> Tensor:
        tensors = spec.split(flat)
        moved = {name: _moved(tensor, epsilon, source) for name, tensor in tensors.items()}
        return torch.cat([moved[t.name].reshape(len(flat), -1) for t in spec.tensors], dim=-1)

    with _changed_root(bench, epsilon, source) if level == ROOT else bench.hierarchy.perturbed(level, change):
        return bench.learner.solver_weights([condition])[condition]


def _moved(tensor: Tensor, epsilon: float, source: torch.Generator) -> Tensor:
    """The tensor plus noise of exactly epsilon times its root mean square."""
    noise = torch.randn(tensor.shape, generator=source, dtype=torch.float64).to(tensor)
    size = torch.linalg.vector_norm(noise)
    return tensor + noise * (epsilon * torch.linalg.vector_norm(tensor) / size) if size > 0 else tensor


@contextlib.contextmanager
def _changed_root(bench: Bench, epsilon: float, source: torch.Generator) -> Iterator[None]:
    stored = bench.hierarchy.stored
    before = {f"root/{name}": tensor for name, tensor in bench.hierarchy.root_weights().items()}
    try:
        with torch.no_grad():
            stored.update({name: _moved(tensor, epsilon, source) for name, tensor in before.items()})
        yield
    finally:
        stored.update(before)


class _Worth:
    """What is right with everything in place, image by image, and how much less without some of it."""

    def __init__(self, bench: Bench, condition: Condition, images: int) -> None:
        self._bench, self._condition = bench, condition
        try:
            self._seen, self._labels = bench.batch(condition.task, images)
        except DataError:
            self.images, self.accuracy = 0, float("nan")
            return
        self.images = len(self._labels)
        self._right = self._answers()
        self.accuracy = float(self._right.mean())

    def lost_without(self, keys: Sequence[str]) -> tuple[float, float]:
        """Accuracy lost without contributions, and its standard error."""
        if not self.images:
            return float("nan"), float("nan")
        with self._bench.hierarchy.without_contributions(keys):
            lost = self._right - self._answers()
        return float(lost.mean()), float(lost.std(correction=0)) / self.images**0.5

    def _answers(self) -> Tensor:
        """(N,) float64: 1 where the solver is right."""
        weights = self._bench.learner.solver_weights([self._condition])[self._condition]
        logits = self._bench.logits(self._condition, weights, self._seen)
        return (logits.argmax(1) == self._labels).double()


class _Measured:
    """A condition, its weights, and how well they do on a batch."""

    def __init__(self, bench: Bench, condition: Condition, images: int) -> None:
        self._bench, self._condition = bench, condition
        self._chain = bench.hierarchy.tree.chains[condition.solver]
        self._weights = bench.weights(condition)
        self._flat = _flat(self._chain, self._weights)
        try:
            self.images = len(bench.batch(condition.task, images)[1])
        except DataError:
            self.images = 0
        self.accuracy, self.loss = self._score(self._weights)

    def _score(self, weights: dict[str, Tensor] | object) -> tuple[float, float]:
        if not self.images:
            return float("nan"), float("nan")
        return self._bench.score(self._condition, weights, self._condition.task, self.images)  # type: ignore[arg-type]

    def gradients(self) -> tuple[list[float], list[float], float]:
        """By level: norm of the loss's gradient, and that times the weights' norm; the root's last."""
        nothing = [float("nan")] * len(self._chain.edges)
        if not self.images:
            return nothing, nothing, float("nan")
        bench, condition = self._bench, self._condition
        seen, labels = bench.batch(condition.task, self.images)
        root = [w.requires_grad_() for w in bench.hierarchy.root_weights().values()]
        with torch.enable_grad(), bench.learner.products():
            made = bench.hierarchy.generate([condition])[condition.solver]
            data = bench.data(condition.task)
            logits = bench.learner.logits(condition, made.solver_weights(condition), data, seen, False)
            loss = functional.cross_entropy(logits.float(), labels)
            found = torch.autograd.grad(loss, [*made.levels, *root], allow_unused=True)
        norms = [0.0 if g is None else float(torch.linalg.vector_norm(g)) for g in found]
        depth = len(made.levels)
        sizes = [float(torch.linalg.vector_norm(level.detach())) for level in made.levels]
        own = [n * s for n, s in zip(norms[:depth], sizes, strict=True)]
        return norms[:depth], own, float(np.linalg.norm(norms[depth:]))

    def injection(self, level: int, epsilons: Sequence[float], samples: int) -> Injection:
        bench = self._bench
        error = np.full((len(epsilons), samples), np.nan)
        drop = np.full((len(epsilons), samples), np.nan)
        for row, epsilon in enumerate(epsilons):
            for number in range(samples):
                weights = amplified(bench, self._condition, level, epsilon, number)
                apart = torch.linalg.vector_norm(_flat(self._chain, weights) - self._flat)
                error[row, number] = float(apart / torch.linalg.vector_norm(self._flat))
                drop[row, number] = self.accuracy - self._score(weights)[0]
        smallest = int(np.argmin(epsilons))
        root = bench.node_name(bench.hierarchy.tree.root)
        return Injection(
            place=root if level == ROOT else _title(bench, self._chain.edges[level]),
            level=level,
            epsilons=np.array(epsilons, float),
            error=error,
            drop=drop,
            amplification=float(np.median(error[smallest]) / epsilons[smallest]),
        )


def _flat(chain: Chain, weights: object) -> Tensor:
    """(size,) float64: all weights of a solver in one row."""
    return chain.last.spec.join(weights).double()  # type: ignore[arg-type]


@torch.no_grad()
def _scales(bench: Bench, chain: Chain, tasks: Sequence[int]) -> list[np.ndarray]:
    """By level: (tasks, tensors) root mean square around the wanted mean over the wanted deviation."""
    rows: list[list[list[float]]] = [[] for _ in chain.edges]
    for task in tasks:
        made = bench.hierarchy.generate([Condition(chain.solver, task)])[chain.solver]
        for at, (edge, level) in enumerate(zip(chain.edges, made.levels, strict=True)):
            parts = edge.spec.split(level[0].double())
            rows[at].append(
                [float((parts[t.name] - t.mean).square().mean().sqrt()) / t.sigma for t in edge.spec.tensors]
            )
    return [np.array(found) for found in rows]


def _stored(bench: Bench, chain: Chain, at: int) -> int:
    """Numbers stored for a level: its anchor, slot and chunk embeddings; the root's with the first."""
    edge, stored = chain.edges[at], bench.hierarchy.stored
    names = {f"{kind}/{c.key}" for c in edge.contributions for kind in ("slot", "code")}
    names |= {edge.anchor} if edge.link.stored else set()
    root = sum(w.numel() for w in bench.hierarchy.root_weights().values()) if at == 0 else 0
    return root + sum(stored[name].numel() for name in names if name in stored)


def _title(bench: Bench, edge: Edge) -> str:
    return f"{bench.node_name(edge.source)} → {bench.node_name(edge.target)}"


def _contribution(bench: Bench, edge: Edge, contribution: Contribution) -> str:
    if contribution.node == edge.source:
        return _title(bench, edge)
    return f"{bench.node_name(contribution.node)} → {bench.node_name(edge.target)} (residual)"
