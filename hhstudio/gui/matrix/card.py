"""A path's heat map with its four figures beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from hhstudio.core.continual import DEFINITIONS
from hhstudio.core.history import History
from hhstudio.gui.curves.elided import ElidedLabel
from hhstudio.gui.matrix.heatmap import LEFT, TOP, HeatMap
from hhstudio.gui.matrix.tables import FIGURES, figure_text
from hhstudio.gui.theme import Theme

HEAD, SIDE, MARGIN = 42, 104, 10
"""Pixels around the heat map: the title, the figures, the margin."""


class FigureTile(QWidget):
    """A number and its abbreviation; hover or focus says how it is defined."""

    described = Signal(str)

    def __init__(self, field: str, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = field
        self.value = QLabel("–", self)
        self.name = QLabel(name, self)
        self.value.setGeometry(6, 1, SIDE - 10, 20)
        self.name.setGeometry(6, 19, SIDE - 10, 14)
        self.resize(SIDE, 36)
        self.setToolTip(DEFINITIONS[field])
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(name)

    def set_text(self, text: str) -> None:
        self.value.setText(text)
        self.setAccessibleDescription(f"{text}. {DEFINITIONS[self.field]}")

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

    def __init__(self, path: str, theme: Theme) -> None:
        super().__init__()
        self.path = path
        self.setObjectName("matrixCard")
        self.title = ElidedLabel(path)
        self.title.setToolTip(path)
        self.caption = QLabel("row: after learning · column: accuracy (%) on")
        self.caption.setToolTip("R[i, j] is the accuracy on task j after learning task i")
        self.heatmap = HeatMap(path, theme)
        for child in (self.title, self.caption, self.heatmap):
            child.setParent(self)
        self.tiles = {field: FigureTile(field, name, self) for field, name in FIGURES}
        for tile in (self.heatmap, *self.tiles.values()):
            tile.described.connect(self.described)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        self.heatmap.set_theme(theme)
        self.setStyleSheet(
            f"#matrixCard {{ background: {theme.panel}; border: 1px solid {theme.border}; }}"
            "#matrixCard { border-radius: 6px; }"
        )
        self.title.setStyleSheet(f"color: {theme.text}; font-weight: 600; background: transparent;")
        self.caption.setStyleSheet(f"color: {theme.muted}; background: transparent; font-size: 10px;")
        for tile in self.tiles.values():
            tile.value.setStyleSheet(f"color: {theme.text}; font-size: 16px; font-weight: 600;")
            tile.name.setStyleSheet(f"color: {theme.muted}; font-size: 10px;")
            tile.setStyleSheet("background: transparent;")

    def show_history(self, history: History, low: float) -> None:
        self.heatmap.set_matrix(history.accuracy[self.path], history.tasks, low)
        summary = history.summary(self.path)
        for field, tile in self.tiles.items():
            tile.set_text(figure_text(summary, field))

    def set_cell(self, cell: int) -> None:
        """Lay out for a cell size; the card gets the size that it needs."""
        self.heatmap.set_cell(cell)
        hint = self.heatmap.sizeHint()
        self.heatmap.move(MARGIN, HEAD)
        body = max(hint.height(), 4 * 40 + TOP)
        self.resize(hint.width() + SIDE + 2 * MARGIN, HEAD + body + MARGIN)
        self.title.setGeometry(MARGIN, 5, self.width() - 2 * MARGIN, 18)
        self.caption.setGeometry(MARGIN, 22, self.width() - 2 * MARGIN, 16)
        for number, tile in enumerate(self.tiles.values()):
            tile.move(MARGIN + hint.width() + 4, HEAD + TOP - 4 + number * 40)


def size_of(tasks: int, cell: int) -> tuple[int, int]:
    """Width and height of a card."""
    side = cell * tasks + 2
    return LEFT + side + SIDE + 2 * MARGIN, HEAD + max(TOP + side, 4 * 40 + TOP) + MARGIN
