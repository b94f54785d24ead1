"""Notes dialog: what a session was about, in words and tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.widgets.markup import TextLabel

if TYPE_CHECKING:
    from hhstudio.store.catalog.notes import Notes


class NotesDialog(QDialog):
    """``saved`` carries the notes as they are to be. ``known``: tags that are in use."""

    saved = Signal(object)

    def __init__(self, session: Path, notes: Notes, known: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Notes on {session.stem}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QPlainTextEdit(notes.text)
        self.text.setPlaceholderText("What was tried, what came out")
        self.text.setAccessibleName("Notes")
        self.text.setTabChangesFocus(True)
        self.tags = QLineEdit(", ".join(notes.tags))
        self.tags.setPlaceholderText("paper, baseline")
        self.tags.setAccessibleName("Tags")
        completer = QCompleter(known, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.tags.setCompleter(completer)
        where = TextLabel(f"Kept beside the session, in {session.name}.notes.json")
        where.setProperty("caption", True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 12)
        column.setSpacing(7)
        column.addWidget(self.text, 1)
        column.addWidget(_caption("Tags, with commas between them"))
        column.addWidget(self.tags)
        column.addWidget(where)
        column.addWidget(buttons)
        self.resize(460, 330)

    def accept(self) -> None:
        from hhstudio.store.catalog.notes import Notes

        tags = tuple(tag.strip().removeprefix("#") for tag in self.tags.text().split(","))
        self.saved.emit(Notes(self.text.toPlainText(), tags))
        super().accept()


def _caption(text: str) -> QLabel:
    label = TextLabel(text)
    label.setProperty("caption", True)
    return label
