"""Weights between tasks: mixtures of task embeddings, and walks along their principal directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis.answers import Mixture
from hhstudio.core.errors import DataError, SessionError
from hhstudio.learn.analysis.loaded_model import Bench, Weights
from hhstudio.nets.hierarchy import Condition


def mixture(
    bench: Bench,
    path: str,
    shares: Mapping[int, float],
    on: Sequence[int] | None = None,
    images: int = 200,
    tensors: Sequence[str] = (),
) -> Mixture:
    """Generate from embeddings that are the mixture of those of several tasks of a path, at every level.

    ``shares``: by task, summing to 1 (any finite numbers: beyond a corner is allowed). ``on``: tasks on
    whose first test images the result is measured (None: those mixed). Without test images accuracies are
    NaN. At a corner the result is the task's own weights, bit for bit. Raises SessionError.
    """
    numbers = np.array(list(shares.values()), float)
    if not len(numbers) or not np.isfinite(numbers).all() or abs(numbers.sum() - 1) > 1e-6:
        raise SessionError("a mixture needs shares that sum to 1")
    for task in shares:
        bench.condition(path, task)
    mixed = {task: share for task, share in shares.items() if share}
    asked = tuple(mixed if on is None else on)
    spec = bench.chain(path).last.spec
    with torch.no_grad(), bench.mixed(path, shares) as own:
        weights = bench.learner.solver_weights([own])[own]
        unknown = [name for name in tensors if name not in weights]
        if unknown:
            raise SessionError(f"{path}: the solver has no tensor {unknown[0]!r}")
        flat = spec.join(weights)
        scores = [_score(bench, own, weights, task, images) for task in asked]
        apart = [_apart(bench, path, task, flat) if task in mixed else np.nan for task in shares]
    return Mixture(
        path=path,
        tasks=tuple(shares),
        shares=numbers,
        on=asked,
        images=max((count for _, _, count in scores), default=0),
        accuracy=np.array([accuracy for accuracy, _, _ in scores]),
        loss=np.array([loss for _, loss, _ in scores]),
        apart=np.array(apart, float),
        tensors={name: weights[name].float().cpu().numpy().copy() for name in tensors},
    )


def walk(
    bench: Bench, path: str, component: int, amount: float, start: int | None = None
) -> tuple[dict[int, float], float]:
    """Shares that lead along a principal direction of a path's task embeddings (of all levels together).

    ``amount``: in standard deviations of that component; ``start``: the task from which to walk, None the
    mean of all. Returns the shares by task and the component's share of the variance. Raises SessionError
    where the embeddings span no such component.
    """
    tasks = bench.tasks_on(path)
    if len(tasks) < 2:
        raise SessionError(f"{path} has begun {len(tasks)} tasks: a direction needs at least two")
    found = geometry.principal(geometry.gram(embeddings(bench, path)), components=len(tasks))
    if not 0 <= component < len(found.share):
        raise SessionError(f"{path}: its task embeddings span {len(found.share)} principal directions")
    if start is None:
        base = np.full(len(tasks), 1 / len(tasks))
    else:
        bench.condition(path, start)
        base = np.array([float(task == start) for task in tasks])
    numbers = base + amount * found.spread[component] * found.combination[component]
    return dict(zip(tasks, numbers.tolist(), strict=True)), float(found.share[component])


def embeddings(bench: Bench, path: str) -> np.ndarray:
    """(tasks, sum of sizes): what is stored for each task of a path, all levels side by side."""
    stored = bench.hierarchy.stored
    rows = [
        torch.cat([stored[name].detach().double().cpu().ravel() for name in bench.hierarchy.embeddings_of(c)])
        for c in bench.conditions(path)
    ]
    return torch.stack(rows).numpy()


def _score(
    bench: Bench, own: Condition, weights: Weights, task: int, images: int
) -> tuple[float, float, int]:
    try:
        count = len(bench.batch(task, images)[1])
    except DataError:
        return float("nan"), float("nan"), 0
    return (*bench.score(own, weights, task, images), count)


def _apart(bench: Bench, path: str, task: int, flat: torch.Tensor) -> float:
    """Relative distance of weights from those of a task."""
    own = bench.chain(path).last.spec.join(bench.weights(bench.condition(path, task)))
    return geometry.relative_change(flat.float().cpu().numpy(), own.float().cpu().numpy())
