"""The registry of actions, and the palette that reads it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMainWindow, QWidget

from hhstudio.gui.shell.command_palette import command_palette
from hhstudio.gui.state.actions import Action, ActionRegistry
from hhstudio.gui.widgets.chooser import score


@pytest.fixture
def registry(qtbot):
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    qtbot.addWidget(window)
    made = ActionRegistry(window)
    made.done = []
    made.open = True
    made.add(
        Action("run.start", "Start", lambda: made.done.append("start"), "F5", lambda: made.open, menu="Run"),
        Action("view.dark", "Dark", lambda: made.done.append("dark"), menu="View/Theme", group="looks"),
        Action("view.reset", "Reset", lambda: made.done.append("reset"), menu="View", group="window"),
    )
    return made


def test_an_id_or_a_shortcut_is_given_once(registry):
    with pytest.raises(ValueError, match="already"):
        registry.add(Action("run.start", "Again", lambda: None))
    with pytest.raises(ValueError, match="F5 already belongs"):
        registry.add(Action("run.other", "Other", lambda: None, "F5"))


def test_a_shortcut_may_be_shared_by_areas_of_the_window_that_are_not_the_same(registry):
    registry.add(
        Action("a.cut", "Cut here", lambda: None, "Ctrl+X", where=("a",)),
        Action("b.cut", "Cut there", lambda: None, "Ctrl+X", where=("b", "c")),
    )
    with pytest.raises(ValueError, match=r"Ctrl\+X already belongs to b.cut"):
        registry.add(Action("c.cut", "Cut", lambda: None, "Ctrl+X", where=("c",)))
    with pytest.raises(ValueError, match=r"Ctrl\+X already belongs to a.cut"):
        registry.add(Action("all.cut", "Cut", lambda: None, "Ctrl+X"))


def test_menus_follow_their_order_and_nest(registry):
    bar = registry.parent().menuBar()
    registry.fill_menu_bar(bar)
    assert [a.text() for a in bar.actions()] == ["&Run", "&View"]
    view = bar.actions()[1].menu()
    assert [a.text() for a in view.actions()] == ["Theme", "", "Reset"]


def test_what_cannot_be_done_now_is_not_done(registry):
    registry.open = False
    assert not registry.trigger("run.start")
    registry.refresh()
    assert not registry.qaction("run.start").isEnabled()
    assert registry.done == []


def test_a_key_sequence_does_its_action(registry, qtbot):
    window = registry.parent()
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F5)
    assert registry.done == ["start"]


def test_the_palette_finds_by_words_and_by_letters():
    assert score("the dar", "View › Theme › Dark") is not None
    assert score("vtd", "View › Theme › Dark") is not None
    assert score("xyz", "View › Theme › Dark") is None
    assert score("reset", "View › Reset") < score("reset", "View › Unreset")


def test_the_palette_does_what_was_typed(registry, qtbot):
    window = registry.parent()
    with qtbot.waitExposed(window):
        window.show()
    palette = command_palette(registry, window)
    palette.show()
    QTest.keyClicks(palette.search, "dark")
    QTest.keyClick(palette.search, Qt.Key.Key_Return)
    assert registry.done == ["dark"]


def test_the_palette_leaves_out_what_cannot_be_done(registry, qtbot):
    registry.open = False
    window = registry.parent()
    window.show()
    palette = command_palette(registry, window)
    shown = [palette.list.item(i).text() for i in range(palette.list.count())]
    assert len(shown) == 2
    assert "Dark" in shown[0]
    assert "Reset" in shown[1]
    palette.close()


def test_a_keyword_counts_less_than_the_title_and_letters_count_in_the_title_only():
    assert score("path", "Solver", "add path") is not None
    assert score("path", "Path to a solver") < score("path", "Solver", "add path")
    assert score("sap", "Solver", "add path") is None
