"""Accuracy on test images: every condition is generated once, and read in large batches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from hhstudio.nets.hierarchy import Condition

if TYPE_CHECKING:
    from hhstudio.learn.training.learner import Learner


PORTION = 2**24
"""Numbers of generated weights, about, that are held at once while measuring."""


@dataclass
class Tally:
    """What measuring has cost so far. ``passes``: images classified, once for every condition asked."""

    passes: int = 0
    seconds: float = 0.0


@torch.no_grad()
def accuracies(
    learner: Learner,
    conditions: Sequence[Condition],
    limit: int | None = None,
    held_out: Literal["test", "valid"] = "test",
) -> dict[Condition, float]:
    """Share of correctly classified test (or validation) images of each condition's task, 0 to 1.

    In the scenarios domain and class the task is not told: each image is read by every condition of the
    same path that is asked for here, and the prediction of least entropy counts (von Oswald et al. 2019,
    HNET+ENT). ``limit``: the first images of a task, which are in no particular order of class.
    Numbers stay on the device until all are known.
    """
    if not conditions:
        return {}
    began = time.perf_counter()
    told = learner.stream.scenario == "task"
    found = {}
    for together in _together(learner, conditions, told):
        weights = learner.solver_weights(together)
        for condition in together:
            asked = [condition] if told else together
            found[condition] = _accuracy(learner, condition, asked, weights, limit, held_out)
    numbers = torch.stack([found[condition] for condition in conditions]).tolist()
    measured = dict(zip(conditions, numbers, strict=True))
    learner.tally.seconds += time.perf_counter() - began
    return measured


def _together(learner: Learner, conditions: Sequence[Condition], told: bool) -> list[list[Condition]]:
    """Conditions whose weights are generated in one product and held at once: all that a path's images are
    read by; where the task is told, as many as :data:`PORTION` numbers hold."""
    groups: dict[tuple[str, int], list[Condition]] = {}
    taken = 0
    for condition in conditions:
        size = learner.hierarchy.tree.solvers[condition.solver].spec.size
        groups.setdefault(("", taken // PORTION) if told else (condition.solver, 0), []).append(condition)
        taken += size
    return list(groups.values())


def _accuracy(
    learner: Learner,
    condition: Condition,
    asked: Sequence[Condition],
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
        logits = [learner.logits(c, weights[c], learner.task_data(c.task), seen, False) for c in asked]
        wanted = labels[start : start + size]
        learner.tally.passes += len(seen) * len(asked)
        predicted = logits[0].argmax(1) if len(asked) == 1 else _least_entropy(logits)
        correct += (predicted == wanted).sum()
    return correct / max(1, len(labels))


def _least_entropy(logits: Sequence[Tensor]) -> Tensor:
    """(N,) labels as predicted by the most certain of several solvers, image by image."""
    entropies = torch.stack([torch.special.entr(x.softmax(1)).sum(1) for x in logits])
    labels = torch.stack([x.argmax(1) for x in logits])
    return labels.gather(0, entropies.argmin(0, keepdim=True))[0]
