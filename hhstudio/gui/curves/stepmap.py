"""What x means in a panel: global steps become steps of the path, tasks, or training time.

Each is an increasing, piecewise linear function of the global step, so that curves, task bands and the
crosshair share one translation, and a range on screen translates back into steps for decimation.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from hhstudio.core.history import History, TaskMark

Mode = Literal["path", "step", "task", "time"]
TITLES: dict[Mode, str] = {
    "path": "Steps on the path",
    "step": "Steps of the run",
    "task": "Tasks",
    "time": "Training time",
}
MEANINGS: dict[Mode, str] = {
    "path": "training steps spent on this path; steps on other paths are left out",
    "step": "training steps since the run began",
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
        if x > self._x[-1]:
            return float(self._steps[-1] + (x - self._x[-1]) / self._slope) if self._slope else np.inf
        return float(np.interp(x, self._x, self._steps))


IDENTITY = StepMap(np.zeros(1), np.zeros(1))


def marks_of(history: History, path: str) -> list[TaskMark]:
    return [mark for mark in history.marks if mark.path == path]


def step_map(history: History, path: str, mode: Mode) -> StepMap:
    """The translation for a path. Without marks (or, for time, step times) it is the global step."""
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
        scale = 1.0 if mode == "path" else 1.0 / (usual if mark.stop is None else max(length, 1))
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


def _time_map(history: History) -> StepMap:
    found = [s for (_, _, metric), s in history.series.items() if metric == "step_time" and len(s)]
    if not found:
        return IDENTITY
    steps = np.concatenate([s.steps for s in found])
    seconds = np.concatenate([s.values for s in found])
    steps, first = np.unique(steps, return_index=True)
    spent = np.nan_to_num(seconds[first], nan=0.0, posinf=0.0, neginf=0.0)
    spent = np.cumsum(spent * np.diff(steps, prepend=min(0, steps[0] - 1)))
    if len(steps) > 4096:  # a straight line between every 4096th part is closer than a pixel
        kept = np.unique(np.linspace(0, len(steps) - 1, 4096).astype(int))
        steps, spent = steps[kept], spent[kept]
    return StepMap(np.append(0, steps), np.append(0.0, spent), slope=float(spent[-1] / max(steps[-1], 1)))
