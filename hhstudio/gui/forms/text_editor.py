"""Text editor: a field of several lines, complete when it is left or with Ctrl+Enter."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

FEWEST, MOST = 3, 12
"""TextEditor that are seen at once."""


class TextEditor(QPlainTextEdit):
    """``edited``: something was typed; ``finished``: it is complete. Tab goes on to the next field."""

    edited = Signal(str)
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._writing = False
        self.textChanged.connect(self._tell)
        self._fit("")

    def write(self, text: str, placeholder: str) -> None:
        """Show a text without telling of it; ``placeholder``: what an empty one means."""
        if text != self.toPlainText():
            self._writing = True
            self.setPlainText(text)
            self._writing = False
        self.setPlaceholderText(placeholder)
        self._fit(text or placeholder)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.finished.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.finished.emit()

    def _tell(self) -> None:
        if not self._writing:
            self._fit(self.toPlainText())
            self.edited.emit(self.toPlainText())

    def _fit(self, text: str) -> None:
        """As high as what is in it."""
        shown = min(max(text.count("\n") + 1, FEWEST), MOST)
        frame = 2 * (self.frameWidth() + int(self.document().documentMargin()))
        self.setFixedHeight(math.ceil(shown * self.fontMetrics().lineSpacing()) + frame + 8)
