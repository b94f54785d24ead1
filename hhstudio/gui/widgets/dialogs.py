"""Dialogs of the window: all are opened without blocking, and say what to do."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from html import escape

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QLabel,
    QMessageBox,
    QWidget,
)

from hhstudio import __version__

Answer = tuple[str, QMessageBox.ButtonRole, Callable[[], object] | None]
ROLE = QMessageBox.ButtonRole


def tell(parent: QWidget, title: str, text: str) -> QMessageBox:
    """A problem, in words; never a traceback."""
    return ask(parent, title, text, [("OK", ROLE.AcceptRole, None)], QMessageBox.Icon.Warning)


def ask(
    parent: QWidget,
    title: str,
    text: str,
    answers: list[Answer],
    symbol: QMessageBox.Icon = QMessageBox.Icon.Question,
) -> QMessageBox:
    """A question whose answers are what they do. The first is the default; Esc is the reject role."""
    box = QMessageBox(symbol, "hhstudio", title, QMessageBox.StandardButton.NoButton, parent)
    box.setInformativeText(text)
    for label in box.findChildren(QLabel):  # names and notes come from files: they are shown, not obeyed
        label.setTextFormat(Qt.TextFormat.PlainText)
    box.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    callbacks = {}
    for at, (word, role, callback) in enumerate(answers):
        button = box.addButton(word, role)
        callbacks[button] = callback
        if at == 0:
            box.setDefaultButton(button)

    def answered(button: object) -> None:
        callback = callbacks.get(button)  # type: ignore[call-overload]
        if callback is not None:
            callback()

    box.buttonClicked.connect(answered)
    box.open()
    return box


class Question:
    """A question that is put once, however often it is asked: while it is open it only comes to the front."""

    def __init__(self) -> None:
        self._box: QMessageBox | None = None

    def ask(
        self,
        parent: QWidget,
        title: str,
        text: str,
        answers: list[Answer],
        symbol: QMessageBox.Icon = QMessageBox.Icon.Question,
    ) -> QMessageBox:
        """As :func:`ask`. What an answer does may ask again."""
        if self._box is None:
            own: list[Answer] = [
                (word, role, partial(self._answered, callback)) for word, role, callback in answers
            ]
            self._box = box = ask(parent, title, text, own, symbol)
            box.finished.connect(lambda _: self._forget(box))
        self._box.raise_()
        self._box.activateWindow()
        return self._box

    def _answered(self, callback: Callable[[], object] | None) -> None:
        self._box = None
        if callback is not None:
            callback()

    def _forget(self, box: QMessageBox) -> None:
        if self._box is box:
            self._box = None


def about(parent: QWidget) -> QMessageBox:
    text = (
        f"<p>Version {escape(__version__)}. Draw, grow, train, watch and keep hierarchical hypernetworks.</p>"
        f"<p>Python {platform.python_version()}, PySide {pyside_version}. "
        "MIT licence. The typeface is Inter, SIL Open Font License 1.1.</p>"
    )
    box = ask(parent, "hhstudio", text, [("Close", ROLE.AcceptRole, None)], QMessageBox.Icon.NoIcon)
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.RichText)
    return box
