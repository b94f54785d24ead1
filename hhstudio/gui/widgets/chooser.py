"""A list that pops up, from which one thing is chosen by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

_ENTRY = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class Entry:
    """``title`` is searched; ``detail`` stands behind it, or below the pointer with ``tip``."""

    title: str
    choose: Callable[[], object]
    detail: str = ""
    icon: QIcon | None = None
    tip: str = ""


def score(words: str, title: str) -> int | None:
    """How well a title fits what was typed: lower is better, None not at all.

    Every typed word must occur; failing that, the letters must, in order.
    """
    wanted, text = words.casefold().split(), title.casefold()
    if not wanted:
        return 0
    found = [text.find(word) for word in wanted]
    if min(found) >= 0:
        return sum(0 if at == 0 or text[at - 1] == " " else 2 for at in found)
    at = 0
    for letter in "".join(wanted):
        at = text.find(letter, at) + 1
        if at == 0:
            return None
    return 100 + at


class Chooser(QDialog):
    """Return chooses, Esc closes."""

    def __init__(self, entries: Sequence[Entry], placeholder: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._entries = tuple(entries)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.words = QLineEdit()
        self.words.setPlaceholderText(placeholder)
        self.words.setAccessibleName(placeholder)
        self.list = QListWidget()
        self.list.setAccessibleName("What fits")
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setStyleSheet("QListWidget::item { padding: 4px 6px; }")
        blank = QPixmap(16, 16)
        blank.fill(Qt.GlobalColor.transparent)
        self._blank = QIcon(blank)  # keeps the names in one line
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self.list)
        self.words.textChanged.connect(self._fill)
        self.words.installEventFilter(self)
        self.list.itemActivated.connect(self._do)
        self.list.itemClicked.connect(self._do)
        self._fill("")
        self.resize(min(560, max(parent.width() - 80, 240)), 380)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + 90)
        self.words.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Return in the text field mean the list."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.list.count():
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if (item := self.list.currentItem()) is not None:
                    self._do(item)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, words: str) -> None:
        self.list.clear()
        fitting = [
            (fit, at, entry)
            for at, entry in enumerate(self._entries)
            if (fit := score(words, entry.title)) is not None
        ]
        for _, at, entry in sorted(fitting, key=lambda each: each[:2]):
            item = QListWidgetItem(entry.title + (f"    {entry.detail}" if entry.detail else ""))
            item.setData(_ENTRY, at)
            item.setIcon(entry.icon or self._blank)
            item.setToolTip(entry.tip)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _do(self, item: QListWidgetItem) -> None:
        entry = self._entries[item.data(_ENTRY)]
        self.close()
        entry.choose()
