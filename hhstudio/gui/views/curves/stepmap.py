"""Step map: global steps become steps of the path, tasks, or training time along the x axis.

Each is an increasing, piecewise linear function of the global step, so that curves, task bands and the
crosshair share one translation, and a range on screen translates back into steps for decimation.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from hhstudio.core.run.history import History, TaskMark

Mode = Literal["path", "step", "epoch", "task", "time"]
TITLES: dict[Mode, str] = {
    "path": "Steps on the path",
    "step": "Steps of the run",
    "epoch": "Epochs on the path",
    "task": "Tasks",
    "time": "Training time",
}
MEANINGS: dict[Mode, str] = {
    "path": "training steps spent on this path; steps on other paths are left out",
    "step": "training steps since the run began",
    "epoch": "passes over the training images of the path's tasks, one task after the other",
    "task": "tasks learned on this path, each equally wide",
    "time": "sum of the recorded step times, in seconds (evaluation and pauses left out)",
}


class StepMap:
    """Piecewise linear between knots; goes on with ``slope`` behind the last one, flat before the first."""

    def __init__(self, steps: np.ndarray, x: np.ndarray, slope: float = 1.0) -> None:
        self._steps = np.asarray(steps, float)
        self._x = np.asarray(x, float)
        self._slope = slope

    def to_x(self, steps: np.ndarray) -> np.ndarray:
        steps = np.asarray(steps, float)
        beyond = np.maximum(steps - self._steps[-1], 0.0)
        return np.interp(steps, self._steps, self._x) + self._slope * beyond

    def to_step(self, x: float) -> float:
        """The step at an x; the other way round."""
        if x > self._x[-1]:
            return float(self._steps[-1] + (x - self._x[-1]) / self._slope) if self._slope else np.inf
        return float(np.interp(x, self._x, self._steps))


class LogStepMap(StepMap):
    """The same, on a logarithmic axis: x is log10, and what lies before ``least`` stands at its start."""

    def __init__(self, linear: StepMap, least: float) -> None:
        self._linear, self._least = linear, least

    def to_x(self, steps: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(self._linear.to_x(steps), self._least))

    def to_step(self, x: float) -> float:
        return self._linear.to_step(10.0**x) if x > np.log10(self._least) else 0.0


LEAST: dict[Mode, float] = {"path": 1.0, "step": 1.0, "epoch": 0.1, "task": 0.01, "time": 0.1}
"""Where a logarithmic axis begins."""

IDENTITY = StepMap(np.zeros(1), np.zeros(1))


def marks_of(history: History, path: str) -> list[TaskMark]:
    return [mark for mark in history.marks if mark.path == path]


def step_map(history: History, path: str, mode: Mode, log: bool = False) -> StepMap:
    """The translation for a path. Without marks (or, for time, step times) it is the global step."""
    linear = _linear_map(history, path, mode)
    return LogStepMap(linear, LEAST[mode]) if log else linear


def _linear_map(history: History, path: str, mode: Mode) -> StepMap:
    if mode == "time":
        return _time_map(history)
    marks = marks_of(history, path)
    if mode == "step" or not marks:
        return IDENTITY
    usual = steps_a_task(history)
    knots_step, knots_x, here, slope = [], [], 0.0, 0.0
    for mark in marks:
        stop = history.step if mark.stop is None else mark.stop
        length = max(stop - mark.start, 0)
        scale = 1.0
        if mode == "task":
            scale = 1.0 / (usual if mark.stop is None else max(length, 1))
        elif mode == "epoch":
            scale = _epochs_a_step(history, mark.task)
        knots_step += [mark.start, stop]
        knots_x += [here, here + length * scale]
        here += length * scale
        slope = scale if mark.stop is None else 0.0
    return StepMap(np.array(knots_step), np.array(knots_x), slope)


def steps_a_task(history: History) -> int:
    """Steps that a task takes, as far as is known: from the progress, finished tasks, or the spec."""
    if history.progress is not None and history.progress.task_steps > 0:
        return history.progress.task_steps
    lengths = [mark.stop - mark.start for mark in history.marks if mark.stop is not None]
    if lengths:
        return max(*lengths, 1)
    return max(history.spec.training.steps, 1) if history.spec else 100


def _epochs_a_step(history: History, task: int) -> float:
    """Images a step over the task's training images; a step counts as 1 where they are not known."""
    images = history.tasks[task].train_images if 0 <= task < len(history.tasks) else 0
    return history.spec.training.batch_size / images if images and history.spec else 1.0


def _time_map(history: History) -> StepMap:
    step_times = [s for (_, _, metric), s in history.series.items() if metric == "step_time" and len(s)]
    if not step_times:
        return IDENTITY
    steps = np.concatenate([s.steps for s in step_times])
    seconds = np.concatenate([s.values for s in step_times])
    steps, first = np.unique(steps, return_index=True)
    spent = np.nan_to_num(seconds[first], nan=0.0, posinf=0.0, neginf=0.0)
    spent = np.cumsum(spent * np.diff(steps, prepend=min(0, steps[0] - 1)))
    if len(steps) > 4096:  # a straight line between every 4096th part is closer than a pixel
        sample = np.unique(np.linspace(0, len(steps) - 1, 4096).astype(int))
        steps, spent = steps[sample], spent[sample]
    return StepMap(np.append(0, steps), np.append(0.0, spent), slope=float(spent[-1] / max(steps[-1], 1)))
