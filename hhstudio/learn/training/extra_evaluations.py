"""Extra evaluations: accuracies before learning, and with parts of the tree taken out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hhstudio.core.run import edge_contributions
from hhstudio.learn.training.evaluation import accuracies
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import RunPosition
from hhstudio.nets.stored import Condition

UNTRAINED_IMAGES = 1000
"""Test images a task for the accuracy of an untrained solver."""


def untrained(learner: Learner, at: RunPosition) -> dict[Condition, float]:
    """Accuracy of every path that has not begun, on every task, before anything is learned on it.

    Parameters
    ----------
    learner : Learner
    at : RunPosition

    Returns
    -------
    dict of Condition to float
        0 to 1, on at most :data:`UNTRAINED_IMAGES` images a task.
    """
    begun = {c.solver for c in at.begun}
    fresh = [c for segment in at.queue for c in segment if c.solver not in begun]
    limit = min(learner.spec.evaluation.limit or UNTRAINED_IMAGES, UNTRAINED_IMAGES)
    return at_random(learner, fresh, limit)


def at_random(learner: Learner, conditions: Sequence[Condition], limit: int | None) -> dict[Condition, float]:
    """Accuracies of conditions before they are learned, at the embeddings with which they will begin.

    Where the task is not given, those of a path read an image together with all that have begun on it.

    Parameters
    ----------
    learner : Learner
        As it was, afterwards.
    conditions : sequence of Condition
    limit : int or None
        Images a task at most.

    Returns
    -------
    dict of Condition to float
        0 to 1.
    """
    measured: dict[Condition, float] = {}
    by_path: dict[str, list[Condition]] = {}
    for c in conditions:
        by_path.setdefault(c.solver, []).append(c)
    alone = learner.stream.scenario == "task"
    for together in [[c] for c in conditions] if alone else by_path.values():
        for c in together:
            learner.hierarchy.add(c)
            learner.buffers[c] = learner.hierarchy.tree.solvers[c.solver].fresh_buffers(learner.device)
        measured |= accuracies(learner, together, limit)
        for c in together:
            del learner.buffers[c]
            learner.hierarchy.remove(c)
    return measured


def contributions(
    learner: Learner, finished: Sequence[Condition]
) -> Iterator[tuple[str, dict[Condition, float]]]:
    """Accuracies with each contribution on a path taken out, and with all of them (anchors only).

    Parameters
    ----------
    learner : Learner
    finished : sequence of Condition

    Yields
    ------
    metric : str
        :func:`hhstudio.core.run.edge_contributions.metric` of the contribution.
    measured : dict of Condition to float
        0 to 1, of the conditions of one path.
    """
    hierarchy = learner.hierarchy
    for solver in dict.fromkeys(c.solver for c in finished):
        own = [c for c in finished if c.solver == solver]
        keys = [c.key for edge in hierarchy.tree.chains[solver].edges for c in edge.contributions]
        for name, silent in [*((key, [key]) for key in keys), (edge_contributions.ALL, keys)]:
            with hierarchy.without_contributions(silent):
                measured = accuracies(learner, own, learner.spec.evaluation.limit)
            yield edge_contributions.metric(name), measured
