"""Guide panel: contents and search above or beside a page, back and forward."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core import guide
from hhstudio.gui.views.guide.browser import GuideBrowser
from hhstudio.gui.views.guide.model import search
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_WIDE = 620
"""Pixels from which on the contents stand beside the page, not above it."""
_ADDRESS = int(Qt.ItemDataRole.UserRole)


class GuideView(Themed, QWidget):
    """Keys: Ctrl+F searches, Return and Shift+Return go through what was found on the page, Esc ends the
    search, Alt+Left and Alt+Right go back and forward."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.browser = GuideBrowser()
        self.contents = QTreeWidget()
        self.contents.setHeaderHidden(True)
        self.contents.setAccessibleName("Contents of the guide")
        self.contents.setUniformRowHeights(True)
        self.contents.setFrameShape(QFrame.Shape.NoFrame)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Search the guide")
        self.words.setAccessibleName("Search the guide")
        self.words.setClearButtonEnabled(True)
        self._lens = QAction(self)
        self.words.addAction(self._lens, QLineEdit.ActionPosition.LeadingPosition)
        self.counts = TextLabel()
        self.counts.setProperty("muted", True)
        self.counts.hide()
        self.back = self._button("Back", "←", "Alt+Left", self.browser.backward)
        self.forward = self._button("Forward", "→", "Alt+Right", self.browser.forward)
        self.list = self._button("Contents", "☰", "", self._toggle_contents)
        self.list.setCheckable(True)
        self.list.setChecked(True)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.contents)
        self.split.addWidget(self.browser)
        self.split.setStretchFactor(1, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in (self.list, self.back, self.forward):
            row.addWidget(widget)
        row.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 8)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.counts)
        column.addWidget(self.split, 1)
        self.setFocusProxy(self.browser)
        self._connect()
        self.follow_theme()
        self._lay_out()
        self.open_address(guide.FIRST)

    def _button(self, name: str, sign: str, keys: str, do: object) -> QToolButton:
        button = QToolButton()
        button.setText(sign)
        button.setAccessibleName(name)
        button.setToolTip(plain(f"{name} ({keys})" if keys else name))
        button.clicked.connect(do)
        if keys:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(button.click)
        return button

    def _connect(self) -> None:
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self._begin_search)
        self.browser.backwardAvailable.connect(self.back.setEnabled)
        self.browser.forwardAvailable.connect(self.forward.setEnabled)
        self.back.setEnabled(False)
        self.forward.setEnabled(False)
        self.browser.page_changed.connect(self._page_changed)
        self.words.textChanged.connect(self._search)
        self.words.installEventFilter(self)
        self.contents.itemActivated.connect(self._open_item)
        self.contents.itemClicked.connect(self._open_item)

    def recolour(self) -> None:
        self._lens.setIcon(icon("search", current_theme().muted))
        self.browser.recolour()
        self.browser.mark(self.words.text())

    def open_address(self, address: str) -> None:
        """A page, with ``#`` and a heading's anchor if need be: ``growing#policies``."""
        self.browser.open_address(address)

    # searching --------------------------------------------------------------------------------------

    def _begin_search(self) -> None:
        self.words.setFocus()
        self.words.selectAll()

    def _search(self, words: str) -> None:
        words = words.strip()
        self._fill()
        on_page = self.browser.mark(words)
        self.counts.setVisible(bool(words))
        if not words:
            return
        places = search(words)
        pages = len({place.page for place in places})
        if not places:
            self.counts.setText("Nowhere in the guide")
            return
        everywhere = sum(place.times for place in places)
        many = f"{everywhere} in {pages} pages" if pages > 1 else f"{everywhere} in one page"
        self.counts.setText(f"{on_page} on this page, {many}")
        if on_page:
            self.browser.go_to(words, here=True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Return goes to the next place on the page, Down into the list, Esc ends the search."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            first = self.contents.topLevelItem(0)
            if not self.browser.go_to(self.words.text().strip(), back) and first is not None:
                self._open_item(first)
            return True
        if event.key() == Qt.Key.Key_Down and not self.contents.isHidden():
            self.contents.setFocus()
            return True
        if event.key() == Qt.Key.Key_Escape and self.words.text():
            self.words.clear()
            self.browser.setFocus()
            return True
        return super().eventFilter(watched, event)

    # contents ---------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """All pages, the one that is shown with its headings; while words are searched, where they stand."""
        words = self.words.text().strip()
        self.contents.clear()
        if words:
            self._fill_with_places(words)
        else:
            for page in guide.pages():
                item = self._item(self.contents.invisibleRootItem(), _short(page.title), page.name)
                if page.name == self.browser.page:
                    for section in page.sections:
                        if section.level == 2:
                            self._item(item, section.title, f"{page.name}#{section.anchor}")
                    item.setExpanded(page.name != "glossary")
                    self.contents.setCurrentItem(item)
                    self.contents.scrollToItem(item, QTreeWidget.ScrollHint.PositionAtTop)

    def _fill_with_places(self, words: str) -> None:
        pages: dict[str, QTreeWidgetItem] = {}
        for place in search(words):
            if place.page not in pages:
                page = guide.page(place.page)
                title = _short(page.title) if page is not None else place.page
                pages[place.page] = self._item(self.contents.invisibleRootItem(), title, place.page)
            self._item(pages[place.page], f"{place.title} ({place.times})", place.address)
        self.contents.expandAll()

    def _item(self, above: QTreeWidgetItem, text: str, address: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(above, [text])
        item.setData(0, _ADDRESS, address)
        item.setToolTip(0, plain(text))
        return item

    def _open_item(self, item: QTreeWidgetItem) -> None:
        words, address = self.words.text().strip(), item.data(0, _ADDRESS)
        self.open_address(address)
        if words and "#" in address:
            self.browser.go_to(words, here=True)

    def _page_changed(self, _name: str) -> None:
        words = self.words.text().strip()
        if not words:
            self._fill()
        self.browser.mark(words)

    def _toggle_contents(self) -> None:
        self.contents.setVisible(self.list.isChecked())

    def _lay_out(self) -> None:
        wide = self.width() >= _WIDE
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if self.split.orientation() != way or sum(self.split.sizes()) == 0:
            self.split.setOrientation(way)
        self.split.setSizes([230, self.width() - 230] if wide else [110, max(self.height() - 190, 110)])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if (event.oldSize().width() >= _WIDE) != (self.width() >= _WIDE) or event.oldSize().width() <= 0:
            self._lay_out()


def _short(title: str) -> str:
    """Without what stands behind a colon."""
    return title.partition(":")[0]
