"""The same tree as a list: for the keyboard, for a screen reader, and for a quick look."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget

from hhstudio.core.costs import costs
from hhstudio.core.document import Diff, Document
from hhstudio.core.history import Changes, History
from hhstudio.core.topology import Hypernetwork, Node
from hhstudio.gui.canvas.editor import TreeEditor
from hhstudio.gui.canvas.live import Life
from hhstudio.gui.canvas.looks import short_count
from hhstudio.gui.canvas.widget import READ_ONLY
from hhstudio.gui.icons import icon
from hhstudio.gui.theme import LIGHT, Theme

ID = Qt.ItemDataRole.UserRole
HEADERS = ("Node", "Weights", "Accuracy")


class _Model(QStandardItemModel):
    """Writes a new name to the document instead of to itself; the document answers."""

    def __init__(self, outline: TreeOutline) -> None:
        super().__init__(0, len(HEADERS), outline)
        self.setHorizontalHeaderLabels(HEADERS)
        self._outline = outline

    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: object, role: int = Qt.ItemDataRole.EditRole
    ) -> bool:
        if role == Qt.ItemDataRole.EditRole and index.column() == 0:
            return self._outline.editor.rename(index.data(ID), str(value))
        return super().setData(index, value, role)


class TreeOutline(QTreeView):
    """Arrow keys walk and unfold, F2 renames, Insert adds a child, Shift+Insert a solver, Delete removes."""

    node_selected = Signal(str)
    status_message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.editor = TreeEditor(document, self.status_message.emit)
        self._life = Life()
        self._theme: Theme = LIGHT
        self._items: dict[str, QStandardItem] = {}
        self._model = _Model(self)
        self.setModel(self._model)
        self.setAccessibleName("Outline of the tree")
        self.setAccessibleDescription(
            "F2 renames, Insert adds a child hypernetwork, Shift+Insert a solver, Delete removes"
        )
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self._rebuild()
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        document.changed.connect(self._on_changed)

    # what others use -----------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for node in self.document.topology.nodes:
            self._items[node.id].setIcon(self._icon(node))

    def set_read_only(self, on: bool, reason: str = READ_ONLY) -> None:
        self.editor.locked = reason if on else ""

    def set_history(self, history: History | None) -> None:
        self._show_lives(self._life.follow(history))

    def refresh(self, changes: Changes) -> None:
        self._show_lives(self._life.refresh(changes))

    def select_node(self, node_id: str) -> None:
        """Select and show a node; unknown ids clear the selection. Not told of."""
        if self.selected_nodes == [node_id]:
            return
        blocked = self.blockSignals(True)
        item = self._items.get(node_id)
        if item is None:
            self.clearSelection()
        else:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(item.index(), flags)
            self.scrollTo(item.index())
        self.blockSignals(blocked)

    @property
    def selected_nodes(self) -> list[str]:
        return [index.data(ID) for index in self.selectionModel().selectedRows(0)]

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)

    # from the document ---------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        if diff.added or diff.removed or diff.slots or diff.settings or self._renamed(diff):
            self._rebuild()

    def _renamed(self, diff: Diff) -> bool:
        """Something other than positions changed."""
        known = self.document.topology.by_id
        return any(known[i].name != self._items[i].text() for i in diff.updated if i in self._items)

    def _rebuild(self) -> None:
        """Build the rows anew; what was folded, selected and current stays so."""
        folded = {
            i for i, item in self._items.items() if item.rowCount() and not self.isExpanded(item.index())
        }
        chosen = set(self.selected_nodes)
        current = self.currentIndex().data(ID)
        blocked = self.blockSignals(True)
        self._items = {}
        self._model.removeRows(0, self._model.rowCount())
        topology = self.document.topology
        weights = costs(self.document.spec).nodes
        tops = [node.id for node in topology.nodes if node.id == topology.root]
        tops += [node.id for node in topology.nodes if node.id not in topology.incoming]
        tops += [node.id for node in topology.nodes]  # whatever is left stands on a cycle
        waiting = [(top, self._model.invisibleRootItem()) for top in reversed(tops)]
        while waiting:
            node_id, above = waiting.pop()
            if node_id in self._items:
                continue
            row = self._row(topology.by_id[node_id], short_count(weights[node_id].weights))
            self._items[node_id] = row[0]
            above.appendRow(row)
            waiting.extend((child.id, row[0]) for child in reversed(topology.children(node_id)))
        self.expandAll()
        for node_id in folded & self._items.keys():
            self.setExpanded(self._items[node_id].index(), False)
        for node_id in chosen & self._items.keys():
            flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().select(self._items[node_id].index(), flags)
        if current in self._items:
            keep = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._items[current].index(), keep)
        self.blockSignals(blocked)

    def _row(self, node: Node, weights: str) -> list[QStandardItem]:
        name, count, accuracy = QStandardItem(node.name), QStandardItem(weights), QStandardItem("")
        root = node.id == self.document.topology.root
        kind = "hypernetwork" if isinstance(node, Hypernetwork) else "solver"
        name.setData(node.id, ID)
        name.setIcon(self._icon(node))
        name.setData(
            f"{node.name}, {'root ' if root else ''}{kind}, {weights} weights",
            Qt.ItemDataRole.AccessibleTextRole,
        )
        name.setToolTip(f"{'stored' if root else 'generated'}: {weights} numbers")
        for item in (count, accuracy):
            item.setEditable(False)
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        accuracy.setText(self._accuracy(node.id))
        return [name, count, accuracy]

    def _icon(self, node: Node) -> QIcon:
        if isinstance(node, Hypernetwork):
            return icon("hypernetwork", self._theme.node_hypernetwork)
        return icon("solver", self._theme.node_solver)

    def _accuracy(self, node_id: str) -> str:
        life = self._life.by_solver.get(node_id)
        return "" if life is None or life.accuracy is None else f"{100 * life.accuracy:.1f} %"

    def _show_lives(self, solver_ids: set[str]) -> None:
        for solver in solver_ids & self._items.keys():
            item = self._items[solver]
            above = item.parent() or self._model.invisibleRootItem()
            above.child(item.row(), 2).setText(self._accuracy(solver))

    # keys ----------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        chosen = self.selected_nodes
        self.node_selected.emit(chosen[0] if len(chosen) == 1 else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Insert:
            self._add(solver=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.editor.remove(self.selected_nodes)
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def _add(self, solver: bool) -> None:
        chosen = self.selected_nodes
        parent = chosen[0] if chosen else self.document.topology.root
        if parent is None:
            added = self.editor.add_root()
        else:
            added = self.editor.add_solver(parent) if solver else self.editor.add_child(parent)
        if added is not None:
            self.setCurrentIndex(self._items[added].index())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for title, callback in (
            ("Add child hypernetwork", lambda: self._add(solver=False)),
            ("Add solver", lambda: self._add(solver=True)),
            ("Rename", lambda: self.edit(self.currentIndex().siblingAtColumn(0))),
            ("Remove with its subtree", lambda: self.editor.remove(self.selected_nodes)),
        ):
            shown = menu.addAction(title)
            shown.setEnabled(not self.editor.locked)
            shown.triggered.connect(lambda _=False, do=callback: do())
        menu.popup(event.globalPos())
        event.accept()
