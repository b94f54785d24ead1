"""Shortcut editor: all key sequences, by menu, to be looked up and changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.shell.key_bindings import KeyBindings
from hhstudio.gui.state.actions import MENUS, Action, key_sequences
from hhstudio.gui.widgets.chooser import score
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme

_ID = int(Qt.ItemDataRole.UserRole)


class Shortcuts(QDialog):
    """Choose an action, press its new keys. A conflict is refused, with the action that has the keys."""

    def __init__(self, keys: KeyBindings, parent: QWidget) -> None:
        super().__init__(parent)
        self.keys = keys
        self._lines: dict[str, QTreeWidgetItem] = {}  # by action
        self.edit = QKeySequenceEdit()
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search for a command")
        self.search.setAccessibleName("Search for a command")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._fill)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["What", "Keys"])
        self.tree.setRootIsDecorated(False)
        self.tree.setUniformRowHeights(True)
        self.tree.setAccessibleName("Commands and their keys")
        self.tree.currentItemChanged.connect(lambda *_: self._show_chosen())
        self.tree.itemActivated.connect(lambda *_: self.edit.setFocus())
        self.edit.setMaximumSequenceLength(1)
        self.edit.setAccessibleName("New keys")
        self.edit.keySequenceChanged.connect(lambda _: self._judge())
        self.set, self.none = QPushButton("Set"), QPushButton("No keys")
        self.reset, self.reset_all = QPushButton("Reset"), QPushButton("Reset all")
        self.reset.setToolTip("The keys that it came with")
        self.set.clicked.connect(self._set)
        self.none.clicked.connect(lambda: self._choose(""))
        self.reset.clicked.connect(self._reset)
        self.reset_all.clicked.connect(self._reset_all)
        self.problem = TextLabel(" ")
        self.problem.setWordWrap(True)
        self.problem.setProperty("error", True)
        row = QHBoxLayout()
        row.addWidget(self.edit, 1)
        for button in (self.set, self.none, self.reset, self.reset_all):
            button.setAutoDefault(False)
            row.addWidget(button)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 12)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addWidget(buttons)
        self.tree.header().setStretchLastSection(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.resize(620, 640)
        self.tree.setColumnWidth(0, 360)
        self._fill("")

    @property
    def chosen(self) -> Action | None:
        """The action of the current line."""
        item = self.tree.currentItem()
        action_id = item.data(0, _ID) if item is not None else None
        return self.keys.registry[action_id] if action_id else None

    def choose(self, action_id: str) -> None:
        """Make an action's line the current one."""
        if action_id in self._lines:
            self.tree.setCurrentItem(self._lines[action_id])

    def _fill(self, words: str) -> None:
        chosen = self.chosen
        self._lines = {}
        self.tree.clear()
        for menu in (*MENUS, ""):
            actions = [
                action for action in self.keys.registry
                if action.menu.split("/")[0] == menu and score(words, action.title) is not None
            ]  # fmt: skip
            if not actions:
                continue
            head = QTreeWidgetItem([menu or "Elsewhere", ""])
            font = head.font(0)
            font.setWeight(font.Weight.DemiBold)
            head.setFont(0, font)
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(head)
            for action in actions:
                head.addChild(self._line(action))
        self.tree.expandAll()
        if chosen is not None:
            self.choose(chosen.id)
        self._show_chosen()

    def _line(self, action: Action) -> QTreeWidgetItem:
        below = action.menu.split("/")[1:]
        item = QTreeWidgetItem([" › ".join((*below, action.title)), _native(action.shortcut)])
        item.setData(0, _ID, action.id)
        self._lines[action.id] = item
        where = " or the ".join(action.where)
        place = f"\nWhile the {where} has the focus" if where else ""
        item.setToolTip(0, plain(f"{action.tip or action.title}{place}"))
        if self.keys.is_changed(action.id):
            item.setForeground(1, QBrush(QColor(current_theme().accent)))
            item.setToolTip(1, plain(f"Came with {_native(self.keys.default(action.id)) or 'no keys'}"))
        return item

    def _show_chosen(self) -> None:
        action = self.chosen
        self.edit.clear()
        for widget in (self.edit, self.none, self.reset):
            widget.setEnabled(action is not None)
        self.reset.setEnabled(action is not None and self.keys.is_changed(action.id))
        self._judge()

    def _judge(self) -> None:
        """Say at once what is wrong with the keys that were pressed."""
        action, pressed = self.chosen, self.edit.keySequence()
        problem = ""
        if action is not None and not pressed.isEmpty():
            problem = self.keys.conflict(action.id, pressed.toString())
        self.problem.setText(problem or " ")
        self.set.setEnabled(action is not None and not pressed.isEmpty() and not problem)

    def _set(self) -> None:
        self._choose(self.edit.keySequence().toString())

    def _choose(self, shortcut: str) -> None:
        if self.chosen is not None:
            self._done(self.keys.choose(self.chosen.id, shortcut))

    def _reset(self) -> None:
        if self.chosen is not None:
            self._done(self.keys.reset(self.chosen.id))

    def _reset_all(self) -> None:
        self.keys.reset_all()
        self._done("")

    def _done(self, problem: str) -> None:
        self._fill(self.search.text())
        if problem:
            self.problem.setText(problem)


def _native(shortcut: str) -> str:
    return "  or  ".join(
        key.toString(QKeySequence.SequenceFormat.NativeText) for key in key_sequences(shortcut)
    )
