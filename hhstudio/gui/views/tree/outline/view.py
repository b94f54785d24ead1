"""Outline view: the tree as a list, for the keyboard, for a screen reader, and for a quick look."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTreeView, QWidget

from hhstudio.core.formatting import percent, short_count
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.document import Diff
from hhstudio.core.tree.topology import Hypernetwork, Solver
from hhstudio.gui.state.actions import ActionRegistry, FocusKeys
from hhstudio.gui.state.path_activity import TreeActivity
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.outline.model import HEADERS, ID, OutlineModel
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_MANY, _MANY_MS = 60, 80
"""So many rows take Qt longer than a frame: they are selected when a rubber band rests."""
_CELL = 14
"""Pixels of a cell beside its text."""


class TreeOutline(Themed, QTreeView):
    """Arrow keys walk and unfold. What can be done, and its keys, are those of the table of actions that
    count in the outline; they act on what is selected, which is the same here and on the canvas.

    ``selection_changed``: ids of all nodes and annotations that the user has selected here.
    """

    selection_changed = Signal(object)
    status_message = Signal(str)

    def __init__(self, editor: TreeEditor, registry: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor, self.document = editor, editor.document
        self._registry = registry
        FocusKeys(registry, "outline", self, self.status_message.emit, {"tree.rename": self.rename})
        self._activity = TreeActivity()
        self._activity.show_on(self.document.spec)
        self._icons: dict[str, QIcon] = {}
        self._costs = costs(self.document.spec)
        self._folded: set[str] = set()
        self._selected_elsewhere: list[str] = []
        self._follow_selection = QTimer(self, singleShot=True, interval=_MANY_MS)
        self._follow_selection.timeout.connect(self._show_selection)
        self._model = OutlineModel(self._describe, self._icon, self._rename, self, self._is_node)
        self.setModel(self._model)
        self.setAccessibleName("Outline of the tree")
        self.setAccessibleDescription(
            "F2 renames, Insert adds a child hypernetwork, Shift+Insert a solver, Delete removes, Control+M "
            "moves below another one; the menu key offers everything"
        )
        self.setUniformRowHeights(True)
        self.setIndentation(12)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.header().setStretchLastSection(False)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self._model.follow(self.document.topology)
        self.expandAll()
        self.collapsed.connect(lambda index: self._folded.add(index.data(ID)))
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        self.document.changed.connect(self._on_changed)
        self._fit_columns()
        self.follow_theme()

    # what others use -----------------------------------------------------------------------------------

    def recolour(self) -> None:
        self._icons = {}
        self._model.repaint()

    def set_history(self, history: History | None) -> None:
        self._show_activity(self._activity.follow(history))
        self._fit_columns()

    def refresh(self, changes: Changes) -> None:
        self._show_activity(self._activity.refresh(changes))
        if self.isColumnHidden(2) and self._activity.by_solver:  # the run has begun
            self._fit_columns()

    def set_step(self, step: int) -> None:
        """Show accuracies as they were at a step, or (-1) as they are now."""
        self._show_activity(self._activity.look_back(None if step < 0 else step))

    @property
    def selection(self) -> list[str]:
        """Ids of the nodes and annotations whose rows are selected."""
        model, ids = self._model, []
        for rows in self.selectionModel().selection().toList():
            above = rows.parent()
            ids += [model.index(row, 0, above).data(ID) for row in range(rows.top(), rows.bottom() + 1)]
        return ids

    def select(self, ids: Iterable[str]) -> None:
        """Select rows, make the first one the current, and scroll to it. Ids without a row are left out."""
        indexes = [index for i in ids if (index := self._model.index_of(i)).isValid()]
        selection = QItemSelection()
        for index in indexes:
            selection.select(index, index.siblingAtColumn(len(HEADERS) - 1))
        model = self.selectionModel()
        if len(indexes) > 1:
            model.reset()  # without it Qt compares every new row with every old one
        if indexes:
            model.setCurrentIndex(indexes[0], QItemSelectionModel.SelectionFlag.NoUpdate)
        model.select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if len(indexes) == 1:
            self.scrollTo(indexes[0])
        self.viewport().update()

    def show_selection(self, ids: Iterable[str]) -> None:
        """Select what another view has selected, many rows a moment later. Not told of."""
        self._selected_elsewhere = [i for i in ids if self._model.index_of(i).isValid()]
        if len(self._selected_elsewhere) > _MANY:
            self._follow_selection.start()
        else:
            self._show_selection()

    def _show_selection(self) -> None:
        self._follow_selection.stop()
        if set(self._selected_elsewhere) != set(self.selection):
            blocked = self.blockSignals(True)
            self.select(self._selected_elsewhere)
            self.blockSignals(blocked)

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        self._follow_selection.stop()

    # from the document ---------------------------------------------------------------------------------

    def _on_changed(self, diff: Diff) -> None:
        self._costs = costs(self.document.spec)
        if diff.added or diff.removed or diff.slots or diff.annotations:
            self._follow()
        if diff.tree or diff.settings or diff.annotations:
            changed = self._activity.show_on(self.document.spec)
            self._model.describe_all(self._contents)
            self._show_activity(changed)
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
        selected, current = set(self.selection), self.currentIndex().data(ID)
        blocked = self.blockSignals(True)
        fresh = self._model.follow(self.document.topology)
        for node_id in fresh:
            index = self._model.index_of(node_id)
            self.setExpanded(index.parent(), True)
            if node_id not in folded and self._model.rowCount(index):
                self.setExpanded(index, True)
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for node_id in selected & set(fresh):
            self.selectionModel().select(self._model.index_of(node_id), flags)
        if current in fresh:
            keep = QItemSelectionModel.SelectionFlag.NoUpdate
            self.selectionModel().setCurrentIndex(self._model.index_of(current), keep)
        self.blockSignals(blocked)

    def _is_folded(self, node_id: str) -> bool:
        index = self._model.index_of(node_id)
        return index.isValid() and self._model.rowCount(index) > 0 and not self.isExpanded(index)

    def _contents(self, node_id: str) -> object:
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
            theme = current_theme()
            colors = {"solver": theme.node_solver, "hypernetwork": theme.node_hypernetwork}
            self._icons[name] = icon(name, colors.get(name, theme.muted))
        return self._icons[name]

    def _is_node(self, node_id: str) -> bool:
        return node_id in self.document.topology.by_id

    def _rename(self, node_id: str, name: str) -> bool:
        return self.editor.rename(node_id, name)

    def _accuracy(self, node_id: str) -> str:
        activity = self._activity.by_solver.get(node_id)
        return "" if activity is None or activity.accuracy is None else percent(activity.accuracy)

    def _show_activity(self, solver_ids: set[str]) -> None:
        self._model.describe_some(solver_ids & self.document.topology.by_id.keys())

    # keys ----------------------------------------------------------------------------------------------

    def _tell(self) -> None:
        if not self.signalsBlocked():
            self._follow_selection.stop()
            self.selection_changed.emit(self.selection)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._follow_selection.isActive():
            self._show_selection()
        self._tell()  # a slot that is selected on the canvas has no row: what is done here is not for it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll):
            event.ignore()  # Qt's own ways, which know nothing of keys that were chosen
        else:
            super().keyPressEvent(event)

    def rename(self) -> bool:
        """Write the selected node's name in its row; False for notes, which are written on the canvas."""
        nodes = [i for i in self.selection if self._is_node(i)]
        if len(nodes) == 1:
            self.edit(self._model.index_of(nodes[0]))
        return bool(nodes)

    def menu(self) -> QMenu:
        """Everything that counts here, for what is selected; deletes itself when it closes."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self._registry.fill_menu(menu, [a for a in self._registry if "outline" in a.where], depth=1)
        self._registry.refresh()
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())
        event.accept()
