"""Markup and letters: labels and tool tips show names as they are written, whatever they look like.

Qt takes a text for HTML where it looks like it, and names in a tree or a session may come from anybody. Here
only a :class:`Markup` is markup; every other text is shown letter by letter. A new label is a
:class:`TextLabel`, a tool tip is given as ``plain(text)``; a test asks for both.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QWidget


class Markup(str):
    """A text in HTML. Whoever makes one has put what it quotes through :func:`letters`; what is made of one
    by other means (an f-string) is an ordinary text again."""

    __slots__ = ()


def letters(text: str) -> str:
    """A text within markup, though not within an attribute: shown as it is, its line breaks too."""
    return escape(text, quote=False).replace("\n", "<br>")


def plain(text: str, wraps: bool = False) -> str:
    """A text for a tool tip, *What is this?* or an item's tool tip role, which have no text format of their
    own. ``wraps``: long lines are broken."""
    if isinstance(text, Markup) or not text:
        return text
    return Markup(f"<p>{letters(text)}</p>") if wraps or GuiQt.mightBeRichText(text) else text


class TextLabel(QLabel):
    """Shows a :class:`Markup` as markup, and any other text as it is written."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        if text:
            self.setText(text)

    def setText(self, text: str) -> None:
        wanted = Qt.TextFormat.RichText if isinstance(text, Markup) else Qt.TextFormat.PlainText
        if wanted != self.textFormat():
            self.clear()  # what it shows until now is not to be read in the other format
            self.setTextFormat(wanted)
        super().setText(text)
