"""Everything that can be done, by typing a part of its name."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from hhstudio.gui.actions import Action, ActionRegistry

_ID = int(Qt.ItemDataRole.UserRole)


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


class CommandPalette(QDialog):
    """Return does the chosen action, Esc closes."""

    def __init__(self, registry: ActionRegistry, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._registry = registry
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Type what you want to do")
        self.words.setAccessibleName("Command")
        self.list = QListWidget()
        self.list.setAccessibleName("Matching commands")
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
            (fit, at, action)
            for at, action in enumerate(self._registry)
            if action.enabled and (fit := score(words, _named(action))) is not None
        ]
        for _, _, action in sorted(fitting, key=lambda entry: entry[:2]):
            first = action.shortcut.split(";")[0].strip()
            keys = QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(_named(action) + (f"    {keys}" if keys else ""))
            item.setData(_ID, action.id)
            item.setIcon(self._registry.qaction(action.id).icon() if action.icon else self._blank)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _do(self, item: QListWidgetItem) -> None:
        action_id = item.data(_ID)
        self.close()
        self._registry.trigger(action_id)


def _named(action: Action) -> str:
    above = action.menu.replace("/", " › ")
    return f"{above} › {action.title}" if above else action.title
