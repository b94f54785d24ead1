"""How tables of figures look: whole rows, no grid, columns as wide as their texts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget


def set_up(table: QTableWidget, columns: Sequence[tuple[str, str]], name: str, row: int) -> None:
    """``columns``: title and meaning of each; ``name``: for screen readers; ``row``: height in pixels."""
    table.setHorizontalHeaderLabels([title for title, _ in columns])
    for column, (_, meaning) in enumerate(columns):
        table.horizontalHeaderItem(column).setToolTip(meaning)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setAccessibleName(name)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
