"""Table of predictions for an image: class, probability, entropy, and the most certain task."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from hhstudio.core.analysis.answers import Guess, Prediction
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.widgets import tables
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.task_style import task_label, task_style
from hhstudio.gui.widgets.theme import current_theme

_SHARE = int(Qt.ItemDataRole.UserRole) + 1
COLUMNS = (
    ("Path", "root → … → solver"),
    ("Solver of", "the task that the solver was generated for"),
    ("Says", "the class of the highest probability"),
    ("Probability", "softmax of the logits"),
    ("Entropy", "of the probabilities, as a share of the most that there can be: 0 certain, 100 % guessing"),
    ("", "★: the most certain task of its path, which is what the path answers when nobody names the task"),
)

_NAMES = {0: 0.26, 1: 0.24}
"""Columns of names, and the share of the width that they take at most: what is said must be seen."""


class GuessTable(QTableWidget):
    """A row for each condition; ``condition_chosen(path, task)`` when one is selected."""

    condition_chosen = Signal(str, int)

    def __init__(self) -> None:
        super().__init__(0, len(COLUMNS))
        tables.set_up(self, COLUMNS, "Predictions", row=24)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.horizontalHeader().setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        for column in _NAMES:
            self.horizontalHeader().setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setItemDelegateForColumn(3, _Bar(self))
        self.itemSelectionChanged.connect(self._selected)
        self._guesses: tuple[Guess, ...] = ()

    def show_prediction(self, prediction: Prediction, tasks: Sequence[TaskInfo]) -> None:
        theme = current_theme()
        chosen = self.currentRow()
        self.blockSignals(True)
        self._guesses = prediction.guesses
        self.setRowCount(len(prediction.guesses))
        task, truth = prediction.truth
        for row, guess in enumerate(prediction.guesses):
            probability = float(guess.probabilities[guess.predicted])
            most = math.log(max(len(guess.classes), 2))
            says = guess.classes[guess.predicted]
            right = guess.task == task and says == truth
            texts = (
                guess.path,
                task_label(tasks, guess.task),
                f"{says}  ✓" if right else says,
                f"{100 * probability:.1f} %",
                f"{100 * guess.entropy / most:.0f} %",
                "★" if guess.chosen else "",
            )
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(
                    plain(f"{guess.path} · {task_label(tasks, guess.task)}\n{_probabilities(guess)}")
                )
                if column == 1:
                    item.setForeground(QColor(theme.text))
                if column == 2 and guess.task == task:
                    item.setForeground(QColor(theme.ok if right else theme.error))
                if column == 3:
                    item.setData(_SHARE, (probability, task_style(theme, guess.task)[0]))
                if guess.chosen:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.setItem(row, column, item)
        if 0 <= chosen < len(prediction.guesses):
            self.selectRow(chosen)
        self.blockSignals(False)
        self._narrow_names()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._narrow_names()

    def _narrow_names(self) -> None:
        for column, share in _NAMES.items():
            wanted = max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column))
            self.setColumnWidth(column, min(wanted, int(share * self.viewport().width())))

    def _selected(self) -> None:
        if 0 <= self.currentRow() < len(self._guesses):
            guess = self._guesses[self.currentRow()]
            self.condition_chosen.emit(guess.path, guess.task)


class _Bar(QStyledItemDelegate):
    """A probability as a bar behind its figure."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        bar = index.data(_SHARE)
        if bar is not None:
            share, color = bar
            shade = QColor(color)
            shade.setAlpha(90)
            box = QRectF(option.rect).adjusted(2, 4, -2, -4)
            box.setWidth(max(2.0, box.width() * share))
            painter.fillRect(box, shade)
        super().paint(painter, option, index)


def _probabilities(guess: Guess) -> str:
    order = sorted(range(len(guess.classes)), key=lambda at: -float(guess.probabilities[at]))
    return "\n".join(
        f"{guess.classes[at]}: {100 * float(guess.probabilities[at]):.1f} %" for at in order[:10]
    )
