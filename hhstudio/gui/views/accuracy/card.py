"""Matrix card: a path's heat map with its four figures beside or below it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from hhstudio.core.run.continual import DEFINITIONS
from hhstudio.core.run.history import History
from hhstudio.gui.views.accuracy.arrangement import (
    FIGURE_HEIGHT,
    LEFT,
    MARGIN,
    TITLE,
    TOP,
    WIDEST_FIGURE,
    CardLayout,
    figure_columns,
    heat_size,
)
from hhstudio.gui.views.accuracy.matrix_map import matrix_content
from hhstudio.gui.views.accuracy.tables import FIGURES, figure_text
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.heat_map import HeatMap


class FigureTile(QWidget):
    """A number and its abbreviation; hover or focus says how it is defined."""

    described = Signal(str)

    def __init__(self, field: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = field
        self.value = QLabel("–", self)
        self.value.setProperty("figure", True)
        self.name = QLabel(name, self)
        self.name.setProperty("small", True)
        glossary.explain(self, name, DEFINITIONS[field])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)

    def set_text(self, text: str) -> None:
        self.value.setText(text)
        self.setAccessibleDescription(f"{text}. {DEFINITIONS[self.field]}")

    def place(self, x: int, y: int, width: int) -> None:
        self.setGeometry(x, y, width, FIGURE_HEIGHT)
        self.value.setGeometry(0, 0, width, 19)
        self.name.setGeometry(0, 18, width, 13)

    def enterEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().enterEvent(event)
        self.described.emit(DEFINITIONS[self.field])

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.described.emit("")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.described.emit(DEFINITIONS[self.field])


class MatrixCard(QFrame):
    described = Signal(str)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.setProperty("card", True)
        self.title = ElidedLabel(path, self)
        self.title.setProperty("title", True)
        self.title.setToolTip(path)
        self.heatmap = HeatMap(f"Accuracy matrix of {path}", margins=(LEFT, TOP))
        self.heatmap.setParent(self)
        self.tiles = {field: FigureTile(field, name, self) for field, name in FIGURES}
        self.heatmap.described.connect(self.described)
        for tile in self.tiles.values():
            tile.described.connect(self.described)

    def show_history(self, history: History, low: float, step: int = -1) -> None:
        """``step``: the matrix as it was then; -1 as it is now."""
        matrix = history.accuracy[self.path] if step < 0 else history.accuracy_at(self.path, step)
        self.heatmap.set_content(matrix_content(self.path, matrix, history.tasks, low))
        summary = history.summary(self.path, step)
        for field, tile in self.tiles.items():
            tile.set_text(figure_text(summary, field))

    def lay_out(self, chosen: CardLayout, tasks: int) -> None:
        self.heatmap.set_cell(chosen.cell)
        self.resize(chosen.width, chosen.height)
        wide, high = heat_size(tasks, chosen.cell)
        if chosen.beside:
            self.heatmap.move(MARGIN, MARGIN - 2)
            left = 2 * MARGIN + wide
            side = chosen.width - left - MARGIN
            self.title.setGeometry(left, MARGIN - 3, side, 18)
            self._place_figures(left, MARGIN + TITLE - 2, side)
        else:
            self.title.setGeometry(MARGIN, 7, chosen.width - 2 * MARGIN, 18)
            self.heatmap.move(MARGIN, MARGIN + TITLE - 4)
            side = chosen.width - 2 * MARGIN
            self._place_figures(MARGIN + 4, MARGIN + TITLE + high + 4, side)

    def _place_figures(self, x: int, y: int, side: int) -> None:
        columns = figure_columns(side + MARGIN)
        width = min(WIDEST_FIGURE, side // columns)
        for number, tile in enumerate(self.tiles.values()):
            line, column = divmod(number, columns)
            tile.place(x + column * width, y + line * FIGURE_HEIGHT, width)
