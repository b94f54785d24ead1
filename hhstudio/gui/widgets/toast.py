"""Toast: a word about what has just happened, with a chance to answer it, which goes away by itself.

What needs attention until it is settled is a :class:`~hhstudio.gui.widgets.banner.Banner`; the latest news
of the whole window stand in the status bar.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed, set_style_property

SHOWN_MS, ASKED_MS = 9000, 15_000
"""How long a word is shown, and one that asks for an answer."""
_WIDEST = 620


class Toast(Themed, QFrame):
    """Hidden while there is nothing to say; a click dismisses it.

    One that ``floats`` lies at the top of its parent and wraps its text (the parent calls `place` when its
    size has changed); in a layout, which may be narrow, the text is shortened.
    """

    def __init__(self, parent: QWidget | None = None, floats: bool = False) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self._floats = floats
        self._answer: Callable[[], object] | None = None
        self.text = TextLabel() if floats else ElidedLabel()
        self.text.setWordWrap(floats)
        self.action = QPushButton()
        self.action.clicked.connect(self._act)
        self.close_button = QToolButton()
        self.close_button.setAccessibleName("Dismiss")
        self.close_button.clicked.connect(self.dismiss)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        head = QHBoxLayout()
        head.addWidget(self.text, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)  # a list may be narrow: beside each other there is no room for a name
        column.setContentsMargins(10, 4, 5, 5)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.action, 0, Qt.AlignmentFlag.AlignLeft)
        self.follow_theme()
        self.hide()

    def say(
        self, text: str, bad: bool = False, action: str = "", answer: Callable[[], object] | None = None
    ) -> None:
        """Show a word for a while; with an ``answer``, a button with the title ``action`` calls it once."""
        self._answer = answer
        self.text.setText(text)
        self.text.setToolTip(plain(text, wraps=True))
        self.action.setText(action)
        self.action.setVisible(answer is not None)
        self.setAccessibleName(text)
        set_style_property(self, "bad", bad)
        self.show()
        self.place()
        self._timer.start(ASKED_MS if answer is not None else SHOWN_MS)

    def dismiss(self) -> None:
        self._timer.stop()
        self._answer = None
        self.hide()

    def place(self) -> None:
        """At the top of its parent, in the middle."""
        parent, layout = self.parentWidget(), self.layout()
        if self.isHidden() or not self._floats or parent is None or layout is None:
            return
        room = parent.width()
        words = self.text.fontMetrics().horizontalAdvance(self.text.text())
        width = max(120, min(words + layout.minimumSize().width() + 10, _WIDEST, room - 40))
        self.resize(width, layout.totalHeightForWidth(width))
        self.move((room - self.width()) // 2, 14)
        self.raise_()

    def mousePressEvent(self, _event: object) -> None:
        self.dismiss()

    def recolour(self) -> None:
        self.close_button.setIcon(icon("close", current_theme().muted))

    def _act(self) -> None:
        answer = self._answer
        self.dismiss()
        if answer is not None:
            answer()
