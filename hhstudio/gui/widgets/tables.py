"""Tables of figures: whole rows, no grid, columns as wide as their texts; and the columns of tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget

from hhstudio.core.formatting import number
from hhstudio.gui.widgets.markup import plain

TENSOR_COLUMNS = (
    ("Tensor", "name in the solver"),
    ("Shape", "outputs × inputs × height × width"),
    ("Mean", "mean of the weights"),
    ("Std", "standard deviation of the weights"),
    ("Norm", "Euclidean norm"),
)
"""Title and meaning of the columns that every table of tensors has."""


class TensorFigures(Protocol):
    """A row of such a table."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def mean(self) -> float: ...
    @property
    def std(self) -> float: ...
    @property
    def norm(self) -> float: ...


def tensor_texts(row: TensorFigures) -> list[str]:
    """What stands in the columns of a tensor."""
    shape = " × ".join(map(str, row.shape)) or "1"
    return [row.name, shape, *(figure(value) for value in (row.mean, row.std, row.norm))]


def figure(value: float) -> str:
    """Three digits of a number; a dash for none."""
    return number(value, ".3g").replace("-", "−")


def set_up(table: QTableWidget, columns: Sequence[tuple[str, str]], name: str, row: int) -> None:
    """``columns``: title and meaning of each; ``name``: for screen readers; ``row``: height in pixels."""
    table.setHorizontalHeaderLabels([title for title, _ in columns])
    for column, (_, meaning) in enumerate(columns):
        head = table.horizontalHeaderItem(column)
        assert head is not None
        head.setToolTip(plain(meaning))
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setAccessibleName(name)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(row)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
