"""Matrix card: a path's heat map with its figures beside or below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QWidget

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
from hhstudio.gui.views.accuracy.tables import FIGURES, OTHER_PATHS, figure_text
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.heat_map import HeatMap
from hhstudio.gui.widgets.markup import TextLabel, plain


class FigureTile(QWidget):
    """A number and its abbreviation; hover or focus says how it is defined."""

    described = Signal(str)

    def __init__(self, field: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = field
        self.value = TextLabel("–", self)
        self.value.setProperty("figure", True)
        self.name = TextLabel(name, self)
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
        self.title.setToolTip(plain(path))
        self.heatmap = HeatMap(f"Accuracy matrix of {path}", margins=(LEFT, TOP))
        self.heatmap.setParent(self)
        self.tiles: dict[str, FigureTile] = {}
        self._have_tiles(FIGURES)
        self.heatmap.described.connect(self.described)

    def show_history(self, history: History, low: float, step: int = -1) -> None:
        """``step``: the matrix as it was then; -1 as it is now."""
        matrix = history.accuracy[self.path] if step < 0 else history.accuracy_at(self.path, step)
        end = history.end_row(self.path, step) if len(history.paths) > 1 else None
        self.heatmap.set_content(matrix_content(self.path, matrix, history.tasks, low, end))
        summary = history.summary(self.path, step)
        self._have_tiles(FIGURES if end is None else (*FIGURES, OTHER_PATHS))
        for field, tile in self.tiles.items():
            tile.set_text(figure_text(summary, field))

    def _have_tiles(self, figures: Sequence[tuple[str, str]]) -> None:
        """A tile for each figure and no others."""
        for field in self.tiles.keys() - dict(figures).keys():
            tile = self.tiles.pop(field)
            tile.setParent(None)
            tile.deleteLater()
        for field, name in figures:
            if field not in self.tiles:
                self.tiles[field] = FigureTile(field, name, self)
                self.tiles[field].described.connect(self.described)
                self.tiles[field].setVisible(True)

    def lay_out(self, chosen: CardLayout, tasks: int) -> None:
        self.heatmap.set_cell(chosen.cell)
        self.resize(chosen.width, chosen.height)
        wide, high = heat_size(tasks, chosen.cell, chosen.end)
        if chosen.beside:
            self.heatmap.move(MARGIN, MARGIN - 2)
            left = 2 * MARGIN + wide
            side = chosen.width - left - MARGIN
            self.title.setGeometry(left, MARGIN - 3, side, 18)
            self._place_figures(left, MARGIN + TITLE - 2, side, chosen.end)
        else:
            self.title.setGeometry(MARGIN, 7, chosen.width - 2 * MARGIN, 18)
            self.heatmap.move(MARGIN, MARGIN + TITLE - 4)
            side = chosen.width - 2 * MARGIN
            self._place_figures(MARGIN + 4, MARGIN + TITLE + high + 4, side, chosen.end)

    def _place_figures(self, x: int, y: int, side: int, end: bool) -> None:
        columns = figure_columns(side + MARGIN, end)
        width = min(WIDEST_FIGURE, side // columns)
        for number, tile in enumerate(self.tiles.values()):
            line, column = divmod(number, columns)
            tile.place(x + column * width, y + line * FIGURE_HEIGHT, width)
