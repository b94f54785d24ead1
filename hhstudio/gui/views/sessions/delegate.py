"""Row of a session in the list: what it is, what it reached, and how it looked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hhstudio.gui.views.sessions.descriptions import about, summary
from hhstudio.gui.views.sessions.model import ENTRY
from hhstudio.gui.views.sessions.thumbnails import Thumbnails, symbol
from hhstudio.gui.widgets.formatting import when
from hhstudio.gui.widgets.theme import Theme, current_theme

if TYPE_CHECKING:
    from hhstudio.store.catalog.catalog_entry import CatalogEntry
    from hhstudio.store.catalog.index import IndexedSession

_ICONS = {"finished": "finished", "stopped": "stopped", "failed": "failed", "running": "running"}
_TREE, _SMALL, _CURVES = QSize(46, 34), QSize(38, 30), QSize(76, 34)
NARROW = 300
"""Below this width pictures stand under the name, not beside the text."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_TOP_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
Where = QModelIndex | QPersistentModelIndex


class SessionDelegate(QStyledItemDelegate):
    """Three lines: name and date; accuracies; data, time, size and tags. The tree to the left of them, and
    the curves to the right. ``narrow``: the name; below it the tree, beside that accuracies and curves."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.current: Path | None = None
        self.narrow = False
        self._thumbnails = Thumbnails()

    def sizeHint(self, option: QStyleOptionViewItem, index: Where) -> QSize:
        return QSize(120, 3 * _line(option) + (18 if self.narrow else 14))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Where) -> None:
        entry: IndexedSession = index.data(ENTRY)
        theme, rect = current_theme(), option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state = option.state
        if state & QStyle.StateFlag.State_Selected or state & QStyle.StateFlag.State_MouseOver:
            chosen = state & QStyle.StateFlag.State_Selected
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection if chosen else theme.raised))
            painter.drawRoundedRect(rect.adjusted(3, 1, -3, -1), 5, 5)
        if entry.session.path == self.current:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.accent))
            painter.drawRoundedRect(QRect(rect.left() + 3, rect.top() + 8, 3, rect.height() - 16), 1.5, 1.5)
        ratio = painter.device().devicePixelRatioF()
        self._pictures(painter, rect, entry, ratio)
        self._text(painter, option, entry)
        painter.restore()

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Where) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("New name of the session")
        editor.setMaxLength(120)
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Where) -> None:
        room = self._text_rect(option.rect)
        editor.setGeometry(QRect(room.left() - 6, room.top() - 3, room.width() + 6, _line(option) + 9))

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and isinstance(editor, QLineEdit):
            self.closeEditor.emit(editor)  # a name counts when it was confirmed, not when one looks elsewhere
            return True
        return super().eventFilter(editor, event)

    def _text_rect(self, rect: QRect) -> QRect:
        if self.narrow:
            return rect.adjusted(32, 7, -10, -7)
        return rect.adjusted(22 + _TREE.width(), 7, -(26 + _CURVES.width()), -7)

    def _pictures(self, painter: QPainter, rect: QRect, entry: IndexedSession, ratio: float) -> None:
        theme, session = current_theme(), entry.session
        name, color = _symbol(session, theme)
        left, middle = rect.left() + 12, rect.center().y()
        if self.narrow:
            painter.drawPixmap(left - 2, rect.top() + 8, symbol(name, color, 16))
            below = self._below(rect)
            if session.thumbnail.tree:
                at = QPoint(left, below.center().y() - _SMALL.height() // 2)
                painter.drawPixmap(at, self._thumbnails.tree(entry, _SMALL, ratio, theme))
            if session.thumbnail.curves:
                size = QSize(below.width(), below.height() // 2)
                at = QPoint(below.left(), below.bottom() + 1 - size.height())
                painter.drawPixmap(at, self._thumbnails.curves(entry, size, ratio, theme))
            return
        if session.thumbnail.tree:
            tree = self._thumbnails.tree(entry, _TREE, ratio, theme)
            painter.drawPixmap(left, middle - _TREE.height() // 2, tree)
            painter.drawPixmap(left - 3, rect.top() + 5, symbol(name, color, 13))
        else:
            painter.drawPixmap(left + _TREE.width() // 2 - 10, middle - 10, symbol(name, color, 20))
        if session.thumbnail.curves:
            curves = self._thumbnails.curves(entry, _CURVES, ratio, theme)
            painter.drawPixmap(rect.right() - _CURVES.width() - 12, middle - _CURVES.height() // 2, curves)

    def _below(self, rect: QRect) -> QRect:
        """What is left to the right of the tree, below the name, where the list is narrow."""
        room = self._text_rect(rect)
        return rect.adjusted(20 + _SMALL.width(), 7 + room.height() // 3, -10, -7)

    def _text(self, painter: QPainter, option: QStyleOptionViewItem, entry: IndexedSession) -> None:
        theme, metrics, session = current_theme(), option.fontMetrics, entry.session
        room = self._text_rect(option.rect)
        line = _line(option)
        first, second, third = (
            QRect(room.left(), room.top() + at * line, room.width(), line) for at in range(3)
        )
        if self.narrow and session.thumbnail.tree:
            second.setLeft(self._below(option.rect).left())
        muted, text = QPen(QColor(theme.muted)), QPen(QColor(theme.text))
        date = "" if self.narrow else when(session.modified)
        painter.setFont(option.font)
        painter.setPen(muted)
        painter.drawText(first, _RIGHT, date)
        tags = "  ".join(f"#{tag}" for tag in entry.notes.tags)
        noted = " ✎" if entry.notes.text else ""
        words = about(entry) + noted
        spare = third.width() // 2
        if self.narrow:  # what was reached goes before tags
            spare = second.width() - metrics.horizontalAdvance(summary(session)) - 10
        tags = metrics.elidedText(tags, Qt.TextElideMode.ElideRight, spare) if spare > 24 else ""
        taken = metrics.horizontalAdvance(tags) + 8 if tags else 0
        last = second if self.narrow else third
        left = last.adjusted(0, 0, -taken, 0)
        if not self.narrow:
            painter.drawText(
                left, _LEFT, metrics.elidedText(words, Qt.TextElideMode.ElideRight, left.width())
            )
        if tags:
            painter.setPen(QPen(QColor(theme.accent)))
            painter.drawText(last, _RIGHT, tags)
        painter.setPen(QPen(QColor(theme.error)) if session.error else text)
        reached = left if self.narrow else second
        if self.narrow and session.error:  # there are no pictures whose room it would take
            below = QRect(room.left(), second.top(), room.width(), room.bottom() - second.top())
            painter.drawText(below, int(_TOP_LEFT | Qt.TextFlag.TextWordWrap), summary(session))
        else:
            elided = metrics.elidedText(summary(session), Qt.TextElideMode.ElideRight, reached.width())
            painter.drawText(reached, _LEFT, elided)
        painter.setPen(text)
        bold = QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        width = first.width() - metrics.horizontalAdvance(date) - 12
        title = painter.fontMetrics().elidedText(session.path.stem, Qt.TextElideMode.ElideMiddle, width)
        painter.drawText(first, _LEFT, title)


def _line(option: QStyleOptionViewItem) -> int:
    return option.fontMetrics.height() + 2


def _symbol(session: CatalogEntry, theme: Theme) -> tuple[str, str]:
    if session.error:
        return "broken", theme.error
    colors = {"finished": theme.ok, "failed": theme.error, "running": theme.accent}
    return _ICONS.get(session.state, "info"), colors.get(session.state, theme.muted)
