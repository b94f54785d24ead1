"""Accuracy matrix of one path as the content of a heat map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.widgets.heat_map import Content, Label
from hhstudio.gui.widgets.task_style import task_label, task_short, task_tooltip


def matrix_content(
    path: str, matrix: np.ndarray, tasks: Sequence[TaskInfo], low: float, end: np.ndarray | None = None
) -> Content:
    """Row i: after learning task i; column j: accuracy on task j, from 0 to 1. The diagonal is outlined.

    Tasks that were measured before they were learned (above the diagonal) stand without a fill. ``low``: the
    accuracy at the light end of the colour scale (1 is the strong end). ``end``: accuracies (T,) when every
    path had learned, as a row of its own below.
    """
    measured = np.flatnonzero(~np.isnan(matrix).all(axis=1))
    last = matrix[measured[-1]] if measured.size else np.full(len(matrix), np.nan)

    def at_end(j: int) -> str:
        assert end is not None
        on = task_label(tasks, j)
        if np.isnan(end[j]):
            return f"{path}: not measured on {on} at the end"
        text = f"{path}  end {100 * end[j]:.2f} %: accuracy on {on} when every path had learned"
        if np.isnan(last[j]):
            return text
        change = f"{100 * (end[j] - last[j]):+.2f}".replace("-", "−")
        return f"{text}; {change} points while other paths were learned"

    def described(i: int, j: int) -> str:
        if i == len(matrix):
            return at_end(j)
        value = matrix[i, j]
        after, on = task_label(tasks, i), task_label(tasks, j)
        if np.isnan(value):
            return f"{path}  R[{i}, {j}]: not measured (accuracy on {on} after learning {after})"
        text = f"{path}  R[{i}, {j}] = {100 * value:.2f} %: accuracy on {on} after learning {after}"
        if j > i:
            return text + ", before it was learned"
        if i > j and not np.isnan(matrix[j, j]):
            change = 100 * (value - matrix[j, j])
            return text + f"; {change:+.2f} points since it was learned".replace("-", "−")
        return text

    def tip(i: int, j: int) -> str:
        text = f"{described(i, j)}\n\n{task_tooltip(tasks, j)}"
        return text if i in (j, len(matrix)) else f"{text}\n\nafter learning {task_tooltip(tasks, i)}"

    learned = ~np.isnan(matrix).all(axis=1)
    names = tuple(Label(task_short(k), k, faint=not learned[k]) for k in range(len(matrix)))
    return Content(
        values=matrix if end is None else np.vstack([matrix, end]),
        rows=names if end is None else (*names, Label("end")),
        columns=names,
        low=low,
        high=1.0,
        signed=False,
        shown=lambda value: f"{100 * value:.1f}",
        short=lambda value: f"{100 * value:.0f}",
        described=described,
        tip=tip,
        filled=np.tri(len(matrix) + (end is not None), len(matrix), dtype=bool),
        diagonal=True,
    )
