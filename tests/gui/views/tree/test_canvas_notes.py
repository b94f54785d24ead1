"""Comments, frames, guides, clipboard, alignment, pins and fixes: real mouse and keys, one test a gesture."""

import pytest
from canvas_hand import Hand, figure, node_named
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec import rules
from hhstudio.core.tree import annotation_edits, editing
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.views.tree.canvas.fix_menu import FixMenu

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def framed(make_canvas):
    """The figure with a frame around H1 and P2-0, and a comment in it."""
    topology, frame = annotation_edits.add(figure(), "frame", (200.0, -80.0), (600.0, 160.0), "Second level")
    topology, note = annotation_edits.add(topology, "comment", (440.0, 40.0), (100.0, 40.0), "why")
    canvas = make_canvas(topology)
    return canvas, Hand(canvas), frame, note


def places(canvas):
    return {i: item.pos() for i, item in canvas.scene.nodes.items()}


def test_n_writes_a_comment_and_one_undo_takes_each_step_back(canvas, hand, qtbot):
    hand.key(Qt.Key.Key_N)
    assert canvas.note_field.isVisible()
    qtbot.keyClicks(canvas.note_field, "shared anchors")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Return, CTRL)
    note = canvas.document.topology.annotations[0]
    assert (note.kind, note.text) == ("comment", "shared anchors")
    assert not canvas.note_field.isVisible()
    assert [command.title for command in canvas.document.done] == ["Add a comment", "Write a comment"]
    canvas.document.go_to(0)
    assert canvas.scene.annotations.items == {}


def test_escape_leaves_a_comment_as_it_was(framed, qtbot):
    canvas, hand, _, note = framed
    hand.double_click(QPointF(480, 60))
    qtbot.keyClicks(canvas.note_field, "other")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Escape)
    assert canvas.document.topology.annotation_by_id[note].text == "why"
    assert canvas.document.done == ()


def test_a_frame_around_the_selection_takes_its_title_at_once(canvas, hand, qtbot):
    hand.click(node_named(canvas, "H1"))
    hand.click(node_named(canvas, "P2-0"), keys=SHIFT)
    hand.key(Qt.Key.Key_G, CTRL)
    canvas.note_field.selectAll()
    qtbot.keyClicks(canvas.note_field, "Depth 2")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Return)
    frame = canvas.document.topology.annotations[0]
    assert (frame.kind, frame.text) == ("frame", "Depth 2")
    inside, _ = annotation_edits.contents(canvas.document.topology, frame.id, canvas.scene.places())
    assert inside == {node_named(canvas, "H1"), node_named(canvas, "P2-0")}


def test_a_frame_dragged_by_its_title_takes_its_contents_along_in_one_step(framed):
    canvas, hand, frame, note = framed
    before = places(canvas)
    hand.drag(QPointF(215, -55), QPointF(215, -155))
    topology = canvas.document.topology
    assert len(canvas.document.done) == 1
    by = topology.annotation_by_id[frame].at[1] + 80
    assert by == pytest.approx(-100, abs=10)
    assert topology.annotation_by_id[note].at == (440, 40 + by)
    for name, moves in (("H1", True), ("P2-0", True), ("P1", False), ("H2", False)):
        node = node_named(canvas, name)
        assert canvas.scene.nodes[node].pos() - before[node] == QPointF(0, by if moves else 0)
    canvas.document.undo()
    assert places(canvas) == before


def test_inside_a_frame_a_rubber_band_can_begin(framed):
    canvas, hand, _, _ = framed
    hand.press(QPointF(460, -20))
    hand.move(QPointF(480, -10), QPointF(600, 20))
    hand.release(QPointF(600, 20))
    assert canvas.scene.selected_nodes == [node_named(canvas, "P2-0")]
    assert canvas.document.done == ()


def test_the_corner_of_a_frame_makes_it_larger_and_escape_takes_that_back(framed):
    canvas, hand, frame, _ = framed
    corner = QPointF(797, 77)
    hand.press(corner)
    hand.move(corner + QPointF(30, 30), corner + QPointF(100, 60))
    assert canvas.scene.annotations.items[frame].box[2:] == (700, 220)
    hand.key(Qt.Key.Key_Escape)
    hand.release(corner + QPointF(100, 60))
    assert canvas.scene.annotations.items[frame].box[2:] == (600, 160)
    hand.drag(corner, corner + QPointF(100, 60))
    assert canvas.document.topology.annotation_by_id[frame].size == (700, 220)
    assert [command.title for command in canvas.document.done] == ["Resize a frame"]


def test_escape_while_a_frame_is_dragged_puts_everything_back(framed):
    canvas, hand, frame, _ = framed
    before = places(canvas)
    hand.press(QPointF(215, -55))
    hand.move(QPointF(230, -100), QPointF(300, -200))
    assert places(canvas) != before
    hand.key(Qt.Key.Key_Escape)
    hand.release(QPointF(300, -200))
    assert places(canvas) == before
    assert canvas.scene.annotations.items[frame].box == (200, -80, 600, 160)
    assert canvas.document.done == ()


def test_a_drag_snaps_to_the_line_of_a_neighbour_and_shows_it(canvas, hand):
    solver, line = node_named(canvas, "P2-0"), canvas.scene.nodes[node_named(canvas, "P1")].pos().y()
    start = canvas.scene.nodes[solver].pos()
    hand.press(solver)
    goal = QPointF(start.x() + 43, line + 4)
    hand.move(start + QPointF(20, -40), goal)
    assert canvas.scene.nodes[solver].pos().y() == line
    assert len(canvas.view.guides) == 1
    hand.release(goal)
    assert canvas.view.guides == ()
    assert canvas.document.topology.by_id[solver].position[1] == line


def test_alt_moves_freely(canvas, hand):
    solver = node_named(canvas, "P2-0")
    canvas.view.is_free = lambda: True  # offscreen has no keyboard to hold a key on
    start = canvas.scene.nodes[solver].pos()
    hand.drag(solver, start + QPointF(43, 37))
    x, y = canvas.document.topology.by_id[solver].position
    assert (x % 10, y % 10) != (0, 0)


def test_copy_and_paste_make_a_sibling_with_names_of_its_own(canvas, hand):
    child = node_named(canvas, "H1")
    hand.click(child)
    hand.key(Qt.Key.Key_C, CTRL)
    assert '"hhstudio-nodes"' in QGuiApplication.clipboard().text()
    hand.key(Qt.Key.Key_V, CTRL)
    topology = canvas.document.topology
    made = canvas.scene.selected_nodes[0]
    assert topology.parent(made).id == topology.root
    assert [topology.by_id[i].name for i in topology.subtree(made)] == ["H3", "P2-2"]
    assert [command.title for command in canvas.document.done] == ["Paste H3"]
    canvas.document.undo()
    assert made not in canvas.scene.nodes


def test_another_window_takes_what_was_copied(canvas, hand, make_canvas):
    hand.click("h0")
    hand.key(Qt.Key.Key_C, CTRL)
    other = make_canvas(Topology())
    Hand(other).key(Qt.Key.Key_V, CTRL)
    names = [node.name for node in other.document.topology.nodes]
    assert sorted(names) == sorted(node.name for node in canvas.document.topology.nodes)
    assert other.document.topology.root


def test_foreign_text_is_refused_in_words_and_changes_nothing(canvas, hand):
    QGuiApplication.clipboard().setText("milk, eggs")
    hand.click("h0")
    hand.key(Qt.Key.Key_V, CTRL)
    assert canvas.message.text() == "The clipboard holds other text (milk, eggs), not a part of a tree"
    assert canvas.document.done == ()


def test_cut_is_one_step_and_can_be_pasted_elsewhere(canvas, hand):
    hand.click(node_named(canvas, "P1"))
    hand.key(Qt.Key.Key_X, CTRL)
    assert [command.title for command in canvas.document.done] == ["Cut P1"]
    hand.click(node_named(canvas, "H2"))
    hand.key(Qt.Key.Key_V, CTRL)
    assert canvas.document.topology.by_id[canvas.scene.selected_nodes[0]].name == "P2-1b"


def test_duplicate_leaves_the_clipboard_alone(canvas, hand):
    QGuiApplication.clipboard().setText("kept")
    hand.click(node_named(canvas, "P1"))
    hand.key(Qt.Key.Key_D, CTRL)
    assert canvas.document.topology.by_id[canvas.scene.selected_nodes[0]].name == "P1b"
    assert QGuiApplication.clipboard().text() == "kept"


def test_selected_cards_are_lined_up_by_a_key(canvas, hand):
    one, two = node_named(canvas, "P2-0"), node_named(canvas, "P1")
    hand.click(one)
    hand.click(two, keys=SHIFT)
    hand.key(Qt.Key.Key_Left, CTRL | Qt.KeyboardModifier.AltModifier)
    assert canvas.scene.nodes[one].pos().x() == canvas.scene.nodes[two].pos().x() == 330
    assert [command.title for command in canvas.document.done] == ["Align left edges"]
    hand.click(one)
    hand.key(Qt.Key.Key_Left, CTRL | Qt.KeyboardModifier.AltModifier)
    assert canvas.message.text() == "Select two or more to line them up"


def test_ctrl_arrows_nudge_in_one_undo_step(canvas, hand):
    solver = node_named(canvas, "P1")
    start = canvas.scene.nodes[solver].pos()
    hand.click(solver)
    for _ in range(4):
        hand.key(Qt.Key.Key_Right, CTRL)
    assert canvas.scene.nodes[solver].pos() == start + QPointF(40, 0)
    assert len(canvas.document.done) == 1


def test_a_pinned_card_stays_while_the_rest_is_tidied(canvas, hand):
    solver, other = node_named(canvas, "P2-0"), node_named(canvas, "P1")
    for node in (solver, other):
        hand.drag(node, canvas.scene.nodes[node].pos() + QPointF(0, -250))
    hand.click(solver)
    hand.key(Qt.Key.Key_P)
    pinned = canvas.scene.nodes[solver].pos()
    hand.key(Qt.Key.Key_L, CTRL)
    assert canvas.scene.nodes[solver].pos() == pinned
    assert canvas.document.topology.by_id[other].position is None
    assert canvas.scene.nodes[solver].text.pinned


def test_the_orientation_is_part_of_the_document(canvas, hand):
    hand.key(Qt.Key.Key_L, CTRL | SHIFT)
    assert canvas.document.topology.orientation == "vertical"
    canvas.document.undo()
    assert canvas.scene.orientation == "horizontal"
    assert canvas.scene.nodes[node_named(canvas, "P1")].pos().x() == 330


def test_a_click_on_a_badge_offers_the_fix(make_canvas):
    canvas = make_canvas(editing.update(figure(), "s1", architecture="zenke"))
    hand, item = Hand(canvas), canvas.scene.nodes["s1"]
    hand.click(item.pos() + QPointF(86, -28))
    menu = QApplication.activePopupWidget()
    offered = {action.text(): action for action in menu.actions()}
    assert "Fix: Make P1 a Small CNN" in offered
    offered["Fix: Make P1 a Small CNN"].trigger()
    menu.close()
    assert canvas.document.topology.by_id["s1"].architecture == "small-cnn"
    assert item.text.badge == ""
    canvas.document.undo()
    assert item.text.badge == "error"


def test_problems_of_the_whole_tree_have_fixes_too(make_canvas):
    canvas = make_canvas(Topology())
    menu = FixMenu(canvas.editor, rules.issues(canvas.document.spec), canvas)
    next(action for action in menu.actions() if action.text().startswith("Fix: Start")).trigger()
    menu.deleteLater()
    assert canvas.document.topology.paths


def test_a_note_has_a_menu_with_colours(framed):
    canvas, _, _, note = framed
    canvas.scene.select([note])
    menu = canvas.context_menu()
    colours = next(action for action in menu.actions() if action.text() == "Colour").menu()
    next(action for action in colours.actions() if action.text() == "Green").trigger()
    menu.deleteLater()
    assert canvas.document.topology.annotation_by_id[note].color == "green"


def test_notes_are_deleted_by_a_key_and_what_a_frame_holds_stays(framed):
    canvas, hand, frame, _ = framed
    hand.click(QPointF(215, -55))
    assert canvas.scene.selected_annotations == [frame]
    hand.key(Qt.Key.Key_Delete)
    assert frame not in canvas.document.topology.annotation_by_id
    assert len(canvas.scene.nodes) == 6


def test_fitting_shows_notes_beside_the_tree(make_canvas):
    topology, _ = annotation_edits.add(figure(), "comment", (2500.0, 0.0))
    canvas = make_canvas(topology)
    seen = canvas.view.mapToScene(canvas.view.viewport().rect()).boundingRect()
    assert seen.contains(QPointF(2700, 50))


def test_a_slot_being_drawn_says_below_what_it_would_cost(canvas, hand):
    start = hand.slots_of("h0")
    hand.press(start)
    hand.move(start + QPointF(30, 90), canvas.scene.content_rect().bottomLeft() + QPointF(60, 20))
    assert canvas.cost_strip.ahead.text().startswith("a solver here: +")
    assert "stored" in canvas.cost_strip.text.text()
    hand.key(Qt.Key.Key_Escape)
    assert canvas.cost_strip.ahead.text() == ""
    hand.release(start)


def test_a_long_line_of_costs_pushes_nothing_beside_the_canvas_away(canvas):
    narrow = canvas.minimumSizeHint().width()
    canvas.cost_strip.ahead.setText("a solver here: " + "+1.38 k stored, " * 20)
    canvas.layout().activate()
    assert canvas.minimumSizeHint().width() == narrow


def test_tab_and_letters_in_a_comment_are_text(framed, qtbot):
    canvas, hand, _, note = framed
    hand.double_click(QPointF(480, 60))
    canvas.note_field.selectAll()
    QTest.keyClicks(canvas.note_field, "csnp")
    qtbot.keyClick(canvas.note_field, Qt.Key.Key_Return, CTRL)
    assert canvas.document.topology.annotation_by_id[note].text == "csnp"
    assert len(canvas.document.topology.nodes) == 6
