"""Parameter panel: stored and generated numbers of every path of a run."""

from __future__ import annotations

from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from hhstudio.core.formatting import count
from hhstudio.core.run.history import History


class ParametersView(QTableWidget):
    """A row for each path."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setHorizontalHeaderLabels(["Path", "Stored", "Generated"])
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setAccessibleName("Parameters of every path")

    def set_history(self, history: History | None) -> None:
        rows = history.parameters if history is not None else ()
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate((row.path, count(row.stored), count(row.generated))):
                self.setItem(number, column, QTableWidgetItem(text))
