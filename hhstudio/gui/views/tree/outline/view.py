"""The same tree as a list: for the keyboard, for a screen reader, and for a quick look."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QItemSelectionModel, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeView, QWidget

from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.tree.topology import Hypernetwork, Solver
from hhstudio.gui.state.actions import Action
from hhstudio.gui.state.path_activity import TreeActivity
from hhstudio.gui.state.tree_clipboard import TreeClipboard
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.widget import READ_ONLY
from hhstudio.gui.views.tree.outline.menu import handle_key, is_lent, menu_of, open_parents
from hhstudio.gui.views.tree.outline.model import ID, OutlineModel
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.node_text import short_count
from hhstudio.gui.widgets.theme import LIGHT, Theme

_CELL = 14
"""Pixels of a cell beside its text."""


class TreeOutline(QTreeView):
    """Arrow keys walk and unfold, F2 renames, Insert adds a child, Shift+Insert a solver, Delete removes,
    Ctrl+M moves below another hypernetwork. With :meth:`lend` the canvas's keys work here, too."""

    node_selected = Signal(str)
    status_message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.editor = TreeEditor(document, self.status_message.emit)
        self.clipping = TreeClipboard(self.editor)
        self._activity = TreeActivity()
        self._theme: Theme = LIGHT
        self._icons: dict[str, QIcon] = {}
        self._commands: Callable[[], list[Action]] = list
        self._show_chosen: Callable[[list[str]], object] = lambda _ids: None
        self._costs = costs(document.spec)
        self._folded: set[str] = set()
        self._model = OutlineModel(self._describe, self._icon, self._rename, self, self._is_node)
        self.setModel(self._model)
        self.setAccessibleName("Outline of the tree")
        self.setAccessibleDescription(
            "F2 renames, Insert adds a child hypernetwork, Shift+Insert a solver, Delete removes, Control+M "
            "moves below another one; the canvas's keys work here, too, and the menu key offers everything"
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
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self._model.follow(document.topology)
        self.expandAll()
        self.collapsed.connect(lambda index: self._folded.add(index.data(ID)))
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        document.changed.connect(self._on_changed)
        self._fit_columns()

    # what others use -----------------------------------------------------------------------------------

    def lend(self, commands: Callable[[], list[Action]], show: Callable[[list[str]], object]) -> None:
        """The canvas's ``commands``, to be had here by the same keys; ``show`` selects ids there first."""
        self._commands, self._show_chosen = commands, show

    def commands(self) -> list[Action]:
        """What the canvas can do that is no matter of the mouse, of its camera, or of the outline's own."""
        return [action for action in self._commands() if is_lent(action)]

    def command(self, action: Action) -> None:
        """Do it on the canvas with what is selected here."""
        self._show_chosen(self.selected_nodes)
        if action.enabled:
            action.callback()
        else:
            why = action.reason_when_disabled() if action.reason_when_disabled is not None else ""
            self.status_message.emit(why or f"{action.title}: not with what is selected")

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._icons = {}
        self._model.repaint()

    def set_read_only(self, on: bool, reason: str = READ_ONLY) -> None:
        self.editor.locked = reason if on else ""

    def set_history(self, history: History | None) -> None:
        self._show_activity(self._activity.follow(history))
        self._fit_columns()

    def refresh(self, changes: Changes) -> None:
        self._show_activity(self._activity.refresh(changes))
        if self.isColumnHidden(2) and self._activity.by_solver:  # the run has begun
            self._fit_columns()

    def select_node(self, node_id: str) -> None:
        """Select and show a node; unknown ids clear the selection. Not told of."""
        if self.selected_nodes == [node_id]:
            return
        blocked = self.blockSignals(True)
        index = self._model.index_of(node_id)
        if not index.isValid():
            self.clearSelection()
        else:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)
        self.blockSignals(blocked)

    @property
    def selected_nodes(self) -> list[str]:
        return [index.data(ID) for index in self.selectionModel().selectedRows(0)]

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)

    # from the document ---------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        self._costs = costs(self.document.spec)
        if diff.added or diff.removed or diff.slots or diff.annotations:
            self._follow()
        if diff.tree or diff.settings or diff.annotations:
            self._model.describe_all(self._said_of)
            self._fit_columns()

    def _fit_columns(self) -> None:
        """As wide as their contents, measured by hand when the tree is another one: the header itself
        would ask for every row, which takes longer than all the rest of an edit."""
        metrics = self.fontMetrics()
        self.setColumnHidden(2, not self._activity.by_solver)
        for column in (1, 2):
            header = self.header().sectionSizeFromContents(column).width()
            shown = [*self._model.texts(column), *(["100.0 %"] if column == 2 else [])]  # room for what comes
            texts = max(map(metrics.horizontalAdvance, shown), default=0)
            wide = max(header, texts + _CELL)
            if wide != self.columnWidth(column):
                self.setColumnWidth(column, wide)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit_columns()

    def _follow(self) -> None:
        """Rows come and go; what was folded, selected and current stays so."""
        folded = {i for i in self._folded if self._is_folded(i)}
        chosen, current = set(self.selected_nodes), self.currentIndex().data(ID)
        blocked = self.blockSignals(True)
        fresh = self._model.follow(self.document.topology)
        for node_id in fresh:
            index = self._model.index_of(node_id)
            self.setExpanded(index.parent(), True)
            if node_id not in folded and self._model.rowCount(index):
                self.setExpanded(index, True)
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for node_id in chosen & set(fresh):
            self.selectionModel().select(self._model.index_of(node_id), flags)
        if current in fresh:
            keep = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._model.index_of(current), keep)
        self.blockSignals(blocked)

    def _is_folded(self, node_id: str) -> bool:
        index = self._model.index_of(node_id)
        return index.isValid() and self._model.rowCount(index) > 0 and not self.isExpanded(index)

    def _said_of(self, node_id: str) -> object:
        """What a row's texts are made of, but for accuracies."""
        topology = self.document.topology
        node = topology.by_id.get(node_id)
        if node is None:
            return topology.annotation_by_id[node_id]
        above = topology.incoming.get(node_id)
        return node, self._costs.nodes[node_id], above is None

    def _describe(self, node_id: str) -> tuple[tuple[str, ...], str, str]:
        """Texts of the columns, tool tip, and what a screen reader says."""
        if node_id not in self.document.topology.by_id:
            note = self.document.topology.annotation_by_id[node_id]
            said = f"{note.kind.capitalize()}: {' '.join(note.text.split()) or 'empty'}"
            return (said, "", ""), note.text, said
        node = self.document.topology.by_id[node_id]
        weights = short_count(self._costs.nodes[node_id].weights)
        root = node_id == self.document.topology.root
        kind = "hypernetwork" if isinstance(node, Hypernetwork) else "solver"
        texts = node.name, weights, self._accuracy(node_id)
        tip = f"{'stored' if root else 'generated'}: {weights} numbers"
        spoken = f"{node.name}, {'root ' if root else ''}{kind}, {weights} weights"
        spoken += ", frozen" if node.frozen else ""
        if not root and node_id not in self.document.topology.incoming:
            spoken += ", loose: nothing generates it"
        return texts, tip, spoken + (f", accuracy {texts[2]}" if texts[2] else "")

    def _icon(self, node_id: str) -> QIcon:
        topology = self.document.topology
        if node_id in topology.by_id:
            name = "solver" if isinstance(topology.by_id[node_id], Solver) else "hypernetwork"
        else:
            name = topology.annotation_by_id[node_id].kind
        if name not in self._icons:
            colors = {"solver": self._theme.node_solver, "hypernetwork": self._theme.node_hypernetwork}
            self._icons[name] = icon(name, colors.get(name, self._theme.muted))
        return self._icons[name]

    def _is_node(self, node_id: str) -> bool:
        return node_id in self.document.topology.by_id

    def _rename(self, node_id: str, name: str) -> bool:
        return self.editor.rename(node_id, name)

    def _accuracy(self, node_id: str) -> str:
        activity = self._activity.by_solver.get(node_id)
        return "" if activity is None or activity.accuracy is None else f"{100 * activity.accuracy:.1f} %"

    def _show_activity(self, solver_ids: set[str]) -> None:
        self._model.describe_some(solver_ids & self.document.topology.by_id.keys())

    # keys ----------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        chosen = self.selected_nodes
        one = len(chosen) == 1 and self._is_node(chosen[0])
        self.node_selected.emit(chosen[0] if one else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if handle_key(self, event):
            event.accept()
        else:
            super().keyPressEvent(event)

    def add(self, solver: bool) -> None:
        """A solver or a child below the selected node, or below the root."""
        chosen = [i for i in self.selected_nodes if self._is_node(i)]
        parent = chosen[0] if chosen else self.document.topology.root
        if parent is None:
            added = self.editor.add_root()
        else:
            added = self.editor.add_solver(parent) if solver else self.editor.add_child(parent)
        if added is not None:
            self.choose([added])

    def choose(self, ids: Iterable[str]) -> None:
        """Make the first of these nodes the current one."""
        for node_id in ids:
            index = self._model.index_of(node_id)
            if index.isValid():  # whatever keys are held
                flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.selectionModel().setCurrentIndex(index, flags | QItemSelectionModel.SelectionFlag.Rows)
                return

    def shift(self, by: int) -> None:
        """Move the current node among its siblings."""
        node_id = self.currentIndex().data(ID)
        if node_id and self._is_node(node_id) and self.editor.move_among(node_id, by):
            self.choose([node_id])

    def disconnect_chosen(self) -> None:
        """Make the selected nodes loose: nothing generates them any more."""
        incoming = self.document.topology.incoming
        self.editor.remove([incoming[i].id for i in self.selected_nodes if i in incoming])

    def write_note(self) -> bool:
        """Write in the current comment or frame, on the canvas; False for nodes."""
        rename = next((a for a in self._commands() if a.id == "tree.rename"), None)
        if rename is None or self.currentIndex().data(ID) not in self.document.topology.annotation_by_id:
            return False
        self.command(rename)
        return True

    def move_below(self) -> None:
        """Choose which hypernetwork shall generate the selected nodes from now on."""
        open_parents(self)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu_of(self).popup(event.globalPos())
        event.accept()
