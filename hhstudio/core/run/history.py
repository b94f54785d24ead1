"""History of a run, built by replaying its events: live in the window, or from a file.

The window, ``hhstudio show`` and compaction all read a run through this one class, so that a live run
and a reopened one cannot look different. Generated weights are not kept here: they are large, and read
lazily from the session file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
import numpy as np

from hhstudio.core.run import continual, events
from hhstudio.core.run.events import Event, RunState
from hhstudio.core.run.series import Series, check_steps
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Solver, Topology

PathTask = tuple[str, int]
"""Path name and task; a condition is named by the id of its path's solver instead."""

SeriesKey = tuple[str, int, str]
"""Path name, task (-1: none), metric name."""


@dataclass
class Changes:
    """Changes of a history since they were last taken; views redraw only what is named here."""

    series: set[SeriesKey] = field(default_factory=set)
    accuracy: set[str] = field(default_factory=set)
    weights: set[PathTask] = field(default_factory=set)
    watched: list[events.Watched] = field(default_factory=list)
    refused: list[events.Refused] = field(default_factory=list)
    log: bool = False
    state: bool = False
    progress: bool = False
    topology: bool = False
    rewound: bool = False

    def __bool__(self) -> bool:
        return any(vars(self).values())

    def join(self, later: Changes) -> None:
        """Add what became different after this; ``later`` stays as it is."""
        self.series |= later.series
        self.accuracy |= later.accuracy
        self.weights |= later.weights
        self.watched += later.watched
        self.refused += later.refused
        self.log |= later.log
        self.state |= later.state
        self.progress |= later.progress
        self.topology |= later.topology
        self.rewound |= later.rewound


@dataclass(frozen=True)
class TaskMark:
    """Span of a task's learning: global steps from ``start`` to ``stop`` (None while it goes on)."""

    path: str
    task: int
    start: int
    stop: int | None = None


@dataclass(frozen=True)
class EndRow:
    """A path's accuracies (T,) when every path had learned, at a step; NaN where not measured."""

    step: int
    accuracies: np.ndarray


class History:
    """Everything known of a run but its weights. :meth:`apply` is the only way in."""

    def __init__(self) -> None:
        self.run: events.RunStarted | None = None
        self.spec: Spec | None = None
        self.state: RunState = "starting"
        self.state_detail = ""
        self.blocked = False
        self.progress: events.Progress | None = None
        self.tasks: tuple[events.TaskInfo, ...] = ()
        self.paths: tuple[str, ...] = ()
        self.parameters: tuple[events.ParameterCount, ...] = ()
        self.growth: list[events.TopologyChanged] = []
        self.series: dict[SeriesKey, Series] = {}
        self.accuracy: dict[str, np.ndarray] = {}
        self.ends: dict[str, EndRow] = {}
        self.marks: list[TaskMark] = []
        self.weights: dict[PathTask, int] = {}
        self.resumed: list[events.Resumed] = []
        self.settings: list[events.SettingChanged] = []
        self.log: list[events.Log] = []
        self.diverged: events.Diverged | None = None
        self.checkpoint: events.Checkpointed | None = None
        self.end: events.Finished | None = None
        self.seconds = 0.0
        self.step = 0
        self._changes = Changes()
        self._open_marks: dict[PathTask, list[int]] | None = None

    @property
    def topologies(self) -> list[tuple[int, Topology, str]]:
        """Every topology that the run has had: from which step on, the tree, and why."""
        if self.spec is None:
            return []
        return [(0, self.spec.topology, "start"), *((g.step, g.topology, g.reason) for g in self.growth)]

    @property
    def topology(self) -> Topology | None:
        if self.growth:
            return self.growth[-1].topology
        return self.spec.topology if self.spec else None

    def has_tree(self, plain: object) -> bool:
        """Whether the run has ever had this tree, given as it stands in a trainer's state: what is built from
        a state is what a reader of the session was shown."""
        try:
            tree = msgspec.convert(plain, Topology)
        except (msgspec.ValidationError, ValueError, TypeError, RecursionError):
            return False
        return any(tree == topology for _, topology, _ in self.topologies)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run as its tree is now: growth adds to those that it began with. 0 while
        unknown."""
        planned = self.run.total_steps if self.run is not None else 0
        return max(self.progress.total_steps if self.progress is not None else planned, self.step)

    def take_changes(self) -> Changes:
        """Changes by :meth:`apply` since the last call."""
        changes, self._changes = self._changes, Changes()
        return changes

    def accuracy_at(self, path: str, step: int) -> np.ndarray:
        """The accuracy matrix of a path as it was at a step: rows of tasks that were finished by then.
        Raises KeyError."""
        matrix = self.accuracy[path].copy()
        done = {m.task for m in self.marks if m.path == path and m.stop is not None and m.stop <= step}
        matrix[[task for task in range(len(matrix)) if task not in done]] = np.nan
        return matrix

    def summary(self, path: str, step: int = -1) -> continual.Summary:
        """ACC, BWT, FWT, forgetting of a path, as they were at a step (-1: as they are now). Raises
        KeyError."""
        matrix = self.accuracy[path] if step < 0 else self.accuracy_at(path, step)
        joint = self.spec is not None and self.spec.training.mode == "joint"
        figures = continual.summary(matrix, self.untrained(path), joint)
        return continual.with_end(figures, self.end_row(path, step))

    def end_row(self, path: str, step: int = -1) -> np.ndarray | None:
        """A path's accuracies (T,) when every path had learned; None where not measured, or not by ``step``
        (-1: by now). None, too, in sessions of before it was kept: the last row of their matrices is the
        end, but for the path that was learned last."""
        end = self.ends.get(path)
        return None if end is None or 0 <= step < end.step else end.accuracies

    def left(self, path: str) -> np.ndarray | None:
        """Accuracies (T,) that are left on a path: at the end, else after the last task that it learned;
        None where nothing was measured."""
        end, matrix = self.end_row(path), self.accuracy.get(path)
        if end is not None or matrix is None:
            return end
        rows = np.flatnonzero(~np.isnan(matrix).all(axis=1))
        return matrix[rows[-1]] if rows.size else None

    def untrained(self, path: str) -> np.ndarray | None:
        """Accuracies of the untrained solver on each task (metric ``untrained``), if they were measured."""
        series = [self.series.get((path, task, "untrained")) for task in range(len(self.tasks))]
        if not any(series):
            return None
        return continual.measured([s.values[-1] if s else np.nan for s in series])

    @property
    def peak_memory(self) -> int | None:
        """The most bytes that training was seen to take, on the device or in its process; None if unseen."""
        memory = [s.values for (_, _, metric), s in self.series.items() if metric == "memory"]
        peaks = [values.max() for each in memory if len(values := each[np.isfinite(each)])]
        return int(max(peaks)) if peaks else None

    def apply(self, event: Event) -> None:
        """Take one event in. Unknown paths or tasks in an event are ignored, not fatal: it may be foreign."""
        handler = getattr(self, f"_on_{type(event).__name__}")
        handler(event)

    # one method a kind of event, by its class's name -------------------------------------------------

    def _on_RunStarted(self, event: events.RunStarted) -> None:
        spec = specs.decode(event.spec, "the session's spec")
        check_paths(event.paths, [spec.topology])
        self.run, self.spec = event, spec
        self.tasks, self.paths, self.parameters = event.tasks, event.paths, event.parameters
        self.growth = []
        for path in event.paths:
            self._matrix(path)
        self._changes.topology = self._changes.state = True

    def _on_Resumed(self, event: events.Resumed) -> None:
        for key, series in self.series.items():
            series.truncate_after(event.step)
            self._changes.series.add(key)
        for mark in self.marks:
            if mark.stop is not None and mark.stop > event.step:
                self._matrix(mark.path)[mark.task] = np.nan
        self.ends = {path: end for path, end in self.ends.items() if end.step <= event.step}
        self.weights = {key: step for key, step in self.weights.items() if step <= event.step}
        self.marks = [
            TaskMark(m.path, m.task, m.start, m.stop if m.stop is not None and m.stop <= event.step else None)
            for m in self.marks
            if m.start < event.step or (m.start == event.step and m.stop is None)
        ]
        self._open_marks = None
        self._shrink_to(event)
        self.settings = [s for s in self.settings if s.step <= event.step]
        self.resumed = [*(r for r in self.resumed if r.step <= event.step), event]
        self.step, self.end, self.progress, self.diverged = event.step, None, None, None
        self._changes.rewound = self._changes.state = self._changes.topology = True
        self._changes.accuracy.update(self.paths)

    def _on_StateChanged(self, event: events.StateChanged) -> None:
        self.state, self.state_detail, self.blocked = event.state, event.detail, event.blocked
        self.seconds = max(self.seconds, event.seconds)
        self._changes.state = True

    def _on_Progress(self, event: events.Progress) -> None:
        self.progress, self.step = event, event.step
        self.seconds = max(self.seconds, event.seconds)
        if event.memory and self._known(event.path, event.task):
            key = (event.path, event.task, "memory")
            self.series.setdefault(key, Series()).extend(np.array([event.step]), np.array([event.memory]))
            self._changes.series.add(key)
        self._changes.progress = True

    def _on_TaskStarted(self, event: events.TaskStarted) -> None:
        if not self._known(event.path, event.task):
            return
        if (self.marks and self.marks[-1].stop is None) and (
            (self.marks[-1].path, self.marks[-1].task) == (event.path, event.task)
        ):
            return  # the same task again, after a resume
        self._unfinished().setdefault((event.path, event.task), []).append(len(self.marks))
        self.marks.append(TaskMark(event.path, event.task, event.step))
        self._changes.accuracy.update(self.ends)
        self.ends = {}  # the run goes on: that was not the end
        self._changes.progress = True

    def _on_TaskFinished(self, event: events.TaskFinished) -> None:
        if not self._known(event.path, event.task):
            return
        for at in self._unfinished().pop((event.path, event.task), ()):
            self.marks[at] = TaskMark(event.path, event.task, self.marks[at].start, event.step)
        matrix = self._matrix(event.path)
        row = continual.measured(event.accuracies[: len(matrix)])
        matrix[event.task, : len(row)] = row
        self.step = max(self.step, event.step)
        self._changes.accuracy.add(event.path)

    def _on_EndMeasured(self, event: events.EndMeasured) -> None:
        if not self._known(event.path, 0):
            return
        row = np.full(len(self.tasks), np.nan, np.float32)
        measured = continual.measured(event.accuracies[: len(row)])
        row[: len(measured)] = measured
        self.ends[event.path] = EndRow(event.step, row)
        self.step = max(self.step, event.step)
        self._changes.accuracy.add(event.path)

    def _on_Metrics(self, event: events.Metrics) -> None:
        columns = np.array([event.path, event.task, event.metric], np.int64)
        if not columns.size:
            return
        step, value = np.asarray(event.step, np.int64), np.asarray(event.value, np.float64)
        check_steps(step)
        if not columns.shape[1] == len(step) == len(value):
            raise ValueError("the columns of a record of metrics differ in length")
        order = np.lexsort(columns)  # stable, and a tenth of the time of np.unique
        keys = columns[:, order]
        breaks = np.flatnonzero((keys[:, 1:] != keys[:, :-1]).any(axis=0)) + 1
        for first, end in pairwise([0, *breaks.tolist(), len(order)]):
            path, task, metric = keys[:, first].tolist()
            if not (0 <= path < len(self.paths) and 0 <= metric < len(event.names)):
                continue
            key = (self.paths[path], task, event.names[metric])
            chosen = order[first:end]
            series = self.series.setdefault(key, Series())
            if self.resumed and len(series) and series.steps[-1] == self.resumed[-1].step:
                chosen = chosen[step[chosen] > series.steps[-1]]  # measured again where the run went on
            series.extend(step[chosen], value[chosen])
            self._changes.series.add(key)
        self.step = max(self.step, int(step[-1]))

    def _on_Weights(self, event: events.Weights) -> None:
        if event.final:
            self.weights[event.path, event.task] = event.step
        self._changes.weights.add((event.path, event.task))

    def _on_Watched(self, event: events.Watched) -> None:
        self._changes.watched.append(event)

    def _on_TopologyChanged(self, event: events.TopologyChanged) -> None:
        if len(event.paths) > len(self.paths):
            check_paths(event.paths, [*(tree for _, tree, _ in self.topologies), event.topology])
        self.growth.append(event)
        self.paths = event.paths
        if event.parameters:
            self.parameters = event.parameters
        for path in event.paths:
            self._matrix(path)
        self._changes.topology = True
        self._changes.accuracy.update(event.paths)

    def _on_Moved(self, event: events.Moved) -> None:
        self._changes.state = True

    def _on_Refused(self, event: events.Refused) -> None:
        self._changes.refused.append(event)

    def _on_SettingChanged(self, event: events.SettingChanged) -> None:
        self.settings.append(event)
        self._changes.state = True

    def _on_Diverged(self, event: events.Diverged) -> None:
        self.diverged = event
        self._changes.state = True

    def _on_Checkpointed(self, event: events.Checkpointed) -> None:
        self.checkpoint = event
        self._changes.progress = True

    def _on_Log(self, event: events.Log) -> None:
        self.log.append(event)
        self._changes.log = True

    def _on_Finished(self, event: events.Finished) -> None:
        self.end, self.state, self.state_detail = event, event.state, event.message
        self.blocked = False
        self.step, self.seconds = event.step, max(self.seconds, event.seconds)
        self._changes.state = True

    def _known(self, path: str, task: int) -> bool:
        return path in self.accuracy and 0 <= task < len(self.tasks)

    def _unfinished(self) -> dict[PathTask, list[int]]:
        """Where the marks of tasks stand that are being learned: a hostile record may have very many."""
        if self._open_marks is None:
            self._open_marks = {}
            for at, mark in enumerate(self.marks):
                if mark.stop is None:
                    self._open_marks.setdefault((mark.path, mark.task), []).append(at)
        return self._open_marks

    def _shrink_to(self, event: events.Resumed) -> None:
        """Forget the growth that a resumed run does not have, and with it the paths that it brought."""
        growth = [g for g in self.growth if g.step <= event.step][: event.changes]
        if len(growth) == len(self.growth):
            return
        self.growth = growth
        if self.run is not None:
            counted = [g.parameters for g in self.growth if g.parameters]
            self.paths = self.growth[-1].paths if self.growth else self.run.paths
            self.parameters = counted[-1] if counted else self.run.parameters
        self.accuracy = {path: self._matrix(path) for path in self.paths}
        self.ends = {path: end for path, end in self.ends.items() if path in self.accuracy}

    def _matrix(self, path: str) -> np.ndarray:
        if path not in self.accuracy:
            self.accuracy[path] = np.full((len(self.tasks),) * 2, np.nan, np.float32)
        return self.accuracy[path]


SPARE_PATHS = 256
"""Paths that a record may name beside those of its trees: other programs need not keep both alike."""


def check_paths(paths: Collection[str], trees: Iterable[Topology]) -> None:
    """Raise ValueError where a record names many more paths than the trees of its run have solvers: what is
    kept of each takes memory."""
    if len(paths) <= SPARE_PATHS:
        return
    solvers = {node.id for tree in trees for node in tree.nodes if isinstance(node, Solver)}
    if len(paths) > len(solvers) + SPARE_PATHS:
        raise ValueError(f"{len(paths):,} paths are named, but the tree has {len(solvers):,}")
