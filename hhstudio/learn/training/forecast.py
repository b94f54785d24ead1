"""Forecast of a run: work that is left and its cost, the ground of every estimate of the time left."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from hhstudio.learn.training.baselines import Baselines
from hhstudio.learn.training.extra_evaluations import UNTRAINED_IMAGES, at_random
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import RunPosition, Segment
from hhstudio.learn.training.step_cost import step_costs
from hhstudio.learn.training.workload import passes_left, steps_left
from hhstudio.nets.stored import Condition


class Workload(NamedTuple):
    """Work of a run that is left, and what evaluation has cost.

    Attributes
    ----------
    steps : dict of str to int
        Still to be taken, by path and, of what comes after the tree, by ``Progress.phase``.
    passes : int
        Images still to be classified, once for every condition that is asked.
    consolidating : bool
        Whether the steps taken now keep earlier conditions.
    passes_done : int
        Images classified so far.
    evaluation_seconds : float
        Seconds that took.
    """

    steps: dict[str, int]
    passes: int
    consolidating: bool
    passes_done: int
    evaluation_seconds: float


class Forecast:
    """Forecast for a trainer where it stands.

    Parameters
    ----------
    learner : Learner
    at : RunPosition
    baselines : Baselines
    steps : callable
        Segment -> int: its steps.
    """

    def __init__(
        self, learner: Learner, at: RunPosition, baselines: Baselines, steps: Callable[[Segment], int]
    ) -> None:
        self._learner, self._at, self._baselines, self._steps = learner, at, baselines, steps

    def workload(self) -> Workload:
        """Work that is left, and what evaluation has cost."""
        at, learner = self._at, self._learner
        steps = steps_left(at, self._steps) | self._baselines.steps_by_phase()
        learning = bool(at.current or at.queue)
        passes = passes_left(learner, at, self._steps) if learning else 0
        consolidating = bool(learner.done) and learner.beta > 0
        return Workload(
            steps,
            passes,
            consolidating,
            learner.evaluation_counter.passes,
            learner.evaluation_counter.seconds,
        )

    @property
    def device(self) -> torch.device:
        """Device of the run."""
        return self._learner.device

    def measure_once(self) -> None:
        """Measure one accuracy of a path that has not begun, so that the cost of an evaluation is known."""
        solver = next(iter(self._learner.hierarchy.tree.chains))
        at_random(self._learner, [Condition(solver, 0)], UNTRAINED_IMAGES)

    def step_costs(self, seconds: float) -> dict[str, tuple[float, float]]:
        """Seconds a step, from trial steps that change nothing.

        Parameters
        ----------
        seconds : float
            About as long as the trials may take.

        Returns
        -------
        dict of str to (float, float)
            By path and phase: alone, and with earlier conditions to be kept.
        """
        return step_costs(self._learner, self._at, self._baselines, seconds)
