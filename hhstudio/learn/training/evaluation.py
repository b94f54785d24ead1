"""Accuracy on test images: each condition is generated once and evaluated in large batches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from hhstudio.learn.task_inference import predicted
from hhstudio.learn.training.learner import Learner
from hhstudio.nets.stored import Condition

PORTION = 2**24
"""Numbers of generated weights, about, that are in memory at once during an evaluation."""


@torch.no_grad()
def accuracies(
    learner: Learner,
    conditions: Sequence[Condition],
    limit: int | None = None,
    held_out: Literal["test", "valid"] = "test",
    readers: Sequence[Condition] | None = None,
) -> dict[Condition, float]:
    """Share of correctly classified images of each condition's task.

    In the scenarios domain and class the task is not given: each image is read by several conditions of the
    path, whichever are asked for here, and the prediction of least entropy counts. Numbers stay on the device
    until all are known.

    Parameters
    ----------
    learner : Learner
        Its :attr:`~Learner.evaluation_counter` counts what this costs.
    conditions : sequence of Condition
    limit : int, optional
        Only the first images of a task, which are in no particular order of class.
    held_out : {"test", "valid"}
        Which images.
    readers : sequence of Condition, optional
        Which conditions read an image where the task is not given, each the images of its own path; by
        default all that have begun to learn. In the scenario task a condition reads its own task's images.

    Returns
    -------
    dict of Condition to float
        0 to 1, in the order of ``conditions``.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks (HNET+ENT: task inference by entropy).
    """
    if not conditions:
        return {}
    began = time.perf_counter()
    task_known = learner.stream.scenario == "task"
    shares = {}
    reading = learner.begun if readers is None else readers
    for together in _together(learner, conditions, task_known):
        own_readers = [c for c in reading if c.solver == together[0].solver]
        weights = learner.solver_weights(together if task_known else own_readers)
        for condition in together:
            able = [condition] if task_known else own_readers
            shares[condition] = _accuracy(learner, condition, able, weights, limit, held_out)
    numbers = torch.stack([shares[condition] for condition in conditions]).tolist()
    measured = dict(zip(conditions, numbers, strict=True))
    learner.evaluation_counter.seconds += time.perf_counter() - began
    return measured


def _together(learner: Learner, conditions: Sequence[Condition], task_known: bool) -> list[list[Condition]]:
    """Conditions that are measured together: those of a path; where the task is known, as many as
    :data:`PORTION` numbers hold, whose weights are generated in one product."""
    groups: dict[tuple[str, int], list[Condition]] = {}
    taken = 0
    for condition in conditions:
        size = learner.hierarchy.tree.solvers[condition.solver].spec.size
        groups.setdefault(("", taken // PORTION) if task_known else (condition.solver, 0), []).append(
            condition
        )
        taken += size
    return list(groups.values())


def _accuracy(
    learner: Learner,
    condition: Condition,
    readers: Sequence[Condition],
    weights: Mapping[Condition, Mapping[str, Tensor]],
    limit: int | None,
    held_out: Literal["test", "valid"],
) -> Tensor:
    data = learner.task_data(condition.task)
    images, labels = data.test_images, data.test_labels
    if held_out == "valid":
        images, labels = data.valid_images, data.valid_labels
    if limit is not None:
        images, labels = images[:limit], labels[:limit]
    size = learner.spec.evaluation.batch_size
    correct = torch.zeros((), device=labels.device)
    for start in range(0, len(labels), size):
        seen = images[start : start + size]
        # normalised and permuted as the image's task is: a reader that did it in its own way would be told
        logits = [learner.logits(c, weights[c], data, seen, False) for c in readers]
        wanted = labels[start : start + size]
        learner.evaluation_counter.passes += len(seen) * len(readers)
        correct += (predicted(logits) == wanted).sum()
    return correct / max(1, len(labels))
