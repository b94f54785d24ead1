"""Table of all tensors of a condition with their statistics; choosing a row chooses the tensor."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from hhstudio.core.spreadsheet import tab_separated
from hhstudio.gui.widgets import tables
from hhstudio.gui.widgets.filter_tiles import Statistics
from hhstudio.gui.widgets.markup import plain

COLUMNS = (
    *tables.TENSOR_COLUMNS,
    ("Min", "smallest weight"),
    ("Max", "largest weight"),
)


class StatisticsTable(QTableWidget):
    tensor_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        tables.set_up(self, COLUMNS, "Tensors", row=22)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(36)
        self.itemSelectionChanged.connect(self._selected)
        self._rows: list[Statistics] = []

    def show_statistics(self, rows: Sequence[Statistics]) -> None:
        if list(rows) == self._rows:
            return
        self._rows = list(rows)
        self.blockSignals(True)
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            texts = [*tables.tensor_texts(row), tables.figure(row.low), tables.figure(row.high)]
            for column, text in enumerate(texts):
                item = self.item(number, column) or self._new_item(number, column)
                item.setText(text)
                item.setToolTip(plain(f"{row.name}: {row.size} weights"))
        self.resizeColumnsToContents()  # once: a header that saw to it would measure at every item
        self.blockSignals(False)

    def _new_item(self, number: int, column: int) -> QTableWidgetItem:
        item = QTableWidgetItem()
        if column:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setItem(number, column, item)
        return item

    def choose(self, name: str) -> None:
        """Mark a tensor without announcing it."""
        self.blockSignals(True)
        for number, row in enumerate(self._rows):
            if row.name == name:
                self.selectRow(number)
        self.blockSignals(False)

    def as_text(self) -> str:
        """Tab-separated, full precision, for a spreadsheet."""
        rows = [["tensor", "shape", "mean", "std", "norm", "min", "max"]]
        for row in self._rows:
            shape = "x".join(map(str, row.shape))
            numbers = (row.mean, row.std, row.norm, row.low, row.high)
            rows.append([row.name, shape, *(f"{value:.9g}" for value in numbers)])
        return tab_separated(rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.as_text())
        else:
            super().keyPressEvent(event)

    def _selected(self) -> None:
        rows = self.selectionModel().selectedRows()
        if rows:
            self.tensor_chosen.emit(self._rows[rows[0].row()].name)
