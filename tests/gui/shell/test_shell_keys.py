"""Keys of the whole window: none stands for two things, and every command can be reached without a mouse."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.gui.state.actions import MENUS, key_sequences
from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


def test_no_key_that_the_studio_comes_with_stands_for_two_things(window):
    conflicts = {
        (action.id, key.toString()): problem
        for action in window.registry
        for key in key_sequences(action.shortcut)
        if (problem := window.keys.conflict(action.id, key.toString())) and "already" in problem
    }
    assert conflicts == {}


def test_every_command_of_the_tree_is_in_a_menu_with_its_key(window):
    for action in window.registry:
        if action.id.startswith("tree."):
            assert action.menu.split("/")[0] in MENUS, action.id
            shown = window.registry.qaction(action.id)
            assert shown.shortcuts() == list(key_sequences(action.shortcut))


def test_a_key_chosen_in_the_window_is_there_after_a_restart(window):
    assert window.keys.choose("tree.tidy", "Ctrl+Alt+T") == ""
    again = type(window.keys)(window.registry, window.workspace.preferences)
    assert window.registry.qaction("tree.tidy").shortcut() == QKeySequence("Ctrl+Alt+T")
    again.reset_all()


def test_several_rows_of_the_outline_stay_selected_and_are_selected_on_the_canvas(window):
    outline = window.panels.show("outline")
    outline.setFocus()
    outline.select([window.workspace.document.topology.root])
    QTest.keyClick(outline, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert len(outline.selection) == 2
    assert set(window.canvas.scene.selected_nodes) == set(outline.selection)
    QTest.keyClick(outline, Qt.Key.Key_P)
    assert window.workspace.document.done[-1].title == "Pin 2 nodes"


def test_the_measured_step_time_is_shown_below_the_tree(window, qtbot):
    strip = window.canvas.cost_strip
    qtbot.mouseClick(strip.button, Qt.MouseButton.LeftButton)
    assert not strip.button.isEnabled()
    qtbot.waitUntil(lambda: "a step" in strip.text.text(), timeout=60_000)
    assert "peak" in strip.text.text()
    assert set(strip.step_seconds) == {p.name for p in window.workspace.document.topology.paths}
    window.growth_mode.grow()
    assert "Step time: about " in window.growth_mode.card.accessibleDescription(), "from the trial steps"
    window.growth_mode.dismiss()


def test_whether_the_tree_is_live_is_remembered(window, qtbot):
    QTest.keyClick(window.canvas.view, Qt.Key.Key_L)
    assert not window.canvas.scene.activity.on
    again = TreeCanvas(window.workspace.document)
    qtbot.addWidget(again)
    assert GrowthMode(again, window.workspace).actions()[-1].checked_when() is False
    QTest.keyClick(window.canvas.view, Qt.Key.Key_L)
    assert window.workspace.preferences.live_tree
    again.release()


def test_properties_follow_the_selection_of_the_canvas(window):
    panel = window.panels.show("properties")
    window.canvas.scene.select(["h0"])
    assert panel.groups[0].binding.title.endswith(": hypernetwork")
    QTest.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert panel.groups[0].binding.title.startswith("Hypernetworks, unless")
