"""Banner: a strip that says what needs attention, with the buttons that help, until it is settled.

What has merely happened is a :class:`~hhstudio.gui.widgets.toast.Toast`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QWidget

from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.icons import icon, pixmap
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed, set_style_property

Kind = Literal["error", "warning"]
Button = tuple[str, Callable[[], object]]


class Banner(Themed, QFrame):
    """Hidden while it has nothing to say. One message at a time: an error is not replaced by a warning
    of another topic until it is dismissed or cleared."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self._kind: Kind = "warning"
        self.topic = ""
        self.icon = TextLabel()
        self.icon.setFixedSize(20, 20)
        self.text = TextLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.buttons: list[QPushButton] = []
        self.dismiss = QToolButton()
        self.dismiss.setAccessibleName("Dismiss")
        self.dismiss.setToolTip("Dismiss")
        self.dismiss.clicked.connect(self.clear)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 7, 8, 7)
        self._row.setSpacing(8)
        self._row.addWidget(self.icon)
        self._row.addWidget(self.text, 1)
        self._row.addWidget(self.dismiss)
        self.follow_theme()
        self.hide()

    def say(self, topic: str, kind: Kind, text: str, buttons: Sequence[Button] = ()) -> None:
        """Show a message. ``topic`` names what it is about, so that :meth:`clear` can take it back. Paths of
        sessions are shortened to their names; the tool tip has the whole of them."""
        shown = not self.isHidden()
        if shown and topic != self.topic and self._kind == "error" and kind == "warning":
            return
        self.topic, self._kind = topic, kind
        short = with_names(text)
        self.text.setText(short)
        self.text.setToolTip(plain(text, wraps=True) if short != text else "")
        for button in self.buttons:
            self._row.removeWidget(button)
            button.deleteLater()
        self.buttons = []
        for at, (title, callback) in enumerate(buttons):
            button = QPushButton(title)
            if at == 0:
                button.setProperty("primary", True)
            button.clicked.connect(lambda _=False, call=callback: call())
            self.buttons.append(button)
            self._row.insertWidget(2 + at, button)
        self.recolour()
        self.show()

    def clear(self, topic: object = None) -> None:
        """Hide, if the message is about ``topic`` (anything else than a text: in any case)."""
        if isinstance(topic, str) and topic != self.topic:
            return
        self.topic = ""
        self.hide()

    def sizeHint(self) -> QSize:
        """As high as the text needs at the width that there is; Qt would guess from a narrow one."""
        above = self.parentWidget()
        width = self.width() if self.isVisible() or above is None else above.width()
        return QSize(400, self._row.heightForWidth(max(width, 400)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def recolour(self) -> None:
        theme, error = current_theme(), self._kind == "error"
        set_style_property(self, "error", error)
        color = theme.error if error else theme.warn
        self.icon.setPixmap(pixmap("error" if error else "warning", color, 20))
        self.dismiss.setIcon(icon("close", theme.muted))
