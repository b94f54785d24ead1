"""Chain health: scale, gradient and contribution of every level, and the amplification of errors.

An error is injected by moving every tensor of one place of the chain in a random direction by the same share
of its own root mean square; the solver's weights are then compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Health, Injection, LevelHealth
from hhstudio.core.analysis.registry import answers
from hhstudio.core.errors import DataError, SessionError
from hhstudio.learn.analysis.loaded_model import LoadedModel, Weights
from hhstudio.nets.build import Contribution, Edge
from hhstudio.nets.hierarchy import Chain
from hhstudio.nets.seeding import derived_seed
from hhstudio.nets.stored import Condition, root_name
from hhstudio.nets.target_spec import TargetSpec

ROOT = -1
CONTRIBUTION_IMAGES = 1000
"""Test images, at least, on which accuracies with and without a level are compared: on 200, a difference of
two points is chance."""


@answers(q.Health)
def health(
    model: LoadedModel,
    path: str,
    task: int | None,
    images: int,
    samples: int,
    epsilons: Sequence[float],
    readers: Sequence[int] | None,
) -> Health:
    """Chain health of a path: scales, gradients, contributions and amplified errors of its levels.

    Parameters
    ----------
    model : LoadedModel
    path : str
    task : int or None
        On whose test images gradients and errors are measured; None: the last that the path has begun.
    images : int
        Test images for gradients and errors; contributions are measured on at least
        :data:`CONTRIBUTION_IMAGES`.
    samples : int
        Random directions of an injected error, at least 1.
    epsilons : sequence of float
        Relative sizes of injected errors, above 0.
    readers : sequence of int or None
        As for :meth:`~hhstudio.learn.analysis.loaded_model.LoadedModel.readers`; gradients and the loss are
        the condition's own.

    Returns
    -------
    Health
        What needs test images is NaN where there are none on this machine.

    Raises
    ------
    SessionError
        For a path that is not there or has not begun to learn; without a sample or an epsilon.
    """
    tasks = model.tasks_on(path)
    if not tasks:
        raise SessionError(f"{path} has not begun to learn")
    if samples < 1 or not epsilons or min(epsilons) <= 0:
        raise SessionError("health: there must be at least one sample and epsilons above 0")
    condition = model.condition(path, tasks[-1] if task is None else task)
    chain = model.chain(path)
    reading = model.readers(condition, readers)
    measured = _Measured(model, condition, reading, images)
    gradients, root = measured.gradients()
    scales = _scales(model, chain, tasks)
    ablation = _Ablation(model, condition.task, reading, max(images, CONTRIBUTION_IMAGES))
    losses = [[ablation.lost_without([c.key]) for c in edge.contributions] for edge in chain.edges]
    keys = [c.key for edge in chain.edges for c in edge.contributions]
    levels = tuple(
        LevelHealth(
            title=_title(model, edge),
            target=model.node_name(edge.target),
            tensors=tuple(t.name for t in edge.spec.tensors),
            scale=scales[at],
            gradient=gradients[at],
            contributions=tuple(_contribution(model, edge, c) for c in edge.contributions),
            lost=tuple(lost for lost, _ in losses[at]),
            unsure=tuple(unsure for _, unsure in losses[at]),
            generated=edge.spec.size,
            stored=_stored(model, chain, at),
        )
        for at, edge in enumerate(chain.edges)
    )
    return Health(
        path=path,
        task=condition.task,
        tasks=tasks,
        images=measured.images,
        accuracy=ablation.accuracy,
        loss=measured.loss,
        anchors_only=ablation.accuracy - ablation.lost_without(keys)[0],
        levels=levels,
        injections=tuple(measured.injection(at, epsilons, samples) for at in range(ROOT, len(chain.edges))),
        root_gradient=root,
        embeddings=sum(model.hierarchy.stored[n].numel() for n in model.hierarchy.embeddings_of(condition)),
        contribution_images=ablation.images,
        readers=tuple(c.task for c in reading),
    )


def amplified(
    model: LoadedModel, condition: Condition, level: int, epsilon: float, number: int
) -> dict[str, Tensor]:
    """A solver's weights with a relative error injected at one place of its chain.

    Parameters
    ----------
    model : LoadedModel
    condition : Condition
    level : int
        Whose generated weights are moved; :data:`ROOT`: the root's stored ones.
    epsilon : float
        Relative size of the error, of each tensor's own norm.
    number : int
        Chooses the random direction.

    Returns
    -------
    dict of str to Tensor
        The solver's tensors by name.
    """
    source = torch.Generator().manual_seed(derived_seed(0, "injection", level, number))

    def change(spec: TargetSpec, flat: Tensor) -> Tensor:
        tensors = spec.split(flat)
        moved = {name: _moved(tensor, epsilon, source) for name, tensor in tensors.items()}
        return torch.cat([moved[t.name].reshape(len(flat), -1) for t in spec.tensors], dim=-1)

    with _changed_root(model, epsilon, source) if level == ROOT else model.hierarchy.perturbed(level, change):
        return model.learner.solver_weights([condition])[condition]


def _moved(tensor: Tensor, epsilon: float, source: torch.Generator) -> Tensor:
    """The tensor plus noise of exactly epsilon times its root mean square."""
    noise = torch.randn(tensor.shape, generator=source, dtype=torch.float64).to(tensor)
    size = torch.linalg.vector_norm(noise)
    return tensor + noise * (epsilon * torch.linalg.vector_norm(tensor) / size) if size > 0 else tensor


@contextlib.contextmanager
def _changed_root(model: LoadedModel, epsilon: float, source: torch.Generator) -> Iterator[None]:
    stored = model.hierarchy.stored
    before = {root_name(name): tensor for name, tensor in model.hierarchy.root_weights().items()}
    try:
        with torch.no_grad():
            stored.update({name: _moved(tensor, epsilon, source) for name, tensor in before.items()})
        yield
    finally:
        stored.update(before)


class _Ablation:
    """What is right with everything in place, image by image, and how much less without some of it."""

    def __init__(self, model: LoadedModel, task: int, readers: Sequence[Condition], images: int) -> None:
        self._model, self._task, self._readers = model, task, readers
        try:
            self._seen, self._labels = model.batch(task, images)
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
        with self._model.hierarchy.without_contributions(keys):
            lost = self._right - self._answers()
        return float(lost.mean()), float(lost.std(correction=0)) / self.images**0.5

    def _answers(self) -> Tensor:
        """(N,) float64: 1 where the prediction is right."""
        weights = self._model.learner.solver_weights(self._readers)
        return (self._model.predicted(weights, self._seen, self._task) == self._labels).double()


class _Measured:
    """A condition, its weights, and how well they do on a batch that ``readers`` read."""

    def __init__(
        self, model: LoadedModel, condition: Condition, readers: Sequence[Condition], images: int
    ) -> None:
        self._model, self._condition, self._readers = model, condition, readers
        self._chain = model.hierarchy.tree.chains[condition.solver]
        self._weights = model.weights(condition)
        self._flat = _flat(self._chain, self._weights)
        try:
            self.images = len(model.batch(condition.task, images)[1])
        except DataError:
            self.images = 0
        self.accuracy = self._accuracy({c: model.weights(c) for c in readers})
        self.loss = float("nan")
        if self.images:
            self.loss = model.score(condition, self._weights, condition.task, self.images)[1]

    def _accuracy(self, weights: Mapping[Condition, Weights]) -> float:
        if not self.images:
            return float("nan")
        seen, labels = self._model.batch(self._condition.task, self.images)
        right = self._model.predicted(weights, seen, self._condition.task) == labels
        return float(right.float().mean())

    def gradients(self) -> tuple[list[float], float]:
        """Norms of the loss's gradient by each level's weights, and by the root's."""
        if not self.images:
            return [float("nan")] * len(self._chain.edges), float("nan")
        model, condition = self._model, self._condition
        seen, labels = model.batch(condition.task, self.images)
        root = [w.requires_grad_() for w in model.hierarchy.root_weights().values()]
        with torch.enable_grad(), model.learner.products():
            generated = model.hierarchy.generate([condition])[condition.solver]
            data = model.data(condition.task)
            logits = model.learner.logits(condition, generated.solver_weights(condition), data, seen, False)
            loss = functional.cross_entropy(logits.float(), labels)
            gradients = torch.autograd.grad(loss, [*generated.levels, *root], allow_unused=True)
        norms = [0.0 if g is None else float(torch.linalg.vector_norm(g)) for g in gradients]
        depth = len(generated.levels)
        return norms[:depth], float(np.linalg.norm(norms[depth:]))

    def injection(self, level: int, epsilons: Sequence[float], samples: int) -> Injection:
        model = self._model
        error = np.full((len(epsilons), samples), np.nan)
        drop = np.full((len(epsilons), samples), np.nan)
        for row, epsilon in enumerate(epsilons):
            for number in range(samples):
                moved = {c: amplified(model, c, level, epsilon, number) for c in self._readers}
                own = moved.get(self._condition)
                if own is None:
                    own = amplified(model, self._condition, level, epsilon, number)
                apart = torch.linalg.vector_norm(_flat(self._chain, own) - self._flat)
                error[row, number] = float(apart / torch.linalg.vector_norm(self._flat))
                drop[row, number] = self.accuracy - self._accuracy(moved)
        smallest = int(np.argmin(epsilons))
        root = model.node_name(model.hierarchy.tree.root)
        return Injection(
            place=root if level == ROOT else _title(model, self._chain.edges[level]),
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
def _scales(model: LoadedModel, chain: Chain, tasks: Sequence[int]) -> list[np.ndarray]:
    """By level: (tasks, tensors) root mean square around the wanted mean over the wanted deviation."""
    rows: list[list[list[float]]] = [[] for _ in chain.edges]
    for task in tasks:
        generated = model.hierarchy.generate([Condition(chain.solver, task)])[chain.solver]
        for at, (edge, level) in enumerate(zip(chain.edges, generated.levels, strict=True)):
            parts = edge.spec.split(level[0].double())
            rows[at].append(
                [float((parts[t.name] - t.mean).square().mean().sqrt()) / t.sigma for t in edge.spec.tensors]
            )
    return [np.array(scales) for scales in rows]


def _stored(model: LoadedModel, chain: Chain, at: int) -> int:
    """Numbers stored for a level: its anchor, slot and chunk embeddings; the root's with the first."""
    edge, stored = chain.edges[at], model.hierarchy.stored
    names = [name for c in edge.contributions for name in stored.owned_by(c.key)]
    names += [edge.anchor] if edge.link.stored else []
    root = sum(w.numel() for w in model.hierarchy.root_weights().values()) if at == 0 else 0
    return root + sum(stored[name].numel() for name in names)


def _title(model: LoadedModel, edge: Edge) -> str:
    return f"{model.node_name(edge.source)} → {model.node_name(edge.target)}"


def _contribution(model: LoadedModel, edge: Edge, contribution: Contribution) -> str:
    if contribution.node == edge.source:
        return _title(model, edge)
    return f"{model.node_name(contribution.node)} → {model.node_name(edge.target)} (residual)"
