"""Captioned field: a small caption above a field."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hhstudio.gui.widgets.markup import TextLabel

HEIGHT = 28
"""Pixels of every field, so that boxes and spin boxes stand in one line."""


class Captioned(QWidget):
    def __init__(self, caption: str, field: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.caption = TextLabel(caption)
        self.caption.setProperty("caption", True)
        self.caption.setBuddy(field)
        field.setFixedHeight(HEIGHT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.caption)
        column.addWidget(field)
