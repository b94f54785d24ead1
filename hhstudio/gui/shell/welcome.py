"""Welcome: three steps, for somebody who opens the studio for the first time."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import TextLabel
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_STEPS = (
    ("Draw", "This tree generates one network per path. Add children and solvers, or take another preset."),
    ("Start", "Press Start on top: the digits are shipped, the quickstart preset takes about a minute."),
    ("Watch", "Accuracies appear in the tree, the curves and the matrix. Every run is kept under Sessions."),
)


class Welcome(Themed, QFrame):
    """Three steps side by side; ``dismissed`` when the user has seen enough of them."""

    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 10, 8, 10)
        row.setSpacing(18)
        for number, (title, text) in enumerate(_STEPS, 1):
            row.addLayout(self._step(number, title, text), 1)
        self.close_button = QToolButton()
        self.close_button.setToolTip("Hide the first steps (Help brings them back)")
        self.close_button.setAccessibleName("Hide the first steps")
        self.close_button.clicked.connect(self.dismissed)
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.follow_theme()

    def recolour(self) -> None:
        self.close_button.setIcon(icon("close", current_theme().muted))

    def _step(self, number: int, title: str, text: str) -> QHBoxLayout:
        badge = TextLabel(str(number))
        badge.setFixedSize(24, 24)
        badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        badge.setProperty("number", True)
        head = TextLabel(title)
        head.setProperty("title", True)
        body = TextLabel(text)
        body.setWordWrap(True)
        body.setProperty("muted", True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(head)
        words.addWidget(body)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(9)
        row.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row
