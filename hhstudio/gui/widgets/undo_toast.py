"""A word about what was just done, with the chance to undo it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.formatting import plain
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.theme import LIGHT, Theme

SHOWN_MS = 15_000


class Toast(QFrame):
    """Hidden while there is nothing to undo."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.text = ElidedLabel("")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.undo = QPushButton("Undo")
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Dismiss")
        self.close_button.clicked.connect(self.dismiss)
        self.undo.clicked.connect(self._undo)
        self._undone: Callable[[], object] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(self.text, 1)
        head.addWidget(self.close_button)
        column = QVBoxLayout(self)  # the list is narrow: beside each other there is no room for a name
        column.setContentsMargins(10, 3, 5, 7)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.undo, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_theme(LIGHT)
        self.hide()

    def say(self, text: str, undo: Callable[[], object]) -> None:
        self.text.setText(text)
        self.text.setToolTip(plain(text))
        self._undone = undo
        self._timer.start()
        self.show()

    def dismiss(self) -> None:
        self._timer.stop()
        self._undone = None
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self.setStyleSheet(
            f"#toast {{ background: {theme.raised}; border: 1px solid {theme.border}; border-radius: 5px; }}"
        )
        self.close_button.setIcon(icon("close", theme.muted))

    def _undo(self) -> None:
        undone = self._undone
        self.dismiss()
        if undone is not None:
            undone()
