"""Interpolation of task embeddings: mixtures, and walks along principal directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Mixture
from hhstudio.core.analysis.registry import answers
from hhstudio.core.errors import DataError, SessionError
from hhstudio.learn.analysis.loaded_model import LoadedModel, Weights
from hhstudio.nets.stored import Condition


@answers(q.Interpolate)
def mixture(
    model: LoadedModel,
    path: str,
    shares: Mapping[int, float],
    on: Sequence[int] | None,
    images: int,
    tensors: Sequence[str],
) -> Mixture:
    """Generate from embeddings that are the mixture of those of several tasks of a path.

    Parameters
    ----------
    model : LoadedModel
    path : str
    shares : mapping of int to float
        Share by task; they sum to 1, and may lie below 0 or above 1.
    on : sequence of int or None
        Tasks on whose test images the result is measured; None: those with a share.
    images : int
        The first so many test images of each.
    tensors : sequence of str
        Tensors that come with the answer, by name.

    Returns
    -------
    Mixture
        Accuracies and losses are NaN where there are no test images.

    Raises
    ------
    SessionError
        Where the shares do not sum to 1, a task has not begun, or there is no such tensor.
    """
    numbers = np.array(list(shares.values()), float)
    if not len(numbers) or not np.isfinite(numbers).all() or abs(numbers.sum() - 1) > 1e-6:
        raise SessionError("a mixture needs shares that sum to 1")
    for task in shares:
        model.condition(path, task)
    mixed = {task: share for task, share in shares.items() if share}
    measured = tuple(mixed if on is None else on)
    spec = model.chain(path).last.spec
    with torch.no_grad(), model.mixed(path, shares) as own:
        weights = model.learner.solver_weights([own])[own]
        unknown = [name for name in tensors if name not in weights]
        if unknown:
            raise SessionError(f"{path}: the solver has no tensor {unknown[0]!r}")
        flat = spec.join(weights)
        # one head for all images, of all classes in question: a task's own would tell the task
        told = model.spec.stream.scenario == "task"
        head = None if told else max((*model.tasks_on(path), *measured))
        scores = [_score(model, own, weights, task, images, head) for task in measured]
        apart = [_apart(model, path, task, flat) if task in mixed else np.nan for task in shares]
    return Mixture(
        path=path,
        tasks=tuple(shares),
        shares=numbers,
        on=measured,
        images=max((count for _, _, count in scores), default=0),
        accuracy=np.array([accuracy for accuracy, _, _ in scores]),
        loss=np.array([loss for _, loss, _ in scores]),
        apart=np.array(apart, float),
        tensors={name: weights[name].float().cpu().numpy().copy() for name in tensors},
    )


@answers(q.Walk)
def walk(
    model: LoadedModel,
    path: str,
    component: int,
    amount: float,
    start: int | None,
    on: Sequence[int] | None,
    images: int,
    tensors: Sequence[str],
) -> Mixture:
    """The mixture to which a walk along a principal direction leads.

    Parameters
    ----------
    model : LoadedModel
    path, component, amount, start
        As for :func:`walk_shares`.
    on : sequence of int or None
        Tasks on whose test images the result is measured; None: ``start``, or all where that is None.
    images : int
        The first so many test images of each.
    tensors : sequence of str
        Tensors that come with the answer, by name.

    Returns
    -------
    Mixture

    Raises
    ------
    SessionError
        Where the embeddings span no such direction, or there is no such tensor.
    """
    shares = walk_shares(model, path, component, amount, start)
    measured = on if on is not None else list(shares) if start is None else [start]
    return mixture(model, path, shares, measured, images, tensors)


def walk_shares(
    model: LoadedModel, path: str, component: int, amount: float, start: int | None
) -> dict[int, float]:
    """Shares by task that lead along a principal direction of a path's task embeddings.

    Parameters
    ----------
    model : LoadedModel
    path : str
    component : int
        Which direction, that of the largest variance first.
    amount : float
        How far, in standard deviations of that component.
    start : int or None
        The task from which to walk; None: the mean of all.

    Returns
    -------
    dict of int to float
        They sum to 1.

    Raises
    ------
    SessionError
        Where the path has begun fewer than two tasks, or its embeddings span no such direction.
    """
    tasks = model.tasks_on(path)
    if len(tasks) < 2:
        raise SessionError(f"{path} has begun {len(tasks)} tasks: a direction needs at least two")
    principal = geometry.principal(geometry.gram(task_embeddings(model, path)), components=len(tasks))
    if not 0 <= component < len(principal.share):
        raise SessionError(f"{path}: its task embeddings span {len(principal.share)} principal directions")
    if start is None:
        base = np.full(len(tasks), 1 / len(tasks))
    else:
        model.condition(path, start)
        base = np.array([float(task == start) for task in tasks])
    numbers = base + amount * principal.spread[component] * principal.combination[component]
    return dict(zip(tasks, numbers.tolist(), strict=True))


def task_embeddings(model: LoadedModel, path: str) -> np.ndarray:
    """What is stored for each task of a path, all levels side by side.

    Parameters
    ----------
    model : LoadedModel
    path : str

    Returns
    -------
    ndarray (tasks, sum of sizes) of float64
        In the order of the tasks.

    Raises
    ------
    SessionError
        For an unknown path.
    """
    stored = model.hierarchy.stored
    rows = [
        torch.cat([stored[name].detach().double().cpu().ravel() for name in model.hierarchy.embeddings_of(c)])
        for c in model.conditions(path)
    ]
    return torch.stack(rows).numpy()


def _score(
    model: LoadedModel, own: Condition, weights: Weights, task: int, images: int, head: int | None
) -> tuple[float, float, int]:
    try:
        count = len(model.batch(task, images)[1])
    except DataError:
        return float("nan"), float("nan"), 0
    return (*model.score(own, weights, task, images, head), count)


def _apart(model: LoadedModel, path: str, task: int, flat: torch.Tensor) -> float:
    """Relative distance of weights from those of a task."""
    own = model.chain(path).last.spec.join(model.weights(model.condition(path, task)))
    return geometry.relative_change(flat.float().cpu().numpy(), own.float().cpu().numpy())
