"""The guide in the window: pages, links, search, pictures, both themes, keys."""

import pytest
from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QTextCursor, QTextDocument
from PySide6.QtTest import QTest

from hhstudio.core import guide
from hhstudio.gui.views.guide.model import search
from hhstudio.gui.views.guide.view import GuideView
from hhstudio.gui.widgets.theme import DARK, LIGHT


@pytest.fixture
def view(qtbot):
    guide_view = GuideView()
    qtbot.addWidget(guide_view)
    guide_view.resize(900, 700)
    guide_view.show()
    guide_view.activateWindow()
    qtbot.waitExposed(guide_view)
    return guide_view


def click_on(view, words):
    """Click on a link of the page with the mouse, where its words stand."""
    browser = view.browser
    cursor = browser.document().find(words)
    while cursor.charFormat().anchorHref() == "":
        cursor = browser.document().find(words, cursor)
        assert not cursor.isNull(), words
    middle = QTextCursor(browser.document())
    middle.setPosition((cursor.selectionStart() + cursor.selectionEnd()) // 2)
    browser.setTextCursor(middle)
    browser.ensureCursorVisible()
    at = browser.cursorRect(middle).center()
    QTest.mouseMove(browser.viewport(), at)
    QTest.mouseClick(browser.viewport(), Qt.MouseButton.LeftButton, pos=at)


def line_at_the_top(view):
    return view.browser.cursorForPosition(QPoint(30, 12)).block().text()


def test_it_opens_on_the_first_page_with_every_page_in_its_contents(view):
    assert view.browser.page == "index"
    titles = [view.contents.topLevelItem(n).text(0) for n in range(view.contents.topLevelItemCount())]
    assert titles == [page.title.partition(":")[0] for page in guide.pages()]


@pytest.mark.parametrize("page", guide.pages(), ids=lambda page: page.name)
def test_every_page_opens_with_its_title_its_headings_and_its_pictures(view, page):
    view.open_address(page.name)
    document = view.browser.document()
    assert document.begin().text() == page.title
    blocks = [document.findBlockByNumber(n) for n in range(document.blockCount())]
    headings = [block.text() for block in blocks if block.blockFormat().headingLevel()]
    assert headings == [section.title for section in page.sections]
    kind = QTextDocument.ResourceType.ImageResource
    for block in blocks:
        at = block.begin()
        while not at.atEnd():
            form = at.fragment().charFormat()
            if form.isImageFormat():
                picture = document.resource(kind.value, QUrl(form.toImageFormat().name()))
                assert not picture.isNull()
                assert picture.deviceIndependentSize().width() <= view.browser.viewport().width()
            at += 1
    assert view.browser.horizontalScrollBar().maximum() == 0, "nothing is wider than the page"


def test_a_link_is_followed_and_back_comes_back(view):
    click_on(view, "A tree that grows")
    assert view.browser.page == "growing"
    click_on(view, "consolidation")
    assert view.browser.page == "glossary"
    assert line_at_the_top(view) == "Consolidation"
    QTest.keyClick(view.browser, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert view.browser.page == "growing"
    assert view.contents.currentItem().text(0) == guide.page("growing").title
    QTest.mouseClick(view.back, Qt.MouseButton.LeftButton)
    assert view.browser.page == "index"
    assert not view.back.isEnabled()
    QTest.mouseClick(view.forward, Qt.MouseButton.LeftButton)
    assert view.browser.page == "growing"


def test_a_link_to_a_heading_shows_the_heading(view):
    view.open_address("runs#the-queue")
    assert line_at_the_top(view) == "The queue"


def test_a_page_that_is_not_there_leaves_the_one_that_is(view):
    view.open_address("growing")
    view.open_address("nope#nothing")
    assert view.browser.page == "growing"


class Browser(QObject):
    """Stands where the system's browser would be asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    @Slot(QUrl)
    def open(self, url):
        self.asked.append(url.toString())


def test_links_to_elsewhere_open_in_the_browser(view):
    browser = Browser()
    QDesktopServices.setUrlHandler("https", browser, "open")
    try:
        view.open_address("curves-and-comparison#sweeps")
        click_on(view, "Dask distributed")
    finally:
        QDesktopServices.unsetUrlHandler("https")
    assert browser.asked == ["https://distributed.dask.org"]
    assert view.browser.page == "curves-and-comparison"


def test_searching_finds_on_the_page_and_across_pages(view):
    QTest.keyClick(view.browser, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.words.hasFocus()
    QTest.keyClicks(view.words, "held-out")
    places = search("held-out")
    assert {"growing", "science"} <= {place.page for place in places}
    assert view.counts.text().startswith("0 on this page, ")
    QTest.keyClick(view.words, Qt.Key.Key_Return)
    assert view.browser.page == places[0].page
    QTest.keyClick(view.words, Qt.Key.Key_Return)
    assert view.browser.textCursor().selectedText().casefold() == "held-out"
    first = view.browser.textCursor().position()
    view.words.setText("path")
    assert len(view.browser.extraSelections()) > 1
    QTest.keyClick(view.words, Qt.Key.Key_Return)
    assert view.browser.textCursor().position() != first
    QTest.keyClick(view.words, Qt.Key.Key_Escape)
    assert view.words.text() == ""
    assert view.browser.extraSelections() == []
    assert view.contents.topLevelItemCount() == len(guide.pages())


def test_a_place_found_on_another_page_is_opened_by_keys(view):
    view.words.setText("ghost nodes")
    QTest.keyClick(view.words, Qt.Key.Key_Down)
    assert view.contents.hasFocus()
    QTest.keyClick(view.contents, Qt.Key.Key_Down)
    QTest.keyClick(view.contents, Qt.Key.Key_Down)
    QTest.keyClick(view.contents, Qt.Key.Key_Return)
    assert view.browser.page == "growing"
    assert view.browser.textCursor().selectedText() == "ghost nodes"


def test_words_that_stand_nowhere_are_said_to(view):
    view.words.setText("xylophone")
    assert view.counts.text() == "Nowhere in the guide"
    assert view.contents.topLevelItemCount() == 0


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_code_tables_and_headings_wear_the_theme(view, theme, wear):
    view.open_address("growing")
    wear(theme)
    document = view.browser.document()
    colors = set()
    block = document.begin()
    assert block.begin().fragment().charFormat().foreground().color().name() == theme.text
    while block.isValid():
        colors.add(block.blockFormat().background().color().name())
        block = block.next()
    assert theme.raised in colors
    assert (DARK if theme is LIGHT else LIGHT).raised not in colors


def test_pictures_follow_the_width_of_the_page(view, qtbot):
    view.open_address("index")
    name = QUrl("pictures/window-light-1920x1080.png")

    def width():
        kind = QTextDocument.ResourceType.ImageResource
        return view.browser.document().resource(kind.value, name).deviceIndependentSize().width()

    wide = width()
    view.resize(420, 700)
    qtbot.waitUntil(lambda: width() < wide)
    assert width() <= view.browser.viewport().width()
    assert view.split.orientation() == Qt.Orientation.Vertical


def test_larger_letters_make_larger_headings(view):
    view.open_address("growing")

    def sizes():
        document = view.browser.document()
        head, text = document.begin(), document.findBlockByNumber(1)
        return [each.begin().fragment().charFormat().font().pointSizeF() for each in (head, text)]

    head, text = sizes()
    assert head > text
    font = view.font()
    font.setPointSizeF(view.fontInfo().pointSizeF() * 2)
    view.browser.setFont(font)
    assert sizes()[0] > 1.8 * head
    assert view.browser.page == "growing"


def test_nothing_outside_of_the_guide_is_read(view):
    kind = QTextDocument.ResourceType.ImageResource.value
    assert view.browser.loadResource(kind, QUrl.fromLocalFile("/etc/hostname")) is None
    assert view.browser.loadResource(kind, QUrl("../icons/hhstudio.svg")) is None
