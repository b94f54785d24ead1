"""Accuracy matrices of all paths, growing as tasks finish, and what each edge contributes at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QStackedLayout,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import baselines, edge_contributions
from hhstudio.core.run.history import Changes, History
from hhstudio.gui.views.accuracy import tables
from hhstudio.gui.views.accuracy.arrangement import GAP, WIDEST, arrange
from hhstudio.gui.views.accuracy.bounds import BoundsCard
from hhstudio.gui.views.accuracy.card import MatrixCard
from hhstudio.gui.views.accuracy.edge_contributions import ContributionCard, full_bar
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.color_bar import AccuracyScale
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.export_dialog import ask_where
from hhstudio.gui.widgets.heat_map import Content
from hhstudio.gui.widgets.markup import Markup, TextLabel, plain
from hhstudio.gui.widgets.origin_label import OriginLabel

Card = TypeVar("Card", MatrixCard, ContributionCard, BoundsCard)
ALL, EDGES, BOUNDS = "all", "edges", "bounds"
"""Data of the tabs that show every path; a path's own tab has its name after a colon."""
_CONTRIBUTION_WIDTH = 300
"""Pixels from which edge contributions are shown in a further column."""
_WIDEST_TAB = 110
"""Pixels of a path's name on its tab."""
_CAPTIONS = {
    EDGES: "accuracy lost without what an edge generates",
    BOUNDS: "final accuracy (%) on each task, and without hypernetworks",
}
_CAPTION = "after learning ↓   accuracy (%) on →"
_EMPTY = Markup(
    "<p style='font-size:15px'><b>The accuracy matrix appears here</b></p>"
    "<p>Row i, column j: the accuracy on task j after learning task i.<br>"
    "A row is added whenever a path has finished a task.</p>"
)


class MatrixView(QWidget):
    status_message = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: History | None = None
        self._step = -1
        self._low = 0.0
        self._dirty = True
        self.cards: dict[str, MatrixCard] = {}
        self.contributions: dict[str, ContributionCard] = {}
        self.bounds: dict[str, BoundsCard] = {}
        self.origin = OriginLabel()
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setObjectName("matrixTabs")
        self.tabs.setAccessibleName("Path")
        self.scale = AccuracyScale()
        self.caption = TextLabel(_CAPTION)
        self.caption.setProperty("small", True)
        self.caption.setFixedHeight(self.scale.sizeHint().height())
        glossary.explain(self.caption, "Accuracy matrix")
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
        self.area = QScrollArea()
        for widget in (self.body, self.area):
            widget.setProperty("clear", True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidget(self.body)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.empty = EmptyLabel(_EMPTY)
        self.description = ElidedLabel("")
        self.description.setProperty("muted", True)
        self.description.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        top = QHBoxLayout()
        top.addWidget(self.tabs, 1)
        top.addWidget(self.copy)
        key = QHBoxLayout()
        key.addWidget(self.caption)
        key.addSpacing(8)
        key.addStretch(1)
        key.addWidget(self.scale)
        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.area)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(self.origin)
        layout.addLayout(top)
        layout.addLayout(key)
        layout.addWidget(stack, 1)
        layout.addWidget(self.description)
        self.tabs.currentChanged.connect(lambda _: self._arrange())
        self._rebuild()

    def set_history(self, history: History | None) -> None:
        """Show another run, or (None) say what will appear here."""
        self._history, self._dirty = history, True
        self._match(self.cards, (), MatrixCard)
        self._match(self.contributions, (), ContributionCard)
        self._match(self.bounds, (), BoundsCard)
        self._rebuild()

    def set_origin(self, text: str) -> None:
        """Say whose results these are, where they are not of what is drawn; "" where they are."""
        self.origin.say(text)

    def refresh(self, changes: Changes) -> None:
        measured = any(
            edge_contributions.measures(metric) or baselines.kind_of(metric) is not None
            for _, _, metric in changes.series
        )
        if self._history is None or not (measured or changes.accuracy or changes.topology or changes.rewound):
            return
        if self._dirty or measured or changes.topology or changes.rewound or not self._show_some(changes):
            self._dirty = True
        if self._dirty and self.isVisible():
            self._rebuild()

    def _show_some(self, changes: Changes) -> bool:
        """Show what became of some paths without a look at the others; False where that is not enough."""
        history = self._history
        if history is None or self.contributions or self.bounds or self._step >= 0 or not self.isVisible():
            return False
        if history.ends or any(
            len(content.rows) > len(history.tasks) for content in self._contents(self.cards)
        ):
            return False  # another row may come or go
        if not changes.accuracy <= self.cards.keys() or self._lowest(history) != self._low:
            return False
        for path in changes.accuracy:
            self.cards[path].show_history(history, self._low)
        return True

    def set_step(self, step: int) -> None:
        """Show the matrices as they were at a step, or (-1) as they are now."""
        if step != self._step:
            self._step, self._dirty = step, True
            if self.isVisible():
                self._rebuild()

    def shown_paths(self) -> list[str]:
        """The path whose tab is chosen, or all of them."""
        kind, _, path = self._chosen().partition(":")
        return list(self.cards) if kind in (ALL, EDGES, BOUNDS) else [path]

    def _chosen(self) -> str:
        return self.tabs.tabData(self.tabs.currentIndex()) if self.tabs.count() else ALL

    # copies -----------------------------------------------------------------------------------------

    def copy_text(self) -> None:
        if self._history is not None:
            edges = self._chosen() == EDGES
            text = tables.contributions_as_text if edges else tables.as_text
            paths = [path for path in self.shown_paths() if not edges or path in self.contributions]
            QGuiApplication.clipboard().setText("\n\n".join(text(self._history, path) for path in paths))
            what = "Edge contributions" if edges else "Accuracy matrix"
            self.status_message.emit(f"{what} copied as text")

    def copy_csv(self) -> None:
        if self._history is not None:
            QGuiApplication.clipboard().setText(tables.as_csv(self._history, self.shown_paths()))
            self.status_message.emit("Accuracy matrix copied as CSV")

    def export_to(self, path: Path) -> None:
        """Write the shown matrices as CSV. Raises HHStudioError."""
        if self._history is None:
            raise HHStudioError("there is no accuracy matrix to export yet")
        write_file(path, tables.as_csv(self._history, self.shown_paths()).encode())

    def _ask(self) -> None:
        ask_where(self, "Save accuracy matrix", "accuracy.csv", self.export_to, self.status_message.emit)

    # cards ------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        history = self._history
        paths = history.paths if history is not None else ()
        contributions = edge_contributions.all_contributions(history) if history else {}
        self._match(self.cards, paths, MatrixCard)
        self._match(self.contributions, contributions, ContributionCard)
        bounded = [path for path in paths if baselines.finals(history, path)] if history else []
        self._match(self.bounds, bounded, BoundsCard)
        self._fill_tabs(tuple(paths))
        something = history is not None and bool(paths) and bool(history.tasks)
        self._stack.setCurrentWidget(self.area if something else self.empty)
        for widget in (self.tabs, self.caption, self.scale, self.copy, self.description):
            widget.setVisible(something)
        if history is not None and something:
            low = self._low = self._lowest(history)
            self.scale.set_low(low)
            for card in self.cards.values():
                card.show_history(history, low, self._step)
            most = full_bar(contributions.values())
            for below in self.contributions.values():
                below.show_history(history, most)
            for bounds in self.bounds.values():
                bounds.show_history(history)
            self._arrange()
        self._dirty = False

    def _match(self, cards: dict[str, Card], paths: Iterable[str], kind: type[Card]) -> None:
        """Have a card for each path, in that order; those of other paths are deleted."""
        matched = {}
        for path in paths:
            matched[path] = cards.pop(path) if path in cards else kind(path)
            if matched[path].parent() is None:
                matched[path].setParent(self.body)
                matched[path].described.connect(self.description.setText)
        for card in cards.values():
            card.setParent(None)
            card.deleteLater()
        cards.clear()
        cards.update(matched)

    def _fill_tabs(self, paths: tuple[str, ...]) -> None:
        tabs = {f"path:{path}": (path, path) for path in paths}
        if self.contributions:
            tabs = {EDGES: ("Edges", "What each edge's generated part contributes"), **tabs}
        if self.bounds:
            tabs = {BOUNDS: ("Bounds", "Final accuracies beside solvers without hypernetworks"), **tabs}
        if len(tabs) > 1:
            tabs = {ALL: ("All", "The accuracy matrices of all paths"), **tabs}
        if [self.tabs.tabData(n) for n in range(self.tabs.count())] == list(tabs):
            return
        chosen = self._chosen()
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for number, (data, (title, tip)) in enumerate(tabs.items()):
            short = self.tabs.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, _WIDEST_TAB)
            self.tabs.addTab(short.replace("&", "&&"))
            self.tabs.setTabData(number, data)
            self.tabs.setTabToolTip(number, plain(tip))
        self.tabs.setCurrentIndex(list(tabs).index(chosen) if chosen in tabs else 0)
        self.tabs.blockSignals(False)

    @staticmethod
    def _lowest(history: History) -> float:
        """The light end of the colour scale: the lowest accuracy on a learned task, down to a ten."""
        learned = [
            np.tril(matrix) + np.triu(np.full_like(matrix, np.nan), 1) for matrix in history.accuracy.values()
        ]
        learned += [end.accuracies for end in history.ends.values()]
        values = np.concatenate([m[~np.isnan(m)] for m in learned]) if learned else np.empty(0)
        return min(float(np.floor(10 * values.min())) / 10, 0.9) if len(values) else 0.0

    def _arrange(self) -> None:
        """Put the cards of the chosen tab; they take the whole width."""
        chosen, shown = self._chosen(), self.shown_paths()
        edges, matrices = chosen == EDGES, chosen not in (EDGES, BOUNDS)
        for path, card in self.cards.items():
            card.setVisible(path in shown and matrices)
        for path, below in self.contributions.items():
            below.setVisible(edges or (path in shown and matrices and chosen != ALL))
            below.set_alone(not edges)
        for bounds in self.bounds.values():
            bounds.setVisible(chosen == BOUNDS)
        self.caption.setText(_CAPTIONS.get(chosen, _CAPTION))
        self.scale.setVisible(matrices and self._history is not None)
        if not shown or self._history is None:
            return
        width, height = self.area.contentsRect().width(), self.area.contentsRect().height()
        bar = self.area.verticalScrollBar().sizeHint().width() + 2
        if matrices:
            self.body.resize(*self._put_cards(shown, width, height, bar))
        else:
            rows: list[ContributionCard | BoundsCard] = [
                *(self.contributions if edges else self.bounds).values()
            ]
            self.body.resize(*_put_rows(rows, width, height, bar))

    def _put_cards(self, shown: list[str], width: int, height: int, bar: int) -> tuple[int, int]:
        """Matrices, and below a single one its edge contributions; returns the size of it all."""
        assert self._history is not None
        tasks = len(self._history.tasks)
        edges = self.contributions.get(shown[0]) if self._chosen() != ALL else None
        below = edges.sizeHint().height() + GAP if edges is not None else 0
        end = any(len(content.rows) > tasks for content in self._contents(shown))
        chosen = arrange(len(shown), tasks, width, height - below, bar, end)
        for number, path in enumerate(shown):
            line, column = divmod(number, chosen.columns)
            self.cards[path].lay_out(chosen, tasks)
            self.cards[path].move(column * (chosen.width + GAP), line * (chosen.height + GAP))
        lines = -(-len(shown) // chosen.columns)
        bottom = lines * (chosen.height + GAP) - GAP
        if edges is not None:
            edges.lay_out(chosen.width)
            edges.move(0, bottom + GAP)
        return chosen.columns * (chosen.width + GAP) - GAP, bottom + below

    def _contents(self, shown: Iterable[str]) -> list[Content]:
        return [content for path in shown if (content := self.cards[path].heatmap.content) is not None]

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        if self._dirty:
            self._rebuild()
        self._arrange()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._arrange()


def _put_rows(
    cards: Sequence[ContributionCard | BoundsCard], width: int, height: int, bar: int
) -> tuple[int, int]:
    """In as many columns as there is room for, each card below the shortest column's last."""
    for room in (width, width - bar):
        columns = max(1, min((room + GAP) // (_CONTRIBUTION_WIDTH + GAP), len(cards)))
        own = min((room - (columns - 1) * GAP) // columns, WIDEST)
        bottoms = [0] * columns
        for card in cards:
            card.lay_out(own)
            column = bottoms.index(min(bottoms))
            card.move(column * (own + GAP), bottoms[column])
            bottoms[column] += card.height() + GAP
        if max(bottoms) - GAP <= height:
            break
    return columns * (own + GAP) - GAP, max(bottoms) - GAP
