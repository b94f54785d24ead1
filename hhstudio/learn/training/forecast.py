"""What a run still has to do and what that costs: the ground of every estimate of the time left."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch

from hhstudio.learn.training.baselines import Baselines
from hhstudio.learn.training.extra_evaluations import UNTRAINED_IMAGES, at_random
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import Position, Stint
from hhstudio.learn.training.step_cost import step_costs
from hhstudio.learn.training.workload import passes_left, steps_left
from hhstudio.nets.hierarchy import Condition


class Workload(NamedTuple):
    """``steps``: still to be taken, by path and, of what comes after the tree, by ``Progress.phase``.
    ``passes``: images still to be classified, once for every condition that is asked. ``burdened``: whether
    the steps taken now keep earlier conditions. ``measured`` and ``measuring``: passes so far, and the
    seconds they took."""

    steps: dict[str, int]
    passes: int
    burdened: bool
    measured: int
    measuring: float


class Forecast:
    """Counts for a trainer where it stands; ``steps``: of a stint."""

    def __init__(
        self, learner: Learner, at: Position, baselines: Baselines, steps: Callable[[Stint], int]
    ) -> None:
        self._learner, self._at, self._baselines, self._steps = learner, at, baselines, steps

    def workload(self) -> Workload:
        """What is still to be done, and what measuring has cost."""
        at, learner = self._at, self._learner
        steps = steps_left(at, self._steps) | self._baselines.steps_by_phase()
        learning = bool(at.current or at.queue)
        passes = passes_left(learner, at, self._steps) if learning else 0
        burdened = bool(learner.done) and learner.beta > 0
        return Workload(steps, passes, burdened, learner.tally.passes, learner.tally.seconds)

    @property
    def device(self) -> torch.device:
        return self._learner.device

    def measure_once(self) -> None:
        """Measure an accuracy of a path that has not begun, so that there is a tally of what that costs."""
        solver = next(iter(self._learner.hierarchy.tree.chains))
        at_random(self._learner, [Condition(solver, 0)], UNTRAINED_IMAGES)

    def step_costs(self, seconds: float) -> dict[str, tuple[float, float]]:
        """Seconds a step by path and phase, alone and with earlier conditions to be kept; from trials that
        take about ``seconds`` at most and change nothing."""
        return step_costs(self._learner, self._at, self._baselines, seconds)
