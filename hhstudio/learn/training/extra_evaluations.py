"""Accuracies that are measured beside the learning: before it, and with parts of the tree taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hhstudio.core.run import edge_contributions
from hhstudio.learn.training.evaluation import accuracies
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import Position
from hhstudio.nets.hierarchy import Condition

UNTRAINED_IMAGES = 1000
"""Test images a task for the accuracy of an untrained solver."""


def untrained(learner: Learner, at: Position) -> dict[Condition, float]:
    """Accuracy of every path that has not begun, on every task, before anything is learned on it."""
    begun = {c.solver for c in at.begun}
    fresh = [c for stint in at.queue for c in stint if c.solver not in begun]
    limit = min(learner.spec.evaluation.limit or UNTRAINED_IMAGES, UNTRAINED_IMAGES)
    return at_random(learner, fresh, limit)


def at_random(learner: Learner, conditions: Sequence[Condition], limit: int | None) -> dict[Condition, float]:
    """Accuracies of conditions before they are learned, at the embeddings with which they will begin."""
    found: dict[Condition, float] = {}
    for c in conditions:
        learner.hierarchy.add(c)
        learner.buffers[c] = learner.hierarchy.tree.solvers[c.solver].fresh_buffers(learner.device)
        found |= accuracies(learner, [c], limit)
        del learner.buffers[c]
        for name in learner.hierarchy.embeddings_of(c):
            del learner.hierarchy.stored[name]
    return found


def contributions(
    learner: Learner, finished: Sequence[Condition]
) -> Iterator[tuple[str, dict[Condition, float]]]:
    """Metric and accuracies with each contribution on a path taken out, and with all (anchors only)."""
    hierarchy = learner.hierarchy
    for solver in dict.fromkeys(c.solver for c in finished):
        own = [c for c in finished if c.solver == solver]
        keys = [c.key for edge in hierarchy.tree.chains[solver].edges for c in edge.contributions]
        for name, silent in [*((key, [key]) for key in keys), (edge_contributions.ALL, keys)]:
            with hierarchy.without(silent):
                measured = accuracies(learner, own, learner.spec.evaluation.limit)
            yield edge_contributions.metric(name), measured
