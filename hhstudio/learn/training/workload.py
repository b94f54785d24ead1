"""Workload of a run: steps left by path, and images still to be classified for its accuracies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from hhstudio.core.spec.spec import Spec
from hhstudio.learn.data import TaskStream
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import RunPosition, Segment
from hhstudio.nets.stored import Condition


def steps_left(at: RunPosition, steps: Callable[[Segment], int]) -> dict[str, int]:
    """Steps by path, of the segment that is being learned and of all that wait.

    Parameters
    ----------
    at : RunPosition
    steps : callable
        Segment -> int: its steps.

    Returns
    -------
    dict of str to int
    """
    remaining: Counter[str] = Counter()
    if at.current:
        remaining[at.name(at.current[0].solver)] += max(0, steps(at.current) - at.done)
    for segment in at.queue:
        remaining[at.name(segment[0].solver)] += steps(segment)
    return dict(remaining)


def passes_left(learner: Learner, at: RunPosition, steps: Callable[[Segment], int]) -> int:
    """Images still to be classified, once for every condition that is asked.

    Counts as :class:`~hhstudio.learn.training.trainer.Trainer` evaluates.

    Parameters
    ----------
    learner : Learner
    at : RunPosition
    steps : callable
        Segment -> int: its steps.

    Returns
    -------
    int
    """
    spec, stream, tree = learner.spec, learner.stream, learner.hierarchy.tree
    count = _Count(spec, stream)
    finished: dict[str, list[Condition]] = {}
    for c in at.finished:
        finished.setdefault(c.solver, []).append(c)
    every, total = spec.evaluation.every, 0
    for place, segment in enumerate([at.current, *at.queue] if at.current else at.queue):
        done = at.done if place == 0 and at.current else 0
        own = finished.setdefault(segment[0].solver, [])
        begun = len(own) + len(segment)
        if every:
            looks = (steps(segment) - 1) // every - done // every
            asked = [*(own if spec.evaluation.earlier else ()), *segment]
            images = count.of(asked, spec.evaluation.limit, begun) + count.validation(segment, begun)
            total += looks * images
        if done == 0:
            total += count.of(segment, spec.evaluation.limit, begun)
        own += segment
        total += sum(count.of(conditions, None, len(conditions)) for conditions in finished.values())
        total += count.validation(segment, begun)
        total += count.of(segment[:1], None, begun + 1)  # the next task, before it is learned
    for solver, conditions in finished.items():
        keys = sum(len(edge.contributions) for edge in tree.chains[solver].edges)
        begun = len(conditions)
        total += count.of(conditions, None, begun)
        total += (keys + 1) * count.of(conditions, spec.evaluation.limit, begun)
    return total


class _Count:
    def __init__(self, spec: Spec, stream: TaskStream) -> None:
        self._spec, self._stream = spec, stream
        self._told = stream.scenario == "task"

    def of(self, conditions: Iterable[Condition], limit: int | None, readers: int) -> int:
        """Images of conditions of one path; where the task is not told, each read by so many conditions."""
        sizes = [self._stream.tasks[c.task].test_images for c in conditions]
        images = sum(size if limit is None else min(size, limit) for size in sizes)
        return images * (1 if self._told else readers)

    def validation(self, segment: Segment, readers: int) -> int:
        """Images held out of a segment, when they are looked at."""
        if self._spec.training.early_stopping.patience <= 0:
            return 0
        images = sum(len(self._stream.data[c.task].valid_labels) for c in segment)
        return images * (1 if self._told else readers)
