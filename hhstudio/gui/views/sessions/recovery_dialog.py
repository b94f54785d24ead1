"""Recovery dialog: what was saved of a session, and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.widgets.icons import icon, pixmap
from hhstudio.gui.widgets.markup import TextLabel
from hhstudio.gui.widgets.theme import current_theme

if TYPE_CHECKING:
    from hhstudio.store.recovery.recover import Report


_SHORT = 4
"""Lines of which all are seen at once."""


class RecoveryDialog(QDialog):
    """Accepted means: open the session."""

    def __init__(self, report: Report, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(f"Recovery of {report.path.name}")
        whole, theme = not report.lost, current_theme()
        symbol = TextLabel()
        symbol.setPixmap(pixmap("finished" if whole else "warning", theme.ok if whole else theme.warn, 28))
        title = TextLabel(_title(report))
        title.setProperty("title", True)
        title.setWordWrap(True)
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(symbol)
        head.addWidget(title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        self.lost = _listed(column, "Lost", report.lost, "error", theme.error)
        self.saved = _listed(column, "Saved", report.saved, "finished", theme.ok)
        if report.original is not None:
            original = TextLabel(f"The damaged file is kept as {report.original.name}, beside the session.")
            original.setWordWrap(True)
            original.setProperty("muted", True)
            original.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(original)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.open_button = QPushButton("Open the session")
        self.open_button.setProperty("primary", True)
        self.buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setDefault(True)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.resize(600, 190 + 22 * min(8, len(report.lost)) + 19 * min(14, len(report.saved)))


def _title(report: Report) -> str:
    if report.healthy:
        return f"{report.path.name} is whole"
    if report.lost:
        return f"{report.path.name} can be opened again; some of it is lost"
    return f"{report.path.name} can be opened again; nothing is lost"


def _listed(column: QVBoxLayout, title: str, lines: list[str], symbol: str, color: str) -> QListWidget:
    """A caption and its lines; both hidden where there are none."""
    caption, items = TextLabel(f"{title} ({len(lines)})"), QListWidget()
    caption.setProperty("caption", True)
    items.setAccessibleName(title)
    items.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    items.setWordWrap(True)
    items.setIconSize(QSize(14, 14))
    items.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
    items.setProperty("framed", True)
    for line in lines:
        items.addItem(QListWidgetItem(icon(symbol, color), line[:1].upper() + line[1:]))
    for widget in (caption, items):
        widget.setVisible(bool(lines))
        column.addWidget(widget, 0 if widget is caption else len(lines))
    if len(lines) <= _SHORT:  # room for these and no more: the other list may have it
        items.setFixedHeight(8 + sum(items.sizeHintForRow(row) for row in range(len(lines))))
    return items
