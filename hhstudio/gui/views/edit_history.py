"""Edit history: what was done to the document, as a list to jump in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from hhstudio.core.spec.document import Document
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme

READ_ONLY = "The tree is read-only while a run is on: stop the run to undo"
_TOP = QModelIndex()


class _Steps(QAbstractListModel):
    """Row 0 is the beginning, row n the document after n commands."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self.document = document
        self._count = 1

    @property
    def here(self) -> int:
        """The row of the document as it is."""
        return self.document.position

    def follow(self) -> None:
        """Commands were done, undone or redone."""
        count = 1 + self.document.steps
        if count > self._count:
            self.beginInsertRows(_TOP, self._count, count - 1)
            self._count = count
            self.endInsertRows()
        elif count < self._count:
            self.beginRemoveRows(_TOP, count, self._count - 1)
            self._count = count
            self.endRemoveRows()
        self.dataChanged.emit(self.index(0), self.index(count - 1))

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _TOP) -> int:
        return 0 if parent.isValid() else self._count

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> Any:
        row = index.row()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "now" if row == self.here else "done" if row < self.here else "undone"
            return f"{self._title(row)}, {state}"
        if role == Qt.ItemDataRole.FontRole and row == self.here:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        if role == Qt.ItemDataRole.ForegroundRole and row > self.here:
            return QBrush(QColor(current_theme().muted))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(f"{self._title(row)}\nClick to go back or forward to here")
        return None

    def _title(self, row: int) -> str:
        return self.document.step_title(row) if row else "The beginning"


class EditHistory(QListView):
    """A click, or Return, undoes or redoes up to there."""

    status_message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self._locked = ""
        self._steps = _Steps(document, self)
        self.setModel(self._steps)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setAccessibleName("History of edits")
        self.setAccessibleDescription("Return undoes or redoes up to the chosen step")
        self.clicked.connect(self._go)
        self.activated.connect(self._go)
        document.history_changed.connect(self._follow)
        self._follow()

    def set_read_only(self, on: bool, reason: str = READ_ONLY) -> None:
        self._locked = reason if on else ""

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.history_changed.disconnect(self._follow, missing_ok=True)

    def _follow(self) -> None:
        self._steps.follow()
        here = self._steps.index(self._steps.here)
        self.setCurrentIndex(here)
        self.scrollTo(here)

    def _go(self, index: QModelIndex) -> None:
        if index.row() == self._steps.here:
            return
        if self._locked:
            self.status_message.emit(self._locked)
            self._follow()
            return
        self.document.go_to(index.row())
