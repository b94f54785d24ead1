"""Preview card: what will change, what it costs, and two buttons."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from hhstudio.gui.widgets.markup import TextLabel

_GAP = 14


class PreviewCard(QFrame):
    """Floats over the canvas beside what it speaks of. Its buttons ask for ``accepted`` and ``dismissed``;
    keys are the canvas's."""

    accepted = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = parent
        self.setObjectName("preview")
        self._title = TextLabel(parent=self)
        self._title.setProperty("title", True)
        self._text = TextLabel(parent=self)
        self._text.setProperty("muted", True)
        self._text.setWordWrap(True)
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(14)
        self._rows.setVerticalSpacing(3)
        self._rows.setColumnStretch(1, 1)
        self.accept = QPushButton(self)
        self.dismiss = QPushButton("Dismiss  Esc", self)
        self.accept.setProperty("main", True)
        self.accept.clicked.connect(self.accepted)
        self.dismiss.clicked.connect(self.dismissed)
        buttons = QHBoxLayout()
        buttons.addWidget(self.accept)
        buttons.addWidget(self.dismiss)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 13, 16, 14)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addLayout(self._rows)
        column.addWidget(self._text)
        column.addLayout(buttons)
        self.setFixedWidth(320)
        self.hide()

    def fill(self, title: str, rows: list[tuple[str, str]], text: str, verb: str) -> None:
        """``rows``: what, how much; ``verb``: what the button does."""
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for row, (what, value) in enumerate(rows):
            for column, words in enumerate((what, value)):
                label = TextLabel(words, self)
                label.setProperty("what", column == 0)
                self._rows.addWidget(label, row, column)
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self.accept.setText(f"{verb}  ⏎")
        self.setAccessibleName(title)
        self.setAccessibleDescription("; ".join(f"{what}: {value}" for what, value in rows) + ". " + text)

    def show_beside(self, box: QRect, others: list[QRect]) -> None:
        """Beside a rectangle in the parent's pixels, or in a corner: where it hides least of ``others``, and
        nothing of the rectangle."""
        self.adjustSize()
        column = self.layout()
        assert column is not None
        self.setFixedHeight(column.totalHeightForWidth(self.width()))
        room = self._view.rect().adjusted(8, 8, -8, -44)
        wide, high = self.width(), self.height()
        left = min(max(box.center().x() - wide // 2, room.left()), room.right() - wide)
        top = min(max(box.center().y() - high // 2, room.top()), room.bottom() - high)
        ends = (room.left(), room.right() - wide), (room.top(), room.bottom() - high)
        corners = [(x, y) for x in ends[0] for y in ends[1]]
        corners.sort(key=lambda at: math.hypot(at[0] - left, at[1] - top))
        places = [
            QRect(x, y, wide, high)
            for x, y in (
                (left, box.bottom() + _GAP),
                (left, box.top() - _GAP - high),
                (box.right() + _GAP, top),
                (box.left() - _GAP - wide, top),
                *corners,
            )
        ]

        def hidden(place: QRect) -> tuple[bool, int]:
            covered = sum(_area(place.intersected(other)) for other in others)
            return place.intersects(box), covered

        fitting = [place for place in places if room.contains(place)] or places[-1:]
        self.move(min(fitting, key=hidden).topLeft())
        self.show()
        self.raise_()


def _area(box: QRect) -> int:
    return max(0, box.width()) * max(0, box.height())
