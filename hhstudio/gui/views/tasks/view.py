"""Tasks view: the stream's tasks, to look at, reorder, and assign to paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListView,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import stream_edits
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.spec.stream_data import dataset_names
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree.topology import Solver, tasks_of
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tasks.delegate import TaskDelegate
from hhstudio.gui.views.tasks.model import TasksModel
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.task_drag import MIME

READ_ONLY = "The stream is read-only while a run is on: stop the run to change it"
HINT = "Drag a task onto a path, or between others."
KEYS = "A assigns to paths, Ctrl+Up and Ctrl+Down reorder, Del removes; the menu key offers everything."


class PictureSource(Protocol):
    """Where pictures of classes come from."""

    def look_up(self, dataset: str, stream: Stream, show: Callable[[dict[int, np.ndarray]], object]) -> None:
        """Call back in the window's thread, or not at all."""

    def close(self) -> None:
        """Nobody wants pictures any more."""


class TasksView(QWidget):
    """Edits go to the document, one undo step each."""

    status_message = Signal(str)
    task_selected = Signal(int)

    def __init__(
        self, document: Document, pictures: PictureSource | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.editor = TreeEditor(document, self.status_message.emit)
        self._pictures = pictures
        self._asked: set[tuple[str, str]] = set()
        self._planned: object = None
        self.model = TasksModel(self)
        self.delegate = TaskDelegate(self)
        self.list = _List(self)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.delegate)
        self.problem = TextLabel()
        self.problem.setWordWrap(True)
        self.problem.setProperty("muted", True)
        self.problem.setContentsMargins(10, 6, 10, 4)
        self.own_order = QPushButton("Own order")
        self.own_order.setToolTip("Back to the tasks as the data set's own classes give them")
        self.add = QPushButton("Add a task")
        self.add.setToolTip("At the end, of the next classes of a data set")
        self.add.clicked.connect(self._open_add_menu)
        self.own_order.clicked.connect(self.restore_order)
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 6)
        bar.addWidget(self.add)
        bar.addWidget(self.own_order)
        bar.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.problem)
        column.addWidget(self.list, 1)
        column.addLayout(bar)
        self.model.order_wanted.connect(self.move_tasks)
        self.list.selectionModel().currentChanged.connect(self._tell)
        document.changed.connect(self._on_changed)
        self._show()

    # what others use -----------------------------------------------------------------------------------

    def set_read_only(self, on: bool, reason: str = READ_ONLY) -> None:
        self.editor.locked = reason if on else ""
        self.model.locked = on
        self.own_order.setEnabled(not on)
        self.add.setEnabled(not on)

    def select_task(self, task: int) -> None:
        """Make a task the current one; others clear the choice. Not told of."""
        blocked = self.blockSignals(True)
        self.list.setCurrentIndex(self.model.index(task) if task >= 0 else QModelIndex())
        self.blockSignals(blocked)

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        if self._pictures is not None:
            self._pictures.close()

    @property
    def chosen(self) -> list[int]:
        return sorted(index.row() for index in self.list.selectionModel().selectedRows())

    # edits ---------------------------------------------------------------------------------------------

    def move_tasks(self, tasks: tuple[int, ...], before: int) -> None:
        """Put tasks before another one; the number of tasks is the end."""
        names = [self.model.tasks[task].name for task in tasks if task < len(self.model.tasks)]
        what = names[0] if len(names) == 1 else f"{len(names)} tasks"
        spec = self.document.spec
        if not self._edit(lambda: stream_edits.moved(spec, tasks, before), f"Move {what} in the stream"):
            return
        first = before - sum(task < before for task in tasks)
        self.list.clearSelection()
        for row in range(first, first + len(tasks)):
            self.list.selectionModel().select(
                self.model.index(row), self.list.selectionModel().SelectionFlag.Select
            )
        self.list.selectionModel().setCurrentIndex(
            self.model.index(first), self.list.selectionModel().SelectionFlag.NoUpdate
        )

    def restore_order(self) -> None:
        """The tasks as the data set's own classes give them."""
        spec = self.document.spec
        self._edit(lambda: stream_edits.own_order(spec), "Restore the order of the stream")

    def toggle(self, solver_id: str, tasks: list[int], learn: bool) -> None:
        """Let a path learn tasks, or no longer."""
        solver = self.document.topology.by_id.get(solver_id)
        if isinstance(solver, Solver):
            count = len(self.model.tasks)
            now = set(tasks_of(solver, count))
            now = now | set(tasks) if learn else now - set(tasks)
            self.editor.assign([solver_id], None if len(now) == count else now)

    def assign_menu(self) -> QMenu:
        """Which paths learn the chosen tasks, to be changed. Deletes itself when it closes."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        tasks, topology = self.chosen, self.document.topology
        count = len(self.model.tasks)
        for path in topology.paths[:40]:
            solver = topology.by_id[path.solver]
            assert isinstance(solver, Solver)
            learned = set(tasks) <= set(tasks_of(solver, count))
            shown = menu.addAction(f"Learned by {path.name}")
            shown.setCheckable(True)
            shown.setChecked(learned)
            shown.setEnabled(bool(tasks) and not self.editor.locked)
            shown.triggered.connect(
                lambda _=False, solver=path.solver, learn=not learned: self.toggle(solver, tasks, learn)
            )
        menu.addSeparator()
        solvers = [path.solver for path in topology.paths]
        every = menu.addAction("Let every path learn all tasks")
        every.setEnabled(bool(solvers) and not self.editor.locked)
        every.triggered.connect(lambda: self.editor.assign(solvers, None))
        menu.addSeparator()
        for title, by in (("Earlier", -1), ("Later", 1)):
            moved = menu.addAction(title)
            moved.setEnabled(bool(tasks) and not self.editor.locked)
            moved.triggered.connect(partial(self.shift, by))
        menu.addSeparator()
        self._fill_add_menu(menu.addMenu("Add a task of"))
        removed = menu.addAction(f"Remove {len(tasks)} tasks" if len(tasks) > 1 else "Remove the task")
        removed.setEnabled(0 < len(tasks) < count and not self.editor.locked)
        removed.triggered.connect(self.remove_tasks)
        return menu

    def _fill_add_menu(self, menu: QMenu) -> None:
        """The data sets whose images fit to those of the stream."""
        menu.setEnabled(not self.editor.locked)
        stream = self.document.spec.stream
        shape = image_shape(stream)
        for name, info in DATASETS.items():
            shown = menu.addAction(info.title)
            shown.setEnabled(not self.model.tasks or shape == info.shape)
            shown.triggered.connect(lambda _=False, name=name: self.add_task(name))
        if FOLDER in dataset_names(stream):
            menu.addAction("The folder of images").triggered.connect(lambda: self.add_task(FOLDER))

    def _open_add_menu(self) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._fill_add_menu(menu)
        menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def add_task(self, dataset: str) -> None:
        """One more task of a data set at the end, of its next classes."""
        spec = self.document.spec
        if self._edit(lambda: stream_edits.added(spec, dataset), "Add a task"):
            self.list.setCurrentIndex(self.model.index(self.model.rowCount() - 1))

    def remove_tasks(self) -> None:
        """The stream without the chosen tasks."""
        spec, tasks = self.document.spec, self.chosen
        names = [self.model.tasks[task].name for task in tasks]
        what = names[0] if len(names) == 1 else f"{len(names)} tasks"
        if tasks:
            self._edit(lambda: stream_edits.removed(spec, tasks), f"Remove {what} from the stream")

    def _edit(self, make: Callable[[], Spec], title: str) -> bool:
        """Whether it was done; says why not, if not."""
        if not self.editor.may_edit():
            return False
        try:
            self.document.apply(title, make())
        except HHStudioError as error:
            self.status_message.emit(str(error)[:1].upper() + str(error)[1:])
            return False
        return True

    def shift(self, by: int) -> None:
        """The chosen tasks one place earlier (-1) or later (1)."""
        tasks = self.chosen
        if not tasks:
            return
        before = tasks[0] - 1 if by < 0 else tasks[-1] + 2
        if 0 <= before <= len(self.model.tasks):
            self.move_tasks(tuple(tasks), before)

    # inside --------------------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        if diff.tree or diff.settings:
            self._show()

    def _show(self) -> None:
        spec = self.document.spec
        try:
            tasks: Any = plan(spec.stream, spec.seed)
            self.problem.setText(HINT)
            self.problem.setToolTip(plain(KEYS))
        except HHStudioError as error:
            tasks = ()
            self.problem.setText(str(error))
        self.model.show_tasks(tasks, spec.topology)
        parts = spec.stream.parts
        self.own_order.setVisible(len({(part.dataset, len(part.classes)) for part in parts}) == 1)
        if self._pictures is None or not tasks:
            return
        for name in dataset_names(spec.stream):
            pictures = name, spec.stream.folder
            if pictures not in self._asked:
                self._asked.add(pictures)
                self._pictures.look_up(name, spec.stream, partial(self._show_images, name))

    def _show_images(self, dataset: str, images: dict[int, np.ndarray]) -> None:
        self.delegate.show_images(dataset, images)
        self.list.viewport().update()

    def _tell(self, current: QModelIndex, _before: QModelIndex) -> None:
        self.task_selected.emit(current.row())


class _List(QListView):
    """Keys: A assigns, Ctrl+Up and Ctrl+Down move, the menu key opens the menu."""

    def __init__(self, owner: TasksView) -> None:
        super().__init__(owner)
        self._owner = owner
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDragDropOverwriteMode(False)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Tasks of the stream")
        self.setAccessibleDescription("A assigns to paths, Ctrl+Up and Ctrl+Down reorder, Delete removes")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if control and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._owner.shift(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and not event.modifiers():
            self._owner.remove_tasks()
        elif event.key() == Qt.Key.Key_A and not event.modifiers():
            here = self.visualRect(self.currentIndex()).center()
            self._owner.assign_menu().popup(self.viewport().mapToGlobal(here))
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place: QPoint = event.globalPos()
        self._owner.assign_menu().popup(place)
        event.accept()

    def dragEnterEvent(self, event: Any) -> None:
        if event.mimeData().hasFormat(MIME):
            super().dragEnterEvent(event)
