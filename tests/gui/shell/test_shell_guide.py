"""The guide in the window: F1 at a panel, at a term, *What is this?*, and the palette."""

import re

import pytest
from by_palette import choose
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QWhatsThisClickedEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from hhstudio.core import guide
from hhstudio.gui.forms.field_editor import FieldRow
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.views.properties import Group
from hhstudio.gui.widgets import glossary


def shown(window):
    """Page and heading that the guide shows."""
    source = window.panels["guide"].browser.source()
    page = source.fileName().removesuffix(".md")
    return f"{page}#{source.fragment()}" if source.fragment() else page


def press_f1(window):
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_F1)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.name)
def test_every_panel_has_a_place_in_the_guide(panel):
    page, _, anchor = panel.guide.partition("#")
    found = guide.page(page)
    assert found is not None
    if anchor:
        assert anchor in {section.anchor for section in found.sections}


@pytest.mark.parametrize(
    ("name", "inside", "address"),
    [
        ("log", "words", "runs#the-log"),
        ("sessions", "", "sessions#the-list"),
        ("outline", "", "drawing#the-outline"),
        ("tasks", "", "drawing#tasks"),
    ],
)
def test_f1_opens_the_guide_at_the_panel_that_has_the_keyboard(window, name, inside, address):
    window.activateWindow()
    view = window.panels.show(name)
    (getattr(view, inside) if inside else view).setFocus()
    press_f1(window)
    assert shown(window) == address
    assert not window.docks["guide"].isHidden()
    assert window.panels["guide"].isAncestorOf(QApplication.focusWidget())


def test_f1_on_the_tree_opens_the_page_on_drawing_and_once_more_leaves_it(window):
    window.activateWindow()
    window.canvas.setFocus()
    press_f1(window)
    assert shown(window) == "drawing"
    window.panels["guide"].open_address("glossary#slot")
    press_f1(window)
    assert shown(window) == "glossary#slot"


def test_f1_opens_the_glossary_at_the_term_whose_tool_tip_is_shown(window, qtbot):
    window.activateWindow()
    text = window.canvas.cost_strip.text
    QToolTip.showText(text.mapToGlobal(QPoint(5, 5)), text.toolTip(), text)
    assert QToolTip.isVisible()
    assert "F1: glossary" in QToolTip.text()
    press_f1(window)
    assert shown(window) == "glossary#generated"
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_the_link_in_what_is_this_opens_the_glossary(window):
    text = window.canvas.cost_strip.text
    (address,) = re.findall(r'href="([^"]+)"', text.whatsThis())
    QApplication.sendEvent(text, QWhatsThisClickedEvent(address))
    assert shown(window) == "glossary#generated"


def test_what_is_this_of_a_setting_leads_to_its_term(window):
    view = window.panels.show("properties")
    for group in view.findChildren(Group):
        if not group.head.isChecked():
            QTest.keyClick(group.head, Qt.Key.Key_Space)
    rows = {row.label.text(): row for row in view.findChildren(FieldRow)}
    said = [row.label.whatsThis() for row in rows.values()]
    assert said
    assert all('href="settings"' in text for text in said)
    addresses = {address for text in said for address in re.findall(r'href="(glossary#[^"]+)"', text)}
    assert {"glossary#anchor", "glossary#residual", "glossary#chunk", "glossary#beta"} <= addresses
    assert all(address.partition("#")[2] in guide.glossary() for address in addresses)
    window.docks["properties"].setFloating(True)
    QApplication.sendEvent(rows["Residual"].label, QWhatsThisClickedEvent("glossary#residual"))
    assert shown(window) == "glossary#residual"


def test_what_is_this_is_entered_by_its_key_and_left_by_esc(window, qtbot):
    from PySide6.QtWidgets import QWhatsThis

    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert QWhatsThis.inWhatsThisMode()
    QWhatsThis.leaveWhatsThisMode()
    assert not QWhatsThis.inWhatsThisMode()


def test_the_guide_is_in_the_help_menu_and_the_palette(window):
    action = window.registry["help.guide"]
    assert (action.title, action.menu, action.shortcut) == ("Guide", "Help", "F1")
    choose(window, "help guide")
    assert not window.docks["guide"].isHidden()


def test_the_guide_takes_the_theme_of_the_window(window):
    window.guide_help.open("growing")
    browser = window.panels["guide"].browser
    for choice in ("dark", "light"):
        window.theming.choose(choice)
        head = browser.document().begin().begin().fragment().charFormat().foreground().color()
        assert head.name() == window.theming.theme.text


def test_a_tool_tip_says_what_a_term_means_and_where_to_read_on():
    tip = glossary.tip("BWT")
    assert guide.term("BWT").sentence in tip.replace("&amp;", "&")
    assert glossary.address_in(tip) == "glossary#bwt"
    assert glossary.address_in("<p>anything else</p>") == ""
    assert "<b>" not in glossary.tip("BWT", "of a file called <b>")
    with pytest.raises(KeyError):
        glossary.tip("Nonsense")


def test_events_that_are_none_of_its_business_pass(window):
    event = QEvent(QEvent.Type.StatusTip)
    assert not window.guide_help.eventFilter(window, event)
