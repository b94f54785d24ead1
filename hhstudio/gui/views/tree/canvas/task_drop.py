"""Drop target for tasks on a path: from the list of tasks, or from another window's."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QPointF

from hhstudio.core.tree.topology import Hypernetwork, Solver, tasks_of
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.node_item import NodeItem
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.widgets.task_drag import dragged_tasks
from hhstudio.gui.widgets.task_style import task_short


class TaskDrop:
    """Shows what a drop would do while one hovers, and does it."""

    def __init__(self, scene: TreeScene, editor: TreeEditor) -> None:
        self._scene, self._editor = scene, editor
        self._over: NodeItem | None = None

    def takes(self, data: QMimeData) -> bool:
        return bool(dragged_tasks(data))

    def hover(self, at: QPointF, data: QMimeData) -> str:
        """What letting go here does, in words; empty where it does nothing."""
        over = self._scene.node_at(at)
        if over is not self._over:
            self.leave()
            self._over = over
        solvers = self._solvers(over)
        if over is None or not solvers:
            return ""
        allowed = not self._editor.locked
        over.show_state(verdict_ok=allowed, verdict_bad=not allowed)
        if not allowed:
            return self._editor.locked
        tasks = dragged_tasks(data)
        what = ", ".join(task_short(task) for task in tasks[:4]) + (" …" if len(tasks) > 4 else "")
        topology = self._editor.topology
        if len(solvers) > 1:
            return f"Let the {len(solvers)} paths below {over.text.name} learn {what}"
        solver = topology.by_id[solvers[0]]
        assert isinstance(solver, Solver)
        if solver.tasks is None:
            return f"Let {solver.name} learn only {what} (it learns all tasks)"
        return f"Let {solver.name} learn {what} too"

    def drop(self, at: QPointF, data: QMimeData) -> bool:
        """Assign the tasks: a path that learns all learns only these from now on, another one these too."""
        solvers, tasks = self._solvers(self._scene.node_at(at)), dragged_tasks(data)
        self.leave()
        topology, spec = self._editor.topology, self._editor.document.spec
        count = len(spec.stream.parts) or spec.stream.tasks
        tasks = tuple(task for task in tasks if task < count)
        if not solvers or not tasks:
            return False
        wanted: dict[str, set[int]] = {}
        for i in solvers:
            solver = topology.by_id[i]
            assert isinstance(solver, Solver)
            known = () if solver.tasks is None else tasks_of(solver, count)
            wanted[i] = {*known, *tasks}
        return self._editor.assign_each(wanted)

    def leave(self) -> None:
        """Nothing hovers any more."""
        if self._over is not None and self._over.scene() is not None:
            self._over.show_state(verdict_ok=False, verdict_bad=False)
        self._over = None

    def _solvers(self, over: NodeItem | None) -> list[str]:
        """The solver there, or those below the hypernetwork there."""
        topology = self._editor.topology
        if over is None or over.node_id not in topology.by_id:
            return []
        if isinstance(topology.by_id[over.node_id], Hypernetwork):
            return [i for i in topology.subtree(over.node_id) if isinstance(topology.by_id[i], Solver)]
        return [over.node_id]
