"""Task model: the tasks of a stream as rows that can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.core.tree.topology import Solver, Topology, tasks_of
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.task_drag import MIME, dragged_tasks, packed
from hhstudio.gui.widgets.task_style import task_short, task_tooltip

TASK, INFO, PATHS = (Qt.ItemDataRole.UserRole + at for at in (0, 1, 2))
_TOP = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


class TasksModel(QAbstractListModel):
    """``order_wanted`` (tasks, before which task) when rows are dropped between others."""

    order_wanted = Signal(object, int)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.tasks: tuple[TaskInfo, ...] = ()
        self.learners: tuple[tuple[str, ...], ...] = ()
        self.path_count = 0
        self.locked = False

    def show_tasks(self, tasks: Sequence[TaskInfo], topology: Topology) -> None:
        """Other tasks, or other paths that learn them."""
        learners: list[list[str]] = [[] for _ in tasks]
        for path in topology.paths:
            solver = topology.by_id[path.solver]
            assert isinstance(solver, Solver)
            for task in tasks_of(solver, len(tasks)):
                learners[task].append(path.name)
        all_learners = tuple(map(tuple, learners))
        self.path_count = len(topology.paths)
        if len(tasks) != len(self.tasks):
            self.beginResetModel()
            self.tasks, self.learners = tuple(tasks), all_learners
            self.endResetModel()
        elif tuple(tasks) != self.tasks or all_learners != self.learners:
            self.tasks, self.learners = tuple(tasks), all_learners
            self.dataChanged.emit(self.index(0), self.index(len(self.tasks) - 1))

    def learners_in_words(self, task: int) -> str:
        """``all paths``, ``no path``, or their names."""
        names = self.learners[task]
        if names and len(names) == self.path_count:
            return "all paths" if len(names) > 1 else names[0]
        return ", ".join(names) or "no path"

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.tasks)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        task = index.row()
        if not 0 <= task < len(self.tasks):
            return None
        info = self.tasks[task]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{task_short(task)} {info.name}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            names = ", ".join(info.class_names or map(str, info.classes))
            return f"{task_short(task)} {info.name}: {names}; learned by {self.learners_in_words(task)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(f"{task_tooltip(self.tasks, task)}\nlearned by {self.learners_in_words(task)}")
        return {TASK: task, INFO: info, PATHS: self.learners_in_words(task)}.get(role)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags if self.locked else Qt.ItemFlag.ItemIsDropEnabled
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if self.locked else flags | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted({index.row() for index in indexes})
        return packed(rows, ", ".join(self.tasks[row].name for row in rows))

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction | Qt.DropAction.CopyAction

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        tasks = dragged_tasks(data)
        if tasks:
            self.order_wanted.emit(tasks, row if row >= 0 else len(self.tasks))
        return False  # the document moves the rows, not the view
