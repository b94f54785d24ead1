"""The sessions of a folder: what they are, what they reached, and what can be done with them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QColor, QDesktopServices, QFont, QGuiApplication, QPainter, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.gui.curves.elided import ElidedLabel
from hhstudio.gui.icons import icon, pixmap
from hhstudio.gui.jobs import Jobs
from hhstudio.gui.session_files import shown_path
from hhstudio.gui.session_model import BRIEF, SessionModel, summary
from hhstudio.gui.theme import LIGHT, Theme
from hhstudio.gui.words import size, when

if TYPE_CHECKING:
    from hhstudio.store.brief import Brief

_ICONS = {"finished": "finished", "stopped": "stopped", "failed": "failed", "running": "running"}
_EMPTY = (
    "<p style='font-size:15px'><b>Sessions appear here</b></p>"
    "<p>Every run is kept as one file. Press Start, or drop a session on the window.</p>"
)
Index = QModelIndex | QPersistentModelIndex


class SessionDelegate(QStyledItemDelegate):
    """Two lines a session: name and date; what it reached and its size."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.theme = theme
        self.current: Path | None = None

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, 2 * option.fontMetrics.height() + 17)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        found: Brief = index.data(BRIEF)
        theme, rect = self.theme, option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = option.state
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
            chosen = state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection if chosen else theme.raised))
            painter.drawRoundedRect(rect.adjusted(3, 1, -3, -1), 5, 5)
        if found.path == self.current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRect(rect.left() + 3, rect.top() + 8, 3, rect.height() - 16), 1.5, 1.5)
        name, color = _symbol(found, theme)
        painter.drawPixmap(rect.left() + 12, rect.center().y() - 8, pixmap(name, color, 16))
        self._text(painter, option, found)
        painter.restore()

    def _text(self, painter: QPainter, option: QStyleOptionViewItem, found: Brief) -> None:
        theme, metrics = self.theme, option.fontMetrics
        rect = option.rect.adjusted(36, 7, -12, -7)
        line = metrics.height() + 2
        upper = QRect(rect.left(), rect.top(), rect.width(), line)
        lower = QRect(rect.left(), rect.top() + line, rect.width(), line)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        muted, text = QPen(QColor(theme.muted)), QPen(QColor(theme.text))
        date, weight = when(found.modified), "" if found.error else size(found.size)
        painter.setFont(option.font)
        painter.setPen(muted)
        painter.drawText(upper, right, date)
        words, room = summary(found), rect.width()
        if metrics.horizontalAdvance(words) + metrics.horizontalAdvance(weight) + 12 <= room:
            painter.drawText(lower, right, weight)  # the size is the first to go where room is short
        painter.drawText(lower, left, metrics.elidedText(words, Qt.TextElideMode.ElideRight, room))
        painter.setPen(text)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        room = rect.width() - metrics.horizontalAdvance(date) - 12
        title = painter.fontMetrics().elidedText(found.path.stem, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(upper, left, title)


class SessionList(QWidget):
    """Asks for what the user wants: ``open_requested``, ``duplicate_requested``, ``delete_requested``,
    ``recover_requested`` carry a Path."""

    open_requested = Signal(object)
    duplicate_requested = Signal(object)
    delete_requested = Signal(object)
    recover_requested = Signal(object)
    folder_requested = Signal()

    def __init__(self, jobs: Jobs, parent: QWidget | None = None, theme: Theme = LIGHT) -> None:
        super().__init__(parent)
        self.model = SessionModel(jobs, self)
        self.list = QListView()
        self.delegate = SessionDelegate(theme, self.list)
        self.list.setModel(self.model)
        self.list.setItemDelegate(self.delegate)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setAccessibleName("Sessions")
        self.list.customContextMenuRequested.connect(self._menu_at)
        self.list.activated.connect(lambda index: self.open_requested.emit(index.data(BRIEF).path))
        self.empty = QLabel(_EMPTY)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.empty.setMargin(14)
        self.where = ElidedLabel("")
        self.where.setProperty("muted", True)
        self.choose = QToolButton()
        self.choose.setToolTip("Choose the sessions folder")
        self.choose.setAccessibleName("Choose the sessions folder")
        self.choose.clicked.connect(self.folder_requested)
        foot = QHBoxLayout()
        foot.setContentsMargins(10, 0, 6, 4)
        foot.addWidget(self.where, 1)
        foot.addWidget(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.list, 1)
        column.addWidget(self.empty, 1)
        column.addLayout(foot)
        self.model.modelReset.connect(self._show_empty)
        self.set_theme(theme)
        self._show_empty()

    def set_folder(self, folder: Path) -> None:
        self.where.setText(shown_path(folder))
        self.where.setToolTip(str(folder))
        self.model.set_folder(folder)

    def look(self) -> None:
        self.model.look()

    def set_current(self, path: Path | None) -> None:
        """Mark the session that the window shows."""
        self.delegate.current = path
        self.list.viewport().update()

    def set_theme(self, theme: Theme) -> None:
        self.delegate.theme = theme
        self.empty.setStyleSheet(f"color: {theme.muted};")
        self.choose.setIcon(icon("folder", theme.text))
        self.list.viewport().update()

    def menu(self, found: Brief) -> QMenu:
        """What can be done with a session."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path = found.path
        entries = [
            ("Open", self.open_requested, not found.error),
            ("Use its settings for a new run", self.duplicate_requested, not found.error),
            ("Recover …", self.recover_requested, bool(found.error)),
        ]
        for title, signal, enabled in entries:
            menu.addAction(title, lambda signal=signal: signal.emit(path)).setEnabled(enabled)
        menu.addSeparator()
        menu.addAction("Show in its folder", lambda: reveal(path))
        menu.addAction("Copy its path", lambda: QGuiApplication.clipboard().setText(str(path)))
        menu.addSeparator()
        remove = menu.addAction("Move to the trash …", lambda: self.delete_requested.emit(path))
        remove.setEnabled(found.state != "running")
        return menu

    def _menu_at(self, at) -> None:  # type: ignore[no-untyped-def]
        index = self.list.indexAt(at)
        if index.isValid():
            self.menu(index.data(BRIEF)).popup(self.list.viewport().mapToGlobal(at))

    def _show_empty(self) -> None:
        self.list.setVisible(bool(self.model.briefs))
        self.empty.setVisible(not self.model.briefs)


def reveal(path: Path) -> None:
    """Show a file's folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _symbol(found: Brief, theme: Theme) -> tuple[str, str]:
    if found.error:
        return "broken", theme.error
    colors = {"finished": theme.ok, "failed": theme.error, "running": theme.accent}
    return _ICONS.get(found.state, "info"), colors.get(found.state, theme.muted)
