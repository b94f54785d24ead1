"""Looking back: the canvas as it was at a step, led by the timeline."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hhstudio.core.history import Changes, History
from hhstudio.core.topology import Hypernetwork, Topology
from hhstudio.gui.growing.timeline import Mark, Timeline
from hhstudio.gui.words import count

if TYPE_CHECKING:
    from hhstudio.gui.canvas.widget import TreeCanvas
    from hhstudio.gui.selection import Selection

_TASK_TICKS = 200
"""Tasks whose beginnings are marked, at most."""


class Replay:
    """Shows a history's trees on a canvas, which is read-only meanwhile; ``unlock`` is called afterwards. A
    ``selection`` shares the step with other views."""

    def __init__(
        self, canvas: TreeCanvas, unlock: Callable[[], None], selection: Selection | None = None
    ) -> None:
        self.timeline = Timeline()
        self.step: int | None = None
        self._canvas, self._unlock, self._selection = canvas, unlock, selection
        self._history: History | None = None
        self._marks: tuple[Mark, ...] = ()
        self.timeline.step_wanted.connect(self._ask)
        if selection is not None:
            selection.step_changed.connect(self._go)

    def follow(self, history: History | None) -> None:
        """Another run, or none."""
        self.end()
        self._history = history
        self._show()

    def refresh(self, changes: Changes) -> None:
        if changes.topology or changes.rewound:
            self._marks = ()
        if changes.topology or changes.progress or changes.state:
            self._show()

    def end(self) -> None:
        """The tree as it is."""
        self.timeline.stop()
        if self.step is not None:
            self._ask(-1)
            self._go(-1)

    def _ask(self, step: int) -> None:
        if self._selection is None or step == self._selection.step:
            self._go(step)
        else:
            self._selection.choose_step(step)

    def _go(self, step: int) -> None:
        history = self._history
        if history is None or not self.timeline.isVisibleTo(self._canvas):
            step = -1
        wanted = None if step < 0 else step
        if wanted == self.step:
            return
        self.step = wanted
        scene, spec = self._canvas.scene, self._canvas.document.spec
        if wanted is None or history is None:
            scene.show_instead(None)
            scene.pulse.look_back(None)
            self._unlock()
        else:
            tree = next(t for at, t, _ in reversed(history.topologies) if at <= wanted)
            reason = f"This is the tree as it was at step {count(wanted)}: press Now to go on with it"
            self._canvas.set_read_only(True, reason)
            scene.show_instead(replace(spec, topology=replace(tree, orientation=spec.topology.orientation)))
            scene.pulse.look_back(wanted)
        self._show()

    def _show(self) -> None:
        history = self._history
        grown = history is not None and bool(history.growth)
        self.timeline.setVisible(grown)
        if history is None or not grown:
            self.timeline.stop()
            return
        if not self._marks:
            self._marks = marks_of(history.topologies)
        tasks = tuple(mark.start for mark in history.marks[:_TASK_TICKS])
        self.timeline.show_growth(history.step, self.step, self._marks, tasks)


def marks_of(topologies: list[tuple[int, Topology, str]]) -> tuple[Mark, ...]:
    """Every change of a tree, named by what came or went."""
    found = []
    for (_, before, _), (step, after, reason) in itertools.pairwise(topologies):
        found.append(Mark(step, _change(before, after), reason))
    return tuple(found)


def _change(before: Topology, after: Topology) -> str:
    new = [n for n in after.nodes if n.id not in before.by_id]
    gone = [n for n in before.nodes if n.id not in after.by_id]
    for sign, nodes in (("+", new), ("−", gone)):
        if nodes:
            first = next((n for n in nodes if isinstance(n, Hypernetwork)), nodes[0])
            return f"{sign} {first.name}"
    frozen = [n.name for n in after.nodes if n.frozen != before.by_id[n.id].frozen]
    return f"❄ {frozen[0]}" if frozen else "changed"
