"""A note at the top of the canvas when the tree has grown, or could not."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLabel, QWidget

from hhstudio.gui.widgets.theme import LIGHT, Theme

SHOWN_MS = 9000
WIDEST = 620


class Toast(QLabel):
    """Goes away by itself, or when it is clicked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setToolTip("Click to dismiss")
        self._theme, self._bad = LIGHT, False
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def say(self, text: str, bad: bool = False) -> None:
        self._bad = bad
        self.setText(text)
        self.setAccessibleName(text)
        self.set_theme(self._theme)
        self.show()
        self.place()
        self._timer.start()

    def place(self) -> None:
        """At the top, in the middle."""
        if self.isHidden():
            return
        room = self.parentWidget().width()
        wide = self.fontMetrics().horizontalAdvance(self.text()) + 46
        self.setFixedWidth(max(120, min(wide, WIDEST, room - 40)))
        self.setFixedHeight(self.heightForWidth(self.width()))
        self.move((room - self.width()) // 2, 14)
        self.raise_()

    def mousePressEvent(self, event: object) -> None:
        self._timer.stop()
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        color = theme.error if self._bad else theme.ok
        self.setStyleSheet(
            f"QLabel {{ background: {theme.panel}; color: {theme.text}; border: 1px solid {color};"
            f" border-left: 5px solid {color}; border-radius: 9px; padding: 8px 14px; }}"
        )
