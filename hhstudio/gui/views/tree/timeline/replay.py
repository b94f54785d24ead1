"""Replay: the window as it was at a step, led by the timeline below the canvas."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from msgspec.structs import replace

from hhstudio.core.formatting import count
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.growth import change_in_a_word
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.views.tree.timeline.view import Mark, Timeline

if TYPE_CHECKING:
    from hhstudio.gui.state.selection import Selection

_TASK_TICKS = 200
"""Tasks whose beginnings are marked, at most."""


SnapshotSteps = Mapping[tuple[str, int], np.ndarray]
"""The steps at which snapshots were taken, by path and task."""


class PastView(Protocol):
    """A view of a document's tree that can show how it was."""

    document: Document

    def show_instead(self, spec: Spec | None) -> None: ...

    def look_back(self, step: int | None) -> None: ...

    def set_read_only(self, on: bool, reason: str, pinned: bool) -> None: ...


class Replay:
    """Shows a history's trees in a view, which is read-only meanwhile; ``unlock`` is called afterwards. A
    ``selection`` shares the step with other views. The timeline is there for runs whose tree changed, and
    for those that kept snapshots of their weights."""

    def __init__(
        self, view: PastView, unlock: Callable[[], None], selection: Selection | None = None
    ) -> None:
        self.timeline = Timeline()
        self.step: int | None = None
        self._view, self._unlock, self._selection = view, unlock, selection
        self._history: History | None = None
        self._marks: tuple[Mark, ...] = ()
        self._snapshots: SnapshotSteps = {}
        self._tree: Topology | None = None
        self.timeline.step_wanted.connect(self.go_to)
        if selection is not None:
            selection.step_changed.connect(self._go)
            selection.path_changed.connect(lambda _path: self._show())
            selection.task_changed.connect(lambda _task: self._show())
            selection.weights_changed.connect(self._show)

    def follow(self, history: History | None) -> None:
        """Another run, or none. Its snapshots are told with :meth:`set_snapshots`."""
        self.end()
        self._history, self._snapshots = history, {}
        self._show()

    def set_snapshots(self, steps: SnapshotSteps) -> None:
        """What a session has kept of the run that is followed."""
        self._snapshots = steps
        self._show()

    def refresh(self, changes: Changes) -> None:
        if changes.topology or changes.rewound:
            self._marks = ()
            self._look_back()
        if changes.topology or changes.progress or changes.state:
            self._show()

    def end(self) -> None:
        """The tree as it is."""
        self.timeline.stop()
        if self.step is not None:
            self.go_to(-1)
            self._go(-1)

    def go_to(self, step: int) -> None:
        """Show everything as it was at a step; -1: as it is."""
        if self._selection is None or step == self._selection.step:
            self._go(step)
        else:
            self._selection.choose_step(step)

    def _go(self, step: int) -> None:
        history = self._history
        if history is None or self.timeline.isHidden():
            step = -1
        wanted = None if step < 0 else step
        if wanted == self.step:
            return
        self.step = wanted
        self._look_back()
        self._view.look_back(wanted)
        if wanted is None:
            self._unlock()
        else:
            reason = f"This is how it was at step {count(wanted)}: press Now below the tree to go on"
            self._view.set_read_only(True, reason, pinned=True)
        self._show()

    def _look_back(self) -> None:
        """The tree of the step, where it is another one than the document's."""
        spec, history = self._view.document.spec, self._history
        tree = None
        if history is not None and self.step is not None:
            tree = next((t for at, t, _ in reversed(history.topologies) if at <= self.step), None)
        if tree is not None:
            tree = replace(tree, orientation=spec.topology.orientation)
            if tree == spec.topology:
                tree = None
        if tree != self._tree:
            self._tree = tree
            self._view.show_instead(None if tree is None else replace(spec, topology=tree))

    def _show(self) -> None:
        history = self._history
        there = history is not None and bool(history.growth or self._snapshots)
        self.timeline.setVisible(there)
        if history is None or not there:
            self.timeline.stop()
            return
        if not self._marks:
            self._marks = marks_of(history.topologies)
        tasks = tuple(mark.start for mark in history.marks[:_TASK_TICKS])
        snapshots = self._shown_snapshots()
        weights = self._snapshots.get(self._selection.weights) if self._selection is not None else None
        seen = snapshots if weights is None else tuple(weights.tolist())
        self.timeline.show_growth(history.step, self.step, self._marks, tasks, snapshots, seen)

    def _shown_snapshots(self) -> tuple[int, ...]:
        """Steps of the snapshots of what is selected; of everything where it has none."""
        path = self._selection.path if self._selection is not None else ""
        task = self._selection.task if self._selection is not None else -1
        for wanted in (
            {(path, task)},
            {key for key in self._snapshots if key[0] == path},
            self._snapshots.keys(),
        ):
            steps = [self._snapshots[key] for key in wanted if key in self._snapshots]
            if steps:
                return tuple(np.unique(np.concatenate(steps)).tolist())
        return ()


def marks_of(topologies: list[tuple[int, Topology, str]]) -> tuple[Mark, ...]:
    """Every change of a tree, named by what came or went."""
    marks = []
    for (_, before, _), (step, after, reason) in itertools.pairwise(topologies):
        marks.append(Mark(step, change_in_a_word(before, after), reason))
    return tuple(marks)
