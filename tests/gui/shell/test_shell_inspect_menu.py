"""What can be looked into is one menu away, and not in a newcomer's way."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

BESIDE = ("health", "try", "weights", "mixing", "distances", "maps")


def test_filters_are_there_at_first_and_the_other_views_are_not(window):
    assert not window.docks["filters"].isHidden()
    assert all(window.docks[name].isHidden() for name in BESIDE)


def test_the_button_above_the_tree_brings_every_view(window, qtbot):
    menu = window.run_bar.inspect.menu()
    titles = [action.text() for action in menu.actions()]
    assert titles == [window.docks[name].windowTitle() for name in ("filters", *BESIDE)]
    for name in BESIDE:
        action = menu.actions()[titles.index(window.docks[name].windowTitle())]
        menu.popup(window.run_bar.inspect.mapToGlobal(window.run_bar.inspect.rect().bottomLeft()))
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())
        assert not window.docks[name].isHidden()
        assert window.docks[name].widget() is window.panels[name]
        assert not menu.isVisible()
