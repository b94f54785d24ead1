"""Searchable popup: a list from which one thing is chosen by typing a part of its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from hhstudio.gui.widgets.markup import plain

_ITEM = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True)
class ChooserItem:
    """``title`` and ``keywords`` are searched; ``detail`` stands behind the title, ``tip`` below the pointer.
    ``refused``: why it cannot be chosen now, if it cannot."""

    title: str
    choose: Callable[[], object]
    detail: str = ""
    icon: QIcon | None = None
    tip: str = ""
    keywords: str = ""
    refused: str = ""


def score(words: str, title: str, keywords: str = "") -> int | None:
    """How well a title fits what was typed: lower is better, None not at all.

    Every typed word must occur in the title or among the keywords; failing that, the letters must occur in
    the title, in order.
    """
    wanted, text = words.casefold().split(), f"{title} {keywords}".casefold()
    if not wanted:
        return 0
    places = [text.find(word) for word in wanted]
    if min(places) >= 0:
        return sum((0 if at == 0 or text[at - 1] == " " else 2) + (at > len(title)) for at in places)
    at = 0
    for letter in "".join(wanted):
        at = text.find(letter, at, len(title)) + 1
        if at == 0:
            return None
    return 100 + at


class Chooser(QDialog):
    """Arrows move, Return and Tab choose, Esc closes."""

    def __init__(self, items: Sequence[ChooserItem], placeholder: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._items = tuple(items)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit()
        self.search.setPlaceholderText(placeholder)
        self.search.setAccessibleName(placeholder)
        self.search.setClearButtonEnabled(True)
        self.list = QListWidget()
        self.list.setAccessibleName("What fits")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(16, 16))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self.list)
        self.search.textChanged.connect(self._fill)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._choose)
        self._fill("")
        self.resize(min(560, max(parent.width() - 80, 240)), 380)
        corner = parent.mapToGlobal(parent.rect().topLeft())
        self.move(corner.x() + (parent.width() - self.width()) // 2, corner.y() + 90)
        self.search.setFocus()

    def offer(self, items: Sequence[ChooserItem]) -> None:
        """Have other things to choose from, with nothing typed."""
        self._items = tuple(items)
        self.search.clear()
        self._fill("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrows and Return in the text field mean the list."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # keys typed here are no commands of the window
            return True
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
                self._step(1 if event.key() == Qt.Key.Key_Down else -1)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
                if (item := self.list.currentItem()) is not None:
                    self._choose(item)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, words: str) -> None:
        self.list.clear()
        fitting = [
            (fit, at)
            for at, item in enumerate(self._items)
            if (fit := score(words, item.title, item.keywords)) is not None
        ]
        icons = any(item.icon is not None for item in self._items)
        for _, at in sorted(fitting):
            item = self._items[at]
            detail = f"  ({item.refused})" if item.refused else f"    {item.detail}" if item.detail else ""
            line = QListWidgetItem(item.title + detail)
            line.setData(_ITEM, at)
            line.setToolTip(plain(item.refused or item.tip))
            if icons:
                line.setIcon(item.icon or _blank())
            if item.refused:
                line.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(line)
        self.list.setCurrentRow(-1)
        self._step(1)

    def _step(self, by: int) -> None:
        """To the next line that can be chosen."""
        row, count = self.list.currentRow(), self.list.count()
        for _ in range(count):
            row = (row + by) % count
            if self.list.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.list.setCurrentRow(row)
                return

    def _choose(self, line: QListWidgetItem) -> None:
        if line.flags() & Qt.ItemFlag.ItemIsEnabled:
            item = self._items[line.data(_ITEM)]
            self.close()
            item.choose()


def _blank() -> QIcon:
    """Keeps the names in one line where some have icons."""
    pixels = QPixmap(16, 16)
    pixels.fill(Qt.GlobalColor.transparent)
    return QIcon(pixels)
