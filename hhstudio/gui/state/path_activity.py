"""Activity of paths in a run: for each its accuracy, and which one is at work."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from hhstudio.core.formatting import percent
from hhstudio.core.run import gradients, provenance
from hhstudio.core.run.continual import DEFINITIONS
from hhstudio.core.run.events import TERMINAL
from hhstudio.core.run.history import Changes, History, TaskMark
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.widgets.task_style import task_short

SPARK_POINTS = 48
"""Points of a sparkline; more would not be seen at its size."""


FLOW_STEPS = 6
FLOW_RANGE = 1000.0
"""Edges have so many widths; the smallest stands for a gradient this many times smaller than the largest."""
_LATELY = 4
"""Records of a gradient of which the middle one counts, so that single steps do not show."""


class PathActivity(NamedTuple):
    """``accuracy``: of the running task while the path is at work, else ACC, as `hhstudio show`, Compare and
    the accuracy matrix have it: the mean over all tasks after the path's own last one.

    ``spark``: the running task's accuracy over its steps; ``bars``: (task, accuracy) of what was learned,
    when the path is not at work. All are fractions of 1.
    """

    accuracy: float | None = None
    caption: str = ""
    task: int | None = None
    active: bool = False
    spark: tuple[float, ...] = ()
    bars: tuple[tuple[int, float], ...] = ()

    @property
    def spoken(self) -> str:
        """What the accuracy is of, for a tool tip; empty where there is none."""
        if self.accuracy is None:
            return ""
        if self.active:
            return f"{self.caption}, being learned: accuracy {percent(self.accuracy)}"
        return f"{DEFINITIONS['average']}: {percent(self.accuracy)}"


class TreeActivity:
    """The activities of all paths by the id of their solver, followed from one history. Paths that are
    others in the tree that is drawn than in the run have none: what was measured is not theirs."""

    def __init__(self) -> None:
        self.history: History | None = None
        self._drawn: Spec | None = None
        self._solver_of: dict[str, str] = {}
        self.by_solver: dict[str, PathActivity] = {}
        self.active_solver: str | None = None
        self.flow: dict[str, int] = {}
        self._back: int | None = None

    def show_on(self, spec: Spec) -> set[str]:
        """The tree of this spec is drawn; returns the solvers whose activity is different."""
        self._drawn = spec
        return self._rebuild()

    def draws(self, path: str) -> bool:
        """Whether a path of the run is drawn as it was learned."""
        return path in self._solver_of

    def look_back(self, step: int | None) -> set[str]:
        """Show what was known at a step (None: now), until told otherwise; returns the solvers whose
        activity is different."""
        self._back = step
        return self._rebuild()

    def show_gradients(self) -> bool:
        """Work out how wide the slots of the path at work are: :attr:`flow`, by slot, -1 for none. Whether
        it is different."""
        before, self.flow = self.flow, {}
        active, topology = self._active(), self._tree()
        if active is not None and topology is not None and active[0] in self._solver_of:
            path = topology.path(active[0])
            gradients_of_levels = [self._gradient(active, level + 1) for level in range(len(path.slots))]
            widths = _widths(gradients_of_levels, before, path.slots)
            self.flow = dict(zip(path.slots, widths, strict=True))
        return before != self.flow

    def _gradient(self, active: tuple[str, int], level: int) -> float | None:
        """Lately, at the weights that a level generates; None while unknown."""
        assert self.history is not None
        series = self.history.series.get((*active, gradients.metric(level)))
        if series is None or not len(series):
            return None
        lately = sorted(series.values[-_LATELY:].tolist())
        return (lately[(len(lately) - 1) // 2] + lately[len(lately) // 2]) / 2

    def follow(self, history: History | None) -> set[str]:
        """Take another history (or none); returns the solvers whose activity is different."""
        self.history, self._back = history, None
        return self._rebuild()

    def refresh(self, changes: Changes) -> set[str]:
        """Take in what changed; returns the solvers to paint anew."""
        if self.history is None or self._back is not None:
            return set()
        if changes.rewound or changes.topology or changes.state:
            return self._rebuild()
        touched = {path for path, _, metric in changes.series if metric == "accuracy"} | changes.accuracy
        active = self._active()
        solver = self._solver_of.get(active[0]) if active else None
        ids = {solver_id for path in touched if (solver_id := self._solver_of.get(path))}
        if solver != self.active_solver:
            ids |= {i for i in (solver, self.active_solver) if i}
            self.active_solver = solver
        elif changes.progress and solver is not None and active is not None:
            before = self.by_solver.get(solver)
            if before is None or before.task != active[1]:
                ids.add(solver)
        names = {i: name for name, i in self._solver_of.items()}
        changed = set()
        for i in ids:
            activity = self._activity(names[i], active) if i in names else PathActivity()
            if self.by_solver.get(i) != activity:
                self.by_solver[i] = activity
                changed.add(i)
        return changed

    def _rebuild(self) -> set[str]:
        before, self.by_solver = self.by_solver, {}
        active = self._active()
        self.active_solver = None
        self._solver_of = self._solvers()
        for name, solver in self._solver_of.items():
            self.by_solver[solver] = self._activity(name, active)
            if active and name == active[0]:
                self.active_solver = solver
        empty = PathActivity()
        return {
            i for i in before.keys() | self.by_solver.keys()
            if before.get(i, empty) != self.by_solver.get(i, empty)
        }  # fmt: skip

    def _tree(self) -> Topology | None:
        """The run's tree, at the step that is looked back to."""
        return provenance.tree_at(self.history.topologies, self._back) if self.history is not None else None

    def _solvers(self) -> dict[str, str]:
        """The solver of each path that is drawn as it was learned, by the path's name."""
        topology, ran = self._tree(), self.history.spec if self.history is not None else None
        if topology is None or ran is None:
            return {}
        ran = replace(ran, topology=topology)
        same = provenance.same_paths(ran, self._drawn if self._drawn is not None else ran)
        return {path.name: path.solver for path in topology.paths if path.solver in same}

    def _active(self) -> tuple[str, int] | None:
        """Path and task being learned; None when nothing is."""
        history = self.history
        if history is not None and self._back is not None:
            return next(((m.path, m.task) for m in history.marks if _at(m, self._back)), None)
        if history is None or history.state in TERMINAL or history.progress is None:
            return None
        return history.progress.path, history.progress.task

    def _activity(self, path: str, active: tuple[str, int] | None) -> PathActivity:
        assert self.history is not None
        if active is not None and active[0] == path:
            task = active[1]
            series = self.history.series.get((path, task, "accuracy"))
            values = series.values if series is not None else np.empty(0)
            if series is not None and self._back is not None:
                values = values[series.steps <= self._back]
            values = values[~np.isnan(values)]
            spark = tuple(_thinned(values).tolist())
            now = float(values[-1]) if len(values) else None
            return PathActivity(now, task_short(task), task, True, spark)
        if path not in self.history.accuracy:
            return PathActivity()
        summary = self.history.summary(path, -1 if self._back is None else self._back)
        bars = tuple((task, value) for task, value in enumerate(summary.final) if value is not None)
        caption = "ACC" if summary.average is not None else ""
        return PathActivity(summary.average, caption, None, False, (), bars)


def _at(mark: TaskMark, step: int) -> bool:
    return mark.start <= step and (mark.stop is None or step < mark.stop)


def _widths(levels: list[float | None], before: dict[str, int], slots: tuple[str, ...]) -> list[int]:
    """A step of width for each gradient, relative to the largest of the path, logarithmic. A width stays
    until the gradient is well beyond its step, so that it does not flicker between two."""
    finite = [g for g in levels if g is not None and g > 0 and math.isfinite(g)]
    if not finite:
        return [-1] * len(levels)
    most, widths = max(finite), []
    for slot, gradient in zip(slots, levels, strict=True):
        share = 0.0
        if gradient is not None and gradient > 0:
            share = 1 + math.log(min(gradient, most) / most) / math.log(FLOW_RANGE)
        exact = min(max(share, 0.0), 1.0) * (FLOW_STEPS - 1)
        last = before.get(slot, -1)
        widths.append(last if last >= 0 and abs(exact - last) < 0.75 else round(exact))
    return widths


def _thinned(values: np.ndarray) -> np.ndarray:
    """At most SPARK_POINTS values, the first and the last among them."""
    if len(values) <= SPARK_POINTS:
        return values
    return values[np.linspace(0, len(values) - 1, SPARK_POINTS).round().astype(int)]
