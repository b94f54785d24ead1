"""The accuracy matrices of all paths, growing as tasks finish, with what they say in four figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QScrollArea,
    QStackedLayout,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.errors import HHStudioError
from hhstudio.core.history import Changes, History
from hhstudio.gui.curves.elided import ElidedLabel
from hhstudio.gui.matrix import tables
from hhstudio.gui.matrix.card import MatrixCard, size_of
from hhstudio.gui.matrix.scale import ScaleBar
from hhstudio.gui.theme import LIGHT, Theme

_LARGEST, _SMALLEST, _GAP = 58, 18, 8
_EMPTY = (
    "<p style='font-size:15px'><b>The accuracy matrix appears here</b></p>"
    "<p>Row i, column j: the accuracy on task j after learning task i.<br>"
    "A row is added whenever a path has finished a task.</p>"
)


class MatrixView(QWidget):
    status_message = Signal(str)

    def __init__(self, parent: QWidget | None = None, theme: Theme = LIGHT) -> None:
        super().__init__(parent)
        self._theme = theme
        self._history: History | None = None
        self._dirty = True
        self.cards: dict[str, MatrixCard] = {}
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setAccessibleName("Path")
        self.scale = ScaleBar(theme)
        self.copy = QToolButton()
        self.copy.setText("Copy")
        self.copy.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.copy)
        self.copy.setMenu(menu)
        for title, slot in (
            ("Copy as text", self.copy_text),
            ("Copy as CSV", self.copy_csv),
            ("Save CSV …", self._ask),
        ):
            menu.addAction(title, slot)
        shortcut = QAction("Copy as text", self)
        shortcut.setShortcut(QKeySequence(QKeySequence.StandardKey.Copy))
        shortcut.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.triggered.connect(self.copy_text)
        self.addAction(shortcut)
        self.body = QWidget()
        self.body.setObjectName("matrixBody")
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self.body)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty = QLabel(_EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.description = ElidedLabel("")
        self.description.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        top = QHBoxLayout()
        top.addWidget(self.tabs, 1)
        top.addWidget(self.scale)
        top.addWidget(self.copy)
        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addLayout(top)
        layout.addWidget(stack, 1)
        layout.addWidget(self.description)
        self.tabs.currentChanged.connect(lambda _: self._arrange())
        self.set_theme(theme)
        self._rebuild()

    def set_history(self, history: History | None) -> None:
        """Show another run, or (None) say what will appear here."""
        self._history, self._dirty = history, True
        for card in self.cards.values():
            card.setParent(None)
            card.deleteLater()
        self.cards = {}
        self._rebuild()

    def refresh(self, changes: Changes) -> None:
        if self._history is None or not (changes.accuracy or changes.topology or changes.rewound):
            return
        self._dirty = True
        if self.isVisible():
            self._rebuild()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        for label in (self.empty, self.description):
            label.setStyleSheet(f"color: {theme.muted};")
        self.area.setStyleSheet("QScrollArea, #matrixBody { background: transparent; }")
        self.scale.set_theme(theme)
        for card in self.cards.values():
            card.set_theme(theme)

    def shown_paths(self) -> list[str]:
        """The path whose tab is chosen, or all of them."""
        chosen = self.tabs.tabData(self.tabs.currentIndex()) if self.tabs.count() else None
        return [chosen] if chosen else list(self.cards)

    # copies -----------------------------------------------------------------------------------------

    def copy_text(self) -> None:
        if self._history is not None:
            shown = [tables.as_text(self._history, path) for path in self.shown_paths()]
            QGuiApplication.clipboard().setText("\n\n".join(shown))
            self.status_message.emit("Accuracy matrix copied as text")

    def copy_csv(self) -> None:
        if self._history is not None:
            QGuiApplication.clipboard().setText(tables.as_csv(self._history, self.shown_paths()))
            self.status_message.emit("Accuracy matrix copied as CSV")

    def export_to(self, path: Path) -> None:
        """Write the shown matrices as CSV. Raises HHStudioError."""
        if self._history is None:
            raise HHStudioError("there is no accuracy matrix to export yet")
        try:
            path.write_text(tables.as_csv(self._history, self.shown_paths()), encoding="utf-8")
        except OSError as error:
            raise HHStudioError(f"{path}: {error.strerror or error}") from None

    def _ask(self) -> None:
        dialog = QFileDialog(self, "Save accuracy matrix", "accuracy.csv", "CSV (*.csv)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._export_chosen)
        dialog.open()

    def _export_chosen(self, name: str) -> None:
        try:
            self.export_to(Path(name))
        except HHStudioError as error:
            self.status_message.emit(str(error))
        else:
            self.status_message.emit(f"Saved {name}")

    # cards ------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        history = self._history
        paths = history.paths if history is not None else ()
        if list(paths) != list(self.cards):
            for path in [path for path in self.cards if path not in paths]:
                card = self.cards.pop(path)
                card.setParent(None)
                card.deleteLater()
            for path in paths:
                if path not in self.cards:
                    card = self.cards[path] = MatrixCard(path, self._theme)
                    card.setParent(self.body)
                    card.described.connect(self.description.setText)
            self.cards = {path: self.cards[path] for path in paths}
        self._fill_tabs(tuple(paths))
        something = history is not None and bool(paths) and bool(history.tasks)
        self._stack.setCurrentWidget(self.area if something else self.empty)
        for widget in (self.tabs, self.scale, self.copy, self.description):
            widget.setVisible(something)
        if history is not None and something:
            low = self._lowest(history)
            self.scale.set_low(low)
            for card in self.cards.values():
                card.show_history(history, low)
            self._arrange()
        self._dirty = False

    def _fill_tabs(self, paths: tuple[str, ...]) -> None:
        wanted = [None, *paths] if len(paths) > 1 else list(paths)
        if [self.tabs.tabData(n) for n in range(self.tabs.count())] == wanted:
            return
        chosen = self.tabs.tabData(self.tabs.currentIndex()) if self.tabs.count() else None
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for number, path in enumerate(wanted):
            self.tabs.addTab(path or "All paths")
            self.tabs.setTabData(number, path)
            self.tabs.setTabToolTip(number, path or "All paths side by side")
        self.tabs.setCurrentIndex(wanted.index(chosen) if chosen in wanted else 0)
        self.tabs.blockSignals(False)

    @staticmethod
    def _lowest(history: History) -> float:
        """The light end of the colour scale: the lowest accuracy on a learned task, down to a ten."""
        learned = [
            np.tril(matrix) + np.triu(np.full_like(matrix, np.nan), 1) for matrix in history.accuracy.values()
        ]
        values = np.concatenate([m[~np.isnan(m)] for m in learned]) if learned else np.empty(0)
        return min(float(np.floor(10 * values.min())) / 10, 0.9) if len(values) else 0.0

    def _arrange(self) -> None:
        """The largest cells with which all shown cards fit; below the smallest, the view scrolls."""
        shown = self.shown_paths()
        for path, card in self.cards.items():
            card.setVisible(path in shown)
        if not shown or self._history is None:
            return
        tasks, width, height = (
            len(self._history.tasks),
            self.area.viewport().width(),
            self.area.viewport().height(),
        )
        cell, columns = _SMALLEST, 1
        for cell in range(_LARGEST, _SMALLEST - 1, -1):
            card_width, card_height = size_of(tasks, cell)
            columns = max(1, (width + _GAP) // (card_width + _GAP))
            rows = -(-len(shown) // columns)
            if card_width <= width and rows * (card_height + _GAP) - _GAP <= height:
                break
        card_width, card_height = size_of(tasks, cell)
        columns = min(columns, len(shown))
        for number, path in enumerate(shown):
            row, column = divmod(number, columns)
            self.cards[path].set_cell(cell)
            self.cards[path].move(column * (card_width + _GAP), row * (card_height + _GAP))
        rows = -(-len(shown) // columns)
        self.body.resize(columns * (card_width + _GAP) - _GAP, rows * (card_height + _GAP) - _GAP)

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        if self._dirty:
            self._rebuild()
        self._arrange()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._arrange()
