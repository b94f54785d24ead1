"""One table of keys for canvas and outline: what is chosen counts in both, what is shared is one command."""

import pytest
from canvas_hand import node_named, outline_of
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.shell.command_palette import command_palette
from hhstudio.gui.shell.key_bindings import KeyBindings
from hhstudio.gui.shell.shortcuts import Shortcuts
from hhstudio.gui.state.preferences import Preferences

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def outline(canvas, qtbot):
    """Beside a canvas, as in the window, with the focus."""
    made = outline_of(canvas)
    qtbot.addWidget(made)
    made.resize(320, 400)
    with qtbot.waitExposed(made):
        made.show()
    give_focus(made)
    yield made
    made.release()


def give_focus(widget):
    widget.activateWindow()
    widget.setFocus()
    QApplication.processEvents()


@pytest.fixture
def preferences(tmp_path):
    return Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def keys(canvas, preferences):
    return KeyBindings(canvas.registry, preferences)


def titles(canvas):
    return [command.title for command in canvas.document.done]


def test_a_key_chosen_for_cutting_cuts_in_the_outline_and_the_old_one_no_longer(canvas, outline, keys):
    assert keys.choose("tree.cut", "Ctrl+Shift+K") == ""
    outline.select([node_named(canvas, "H1")])
    QTest.keyClick(outline, Qt.Key.Key_X, CTRL)
    assert titles(canvas) == []
    QTest.keyClick(outline, Qt.Key.Key_K, CTRL | SHIFT)
    assert titles(canvas) == ["Cut H1 and 1 below"]


def test_renaming_and_copying_obey_chosen_keys_although_lists_of_qt_have_keys_for_them(canvas, outline, keys):
    keys.choose("tree.rename", "F3")
    keys.choose("tree.copy", "Ctrl+Alt+C")
    QApplication.clipboard().setText("before")
    outline.select([node_named(canvas, "H1")])
    QTest.keyClick(outline, Qt.Key.Key_F2)
    QTest.keyClick(outline, Qt.Key.Key_C, CTRL)
    assert not outline.findChildren(QLineEdit)
    assert QApplication.clipboard().text() == "before"
    QTest.keyClick(outline, Qt.Key.Key_F3)
    assert [field.text() for field in outline.findChildren(QLineEdit)] == ["H1"]


@pytest.mark.parametrize(
    ("key", "title"),
    [("Ctrl+M", "Move below…"), ("Ins", "Add child hypernetwork"), ("Shift+Ins", "Add solver"),
     ("Ctrl+Left", "Move left by a step"), ("Ctrl+Shift+X", "Disconnect"), ("F2", "Rename")],
)  # fmt: skip
def test_keys_of_the_outline_are_not_given_twice(keys, key, title):
    assert f"already belongs to “{title}”" in keys.conflict("tree.tidy", key)


def test_one_key_may_mean_different_things_where_they_never_meet(canvas, outline, keys, hand):
    assert keys.choose("tree.nudge.up", "") == ""
    assert keys.choose("tree.zoom_in", "Ctrl+Up") == "", "it counts on the canvas only"
    child = node_named(canvas, "H2")
    outline.select([child])
    QTest.keyClick(outline, Qt.Key.Key_Up, CTRL)
    assert titles(canvas) == ["Move H2 among its siblings"]
    before = canvas.view.zoom
    give_focus(canvas.view)
    hand.key(Qt.Key.Key_Up, CTRL)
    assert canvas.view.zoom > before
    assert titles(canvas) == ["Move H2 among its siblings"]


def test_keys_that_were_stored_under_the_name_of_a_command_count_in_both_views(canvas, outline, preferences):
    preferences.shortcuts = {"tree.add_child": "Y"}
    KeyBindings(canvas.registry, preferences)
    outline.select(["h0"])
    QTest.keyClick(outline, Qt.Key.Key_Insert)
    assert titles(canvas) == []
    QTest.keyClick(outline, Qt.Key.Key_Y)
    assert titles(canvas) == ["Add H3 below H0"]
    give_focus(canvas.view)
    QTest.keyClick(canvas.view, Qt.Key.Key_Y)
    assert len(titles(canvas)) == 2


def test_the_palette_and_the_editor_of_shortcuts_know_the_outlines_commands(canvas, outline, keys, qtbot):
    outline.select([node_named(canvas, "H2")])
    palette = command_palette(canvas.registry, canvas)
    offered = " ".join(palette.list.item(row).text() for row in range(palette.list.count()))
    palette.deleteLater()
    dialog = Shortcuts(keys, canvas)
    for title, action_id in (("Move below…", "tree.move_below"), ("Later among its siblings", "tree.later")):
        assert f"Tree › {title}" in offered
        dialog.choose(action_id)
        assert dialog.chosen.title == title
    assert "While the outline has the focus" in dialog.tree.currentItem().toolTip(0)
    dialog.deleteLater()


def test_a_command_from_the_palette_is_done_where_the_focus_is(canvas, outline):
    outline.select([node_named(canvas, "P1")])
    assert canvas.registry.trigger("tree.rename")
    assert [field.text() for field in outline.findChildren(QLineEdit)] == ["P1"]
    assert not canvas.rename_field.isVisible()


def test_canvas_and_outline_show_one_selection(canvas, outline):
    several = [node_named(canvas, name) for name in ("P1", "H1", "P2-1")]
    outline.select(several)
    assert set(canvas.scene.selection) == set(several)
    canvas.scene.select(several[:2])
    assert set(outline.selection) == set(several[:2])
    canvas.scene.clearSelection()
    assert outline.selection == []


def test_a_selection_of_many_reaches_the_outline_a_moment_later(make_canvas, qtbot):
    topology, root = editing.add_root(Topology())
    for _ in range(80):
        topology, _ = editing.add_solver(topology, root)
    canvas = make_canvas(topology)
    outline = outline_of(canvas)
    qtbot.addWidget(outline)
    canvas.commands.select_all()
    assert outline.selection == []
    qtbot.waitUntil(lambda: set(outline.selection) == set(canvas.scene.nodes))
    outline.select([root])
    assert canvas.scene.selection == [root]
    outline.release()


def test_what_has_no_row_is_not_removed_by_keys_in_the_outline(canvas, outline):
    give_focus(canvas.view)
    slot = canvas.document.topology.slots[0].id
    canvas.scene.select([slot])
    assert canvas.scene.selected_slots == [slot], "although the outline cannot show it"
    give_focus(outline)
    QTest.keyClick(outline, Qt.Key.Key_Delete)
    assert titles(canvas) == []


def test_a_key_whose_command_cannot_be_done_says_why(canvas, hand):
    hand.key(Qt.Key.Key_P)
    assert canvas.message.text() == "Pinned in its place: not with what is selected"


def test_keys_are_no_commands_while_the_mouse_draws(canvas, hand):
    start = canvas.scene.nodes["h0"].pos()
    hand.press(start)
    hand.move(start + QPoint(40, 40))
    hand.key(Qt.Key.Key_Delete)
    assert "h0" in canvas.document.topology.by_id
    hand.key(Qt.Key.Key_Escape)
    hand.release(start)
    assert titles(canvas) == []
