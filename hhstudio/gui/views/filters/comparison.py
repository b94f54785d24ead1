"""Comparison of a tensor with the same one for another task, on another path, or at another time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from hhstudio.core.run.history import PathTask
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.state.selection import LATEST
from hhstudio.gui.views.filters.source import FilterSource
from hhstudio.gui.widgets.task_style import task_label, task_short

_MOST_TIMES = 24
"""Snapshots that are offered; where there are more, evenly spread ones."""


@dataclass(frozen=True)
class Elsewhere:
    """The same task on another path."""

    path: str
    task: int


@dataclass(frozen=True)
class Earlier:
    """The same condition at a step; :data:`~hhstudio.gui.state.selection.LATEST`: as it is now."""

    step: int


def offered(
    source: FilterSource, condition: PathTask, available: Collection[PathTask]
) -> list[tuple[str, object]]:
    """Texts and data for a choice: nothing, other tasks, other paths, other times."""
    path, task = condition
    tasks = range(len(source.tasks))
    entries: list[tuple[str, object]] = [("nothing", None)]
    entries += [(task_label(source.tasks, t), t) for t in tasks if (path, t) in available and t != task]
    entries += [
        (f"{other} · {task_short(task)}", Elsewhere(other, task))
        for other in source.paths
        if other != path and (other, task) in available
    ]
    times = source.moments(condition)
    chosen = (
        np.unique(np.linspace(0, len(times) - 1, min(len(times), _MOST_TIMES)).astype(int)) if times else ()
    )
    entries += [(f"step {times[at]}", Earlier(times[at])) for at in chosen]
    if times:
        entries.append(("now", Earlier(LATEST)))
    return entries


def title(choice: object, tasks: Sequence[TaskInfo]) -> str:
    """A choice in words."""
    match choice:
        case int():
            return task_label(tasks, choice)
        case Elsewhere(path, task):
            return f"{path} · {task_label(tasks, task)}"
        case Earlier(step):
            return "now" if step == LATEST else f"step {step}"
    return ""


def tensor(source: FilterSource, condition: PathTask, choice: object, name: str) -> np.ndarray | None:
    """The tensor that was chosen to compare with; None where there is none. Raises HHStudioError."""
    other: tuple[np.ndarray, int | None] | None
    match choice:
        case int():
            other = source.tensor((condition[0], choice), name)
        case Elsewhere(path, task):
            other = source.tensor((path, task), name) if name in source.names((path, task)) else None
        case Earlier(step) if step != LATEST:
            other = source.snapshot(condition, name, step)
        case Earlier():
            shown, source.step = source.step, LATEST
            try:
                other = source.tensor(condition, name)
            finally:
                source.step = shown
        case _:
            return None
    return np.asarray(other[0], np.float32) if other else None
