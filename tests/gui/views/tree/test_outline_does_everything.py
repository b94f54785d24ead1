"""The outline does what the canvas does, by keys alone, and says what it shows."""

import pytest
from canvas_hand import node_named, outline_of
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication

from hhstudio.core.tree import annotation_edits
from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def outline(canvas, qtbot):
    """Beside a canvas, as in the window."""
    canvas.growth_mode = GrowthMode(canvas)
    canvas.registry.add(*canvas.growth_mode.actions())
    made = outline_of(canvas)
    qtbot.addWidget(made)
    made.resize(320, 400)
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    made.setFocus()
    yield made
    made.release()


def titles(canvas):
    return [command.title for command in canvas.document.done]


def test_freeze_fold_pin_and_align_are_the_same_keys_as_on_the_canvas(canvas, outline, qtbot):
    child, solver = node_named(canvas, "H1"), node_named(canvas, "P2-0")
    outline.select([child])
    for key in (Qt.Key.Key_Z, Qt.Key.Key_P):
        qtbot.keyClick(outline, key)
    assert canvas.document.topology.by_id[child].frozen
    assert canvas.document.topology.by_id[solver].frozen
    assert canvas.document.topology.by_id[child].pinned
    qtbot.keyClick(outline, Qt.Key.Key_H)
    assert canvas.scene.nodes[child].folded == 1
    outline.select(["h0"])
    qtbot.keyClick(outline, Qt.Key.Key_Down, SHIFT)
    assert len(outline.selection) == 2
    qtbot.keyClick(outline, Qt.Key.Key_Left, CTRL | Qt.KeyboardModifier.AltModifier)
    assert titles(canvas) == ["Freeze H1", "Pin H1", "Align left edges"]


def test_a_child_is_grown_with_its_preview(canvas, outline, qtbot):
    outline.select([node_named(canvas, "H2")])
    qtbot.keyClick(outline, Qt.Key.Key_G)
    assert canvas.growth_mode.card.isVisible()
    assert canvas.growth_mode.card.accessibleDescription().startswith("Stored: ")
    qtbot.keyClick(canvas.view, Qt.Key.Key_Return)
    assert titles(canvas) == ["Grow H3 below H2"]


def test_comments_and_frames_are_rows_made_written_and_removed_by_keys(canvas, outline, qtbot):
    outline.select([node_named(canvas, "H1")])
    qtbot.keyClick(outline, Qt.Key.Key_G, CTRL)
    qtbot.keyClicks(canvas.note_field, "deep part")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Return)
    qtbot.keyClick(outline, Qt.Key.Key_N)
    qtbot.keyClicks(canvas.note_field, "why")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Return, CTRL)
    texts = [outline.model().index(row, 0).data() for row in range(outline.model().rowCount())]
    assert texts == ["H0", "Frame: deep part", "Comment: why"]
    comment = canvas.document.topology.annotations[-1].id
    outline.select([comment])
    qtbot.keyClick(outline, Qt.Key.Key_F2)
    assert canvas.note_field.isVisible()
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Escape)
    qtbot.keyClick(outline, Qt.Key.Key_D, CTRL)
    assert len(canvas.document.topology.annotations) == 3
    outline.select([comment])
    qtbot.keyClick(outline, Qt.Key.Key_Delete)
    assert comment not in canvas.document.topology.annotation_by_id


def test_what_cannot_be_done_says_why(canvas, outline, qtbot):
    outline.select([node_named(canvas, "P1")])
    with qtbot.waitSignal(outline.status_message) as told:
        qtbot.keyClick(outline, Qt.Key.Key_Delete, SHIFT)
    assert told.args == ["There is no run: use Remove"]


def test_the_menu_offers_every_command_of_the_tree_with_its_key(canvas, outline):
    def entries(menu):
        for action in menu.actions():
            yield from entries(action.menu()) if action.menu() else [action.text()]

    menu = outline.menu()
    offered = set(entries(menu))
    menu.deleteLater()
    tree = {action.title for action in canvas.registry if action.menu.split("/")[0] in ("Tree", "Edit")}
    steps = {f"Move {side} by a step" for side in ("left", "right", "up", "down")}
    assert tree - offered == {"Add from palette…"} | steps, "what is about places on the canvas"


def test_keys_that_the_user_chose_count_here_too(canvas, outline, qtbot):
    canvas.registry.rebind("tree.freeze", "Ctrl+Alt+F")
    outline.select([node_named(canvas, "P1")])
    qtbot.keyClick(outline, Qt.Key.Key_F, CTRL | Qt.KeyboardModifier.AltModifier)
    assert titles(canvas) == ["Freeze P1"]


def test_a_screen_reader_hears_rows_of_a_tree_with_what_they_are(canvas, outline, qtbot):
    topology, _ = annotation_edits.add(canvas.document.topology, "comment", (0.0, 0.0), text="why")
    canvas.document.apply_topology("x", topology)
    outline.select([node_named(canvas, "H1")])
    QApplication.processEvents()
    tree = QAccessible.queryAccessibleInterface(outline)
    assert tree.role() == QAccessible.Role.Tree
    assert tree.text(QAccessible.Text.Name) == "Outline of the tree"
    assert "Delete removes" in tree.text(QAccessible.Text.Description)
    cells = [tree.child(at) for at in range(tree.childCount())]
    rows = {c.text(QAccessible.Text.Name): c for c in cells if c.role() == QAccessible.Role.TreeItem}
    weights = canvas.scene.costs.nodes["h0"].weights
    assert f"H0, root hypernetwork, {weights / 1000:.1f} k weights" in rows
    assert any(name.startswith("P2-0, solver, ") for name in rows)
    assert "Comment: why" in rows
    chosen = [name for name, cell in rows.items() if cell.state().selected]
    assert [name.split(",")[0] for name in chosen] == ["H1"]
    assert next(cell for name, cell in rows.items() if name.startswith("H2,")).state().expanded
