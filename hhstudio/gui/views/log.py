"""Log panel: what a run reported, with levels, a filter, copying."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.formatting import moment
from hhstudio.core.run.events import Finished, Log
from hhstudio.core.run.history import Changes, History
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_LEVELS = ("debug", "info", "warning", "error")
_LEVEL, _TEXT = int(Qt.ItemDataRole.UserRole), int(Qt.ItemDataRole.UserRole) + 1
Index = QModelIndex | QPersistentModelIndex


class LogLine(NamedTuple):
    """One line on screen; a message of several lines has the time before its first only."""

    level: str
    time: str
    text: str


class LogModel(QAbstractListModel):
    """The lines of a history's log, added to as it grows, and the last word of its run."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[LogLine] = []
        self._taken = 0
        self._end: Finished | None = None

    def show(self, history: History | None) -> None:
        self.beginResetModel()
        self.lines, self._taken, self._end = [], 0, None
        if history is not None:
            self.lines = self._new(history)
        self.endResetModel()

    def take(self, history: History) -> None:
        """Add what the history's log has gained."""
        new = self._new(history)
        if new:
            self.beginInsertRows(QModelIndex(), len(self.lines), len(self.lines) + len(new) - 1)
            self.lines += new
            self.endInsertRows()

    def _new(self, history: History) -> list[LogLine]:
        entries, end = history.log[self._taken :], history.end
        self._taken = len(history.log)
        if end is not None and end.message and end is not self._end:
            entries.append(
                Log(time=0.0, level="error" if end.state == "failed" else "info", message=end.message)
            )
        self._end = end
        return [line for entry in entries for line in _lines(entry)]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{line.time or ' ' * 16}   {line.text}"
        if role == Qt.ItemDataRole.ForegroundRole:
            theme = current_theme()
            colors = {"error": theme.error, "warning": theme.warn, "debug": theme.muted}
            return QColor(colors.get(line.level, theme.text))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(line.text)
        return {_LEVEL: line.level, _TEXT: line.text}.get(role)


class _Filter(QSortFilterProxyModel):
    def __init__(self) -> None:
        super().__init__()
        self._least, self._words = 1, ""

    def set_wanted(self, least: int, words: str) -> None:
        self.beginFilterChange()
        self._least, self._words = least, words.casefold()
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        index = self.sourceModel().index(row, 0, parent)
        return (
            _LEVELS.index(index.data(_LEVEL)) >= self._least and self._words in index.data(_TEXT).casefold()
        )


class LogView(Themed, QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: History | None = None
        self.model = LogModel()
        self.filter = _Filter()
        self.filter.setSourceModel(self.model)
        self.level = QComboBox()
        self.level.setAccessibleName("Level")
        for title, least in (("Everything", 0), ("Messages", 1), ("Warnings and errors", 2), ("Errors", 3)):
            self.level.addItem(title, least)
        self.level.setCurrentIndex(1)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter")
        self.words.setAccessibleName("Filter the log")
        self.words.setClearButtonEnabled(True)
        self.words.setMaximumWidth(240)
        self.copy = QToolButton()
        self.copy.setToolTip("Copy the selected lines, or all")
        self.copy.setAccessibleName("Copy the log")
        self.copy.clicked.connect(self.copy_lines)
        self.list = QListView()
        self.list.setModel(self.filter)
        self.list.setUniformItemSizes(True)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setAccessibleName("Log")
        self.empty = EmptyLabel("What a run reports appears here.")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.level)
        row.addWidget(self.words)
        row.addStretch(1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(5)
        column.addLayout(row)
        column.addLayout(self._stack, 1)
        self.level.currentIndexChanged.connect(self._filter)
        self.words.textChanged.connect(self._filter)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.list)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.copy_lines)
        self.follow_theme()
        self._show_empty()

    def recolour(self) -> None:
        self.copy.setIcon(icon("copy", current_theme().text))

    def set_history(self, history: History | None) -> None:
        self._history = history
        self.model.show(history)
        self._show_empty()
        self.list.scrollToBottom()

    def refresh(self, changes: Changes) -> None:
        if not (changes.log or changes.state) or self._history is None:
            return
        bar = self.list.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        self.model.take(self._history)
        self._show_empty()
        if at_end:
            self.list.scrollToBottom()

    def show_errors(self) -> None:
        """Make errors visible whatever was filtered, the last one selected."""
        self.words.clear()
        self.level.setCurrentIndex(1)
        for row in range(self.filter.rowCount() - 1, -1, -1):
            index = self.filter.index(row, 0)
            if index.data(_LEVEL) == "error":
                self.list.setCurrentIndex(index)
                self.list.scrollTo(index)
                break
        self.list.setFocus()

    def copy_lines(self) -> None:
        """The selected lines, or all that are shown, to the clipboard."""
        rows = sorted(index.row() for index in self.list.selectedIndexes()) or range(self.filter.rowCount())
        lines = (self.filter.index(row, 0).data() for row in rows)
        QGuiApplication.clipboard().setText("\n".join(line.rstrip() for line in lines))

    def _filter(self) -> None:
        self.filter.set_wanted(self.level.currentData(), self.words.text().strip())

    def _show_empty(self) -> None:
        self._stack.setCurrentWidget(self.list if self.model.lines else self.empty)


def _lines(entry: Log) -> list[LogLine]:
    first, *rest = entry.message.splitlines() or [""]
    stamp = moment(entry.time, "%H:%M:%S") if entry.time else ""
    return [LogLine(entry.level, stamp, first), *(LogLine(entry.level, "", text) for text in rest)]
