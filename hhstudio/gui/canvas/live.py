"""What training looks like on the canvas: for every path its accuracy, and which path is at work."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hhstudio.core.events import TERMINAL
from hhstudio.core.history import Changes, History
from hhstudio.gui.taskstyle import task_short

SPARK_POINTS = 48
"""Points of a sparkline; more would not be seen at its size."""


class PathLife(NamedTuple):
    """``accuracy``: of the running task while the path is at work, else the mean over its tasks (ACC).

    ``spark``: the running task's accuracy over its steps; ``bars``: (task, accuracy) of what was learned,
    when the path is not at work. All are fractions of 1.
    """

    accuracy: float | None = None
    caption: str = ""
    task: int | None = None
    active: bool = False
    spark: tuple[float, ...] = ()
    bars: tuple[tuple[int, float], ...] = ()


class Life:
    """The lives of all paths by the id of their solver, followed from one history."""

    def __init__(self) -> None:
        self.history: History | None = None
        self.by_solver: dict[str, PathLife] = {}
        self.active_solver: str | None = None

    def follow(self, history: History | None) -> set[str]:
        """Take another history (or none); returns the solvers whose life is different."""
        self.history = history
        return self._rebuild()

    def refresh(self, changes: Changes) -> set[str]:
        """Take in what changed; returns the solvers to paint anew."""
        if self.history is None:
            return set()
        if changes.rewound or changes.topology or changes.state:
            return self._rebuild()
        touched = {path for path, _, metric in changes.series if metric == "accuracy"} | changes.accuracy
        active = self._active()
        solver = self._solvers().get(active[0]) if active else None
        ids = {found for path in touched if (found := self._solvers().get(path))}
        if solver != self.active_solver:
            ids |= {i for i in (solver, self.active_solver) if i}
            self.active_solver = solver
        elif changes.progress and solver is not None and active is not None:
            before = self.by_solver.get(solver)
            if before is None or before.task != active[1]:
                ids.add(solver)
        names = {i: name for name, i in self._solvers().items()}
        changed = set()
        for i in ids:
            life = self._life(names[i], active) if i in names else PathLife()
            if self.by_solver.get(i) != life:
                self.by_solver[i] = life
                changed.add(i)
        return changed

    def _rebuild(self) -> set[str]:
        before, self.by_solver = self.by_solver, {}
        active = self._active()
        self.active_solver = None
        for name, solver in self._solvers().items():
            self.by_solver[solver] = self._life(name, active)
            if active and name == active[0]:
                self.active_solver = solver
        empty = PathLife()
        return {
            i for i in before.keys() | self.by_solver.keys()
            if before.get(i, empty) != self.by_solver.get(i, empty)
        }  # fmt: skip

    def _solvers(self) -> dict[str, str]:
        topology = self.history.topology if self.history else None
        return {path.name: path.solver for path in topology.paths} if topology else {}

    def _active(self) -> tuple[str, int] | None:
        """Path and task being learned; None when nothing is."""
        history = self.history
        if history is None or history.state in TERMINAL or history.progress is None:
            return None
        return history.progress.path, history.progress.task

    def _life(self, path: str, active: tuple[str, int] | None) -> PathLife:
        assert self.history is not None
        if active is not None and active[0] == path:
            task = active[1]
            series = self.history.series.get((path, task, "accuracy"))
            values = series.values if series is not None else np.empty(0)
            values = values[~np.isnan(values)]
            spark = tuple(_thinned(values).tolist())
            now = float(values[-1]) if len(values) else None
            return PathLife(now, task_short(task), task, True, spark)
        matrix = self.history.accuracy.get(path)
        if matrix is None:
            return PathLife()
        summary = self.history.summary(path)
        bars = tuple((task, value) for task, value in enumerate(summary.final) if value is not None)
        caption = "average" if summary.average is not None else ""
        return PathLife(summary.average, caption, None, False, (), bars)


def _thinned(values: np.ndarray) -> np.ndarray:
    """At most SPARK_POINTS values, the first and the last among them."""
    if len(values) <= SPARK_POINTS:
        return values
    return values[np.linspace(0, len(values) - 1, SPARK_POINTS).round().astype(int)]
