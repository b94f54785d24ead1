"""Selection: the node, path, task and step that are looked at. Views read it here and say it here."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

LATEST = -1
"""The step of someone who looks at things as they are now."""


class Selection(QObject):
    """Shared by all views of a window; not part of the document, not undoable.

    A view that is told something tells nothing back: while a signal is on its way, further choices are
    dropped. ``weights``: the path and task whose weights are on screen. ``step`` is :data:`LATEST` or a step
    of training, whose snapshots are then shown.
    """

    node_changed = Signal(str)
    path_changed = Signal(str)
    task_changed = Signal(int)
    step_changed = Signal(int)
    weights_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.node, self.path, self.task, self.step = "", "", -1, LATEST
        self.weights = ("", -1)
        self._telling = False

    def choose_node(self, node: str) -> None:
        """The id of a node; empty for none."""
        self._choose("node", node)

    def choose_path(self, path: str) -> None:
        """The name of a path (its solver's name)."""
        self._choose("path", path)

    def choose_task(self, task: int) -> None:
        """A task by its place in the stream; -1 for none."""
        self._choose("task", task)

    def choose_condition(self, path: str, task: int) -> None:
        """A path and one of its tasks."""
        self.choose_path(path)
        self.choose_task(task)

    def show_weights(self, path: str, task: int) -> None:
        """The weights of this condition are shown, whoever chose it."""
        if (path, task) != self.weights:
            self.weights = (path, task)
            self.weights_changed.emit()

    def choose_step(self, step: int) -> None:
        self._choose("step", step)

    def _choose(self, what: str, value: str | int) -> None:
        if self._telling:
            return
        setattr(self, what, value)
        self._telling = True
        try:
            getattr(self, f"{what}_changed").emit(value)
        finally:
            self._telling = False
