"""Gestures of the camera and of the selection, with real mouse and key events, and Esc in the middle."""

from canvas_hand import Hand, node_named
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.tree import annotation_edits, editing

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def middle(canvas):
    return canvas.view.mapToScene(canvas.view.viewport().rect().center())


def near(one, other, by=3.0):
    return abs(one.x() - other.x()) <= by and abs(one.y() - other.y()) <= by


def test_shift_f_fits_what_is_selected(canvas, hand):
    zoom = canvas.view.zoom
    hand.click(node_named(canvas, "P2-1"))
    hand.key(Qt.Key.Key_F, SHIFT)
    assert canvas.view.zoom > zoom
    assert near(middle(canvas), canvas.scene.nodes[node_named(canvas, "P2-1")].pos())
    hand.key(Qt.Key.Key_F)
    assert near(middle(canvas), canvas.scene.content_rect().center())


def test_keys_zoom_around_the_middle(canvas, hand):
    before, zoom = middle(canvas), canvas.view.zoom
    hand.key(Qt.Key.Key_Plus, CTRL)
    assert canvas.view.zoom > zoom
    assert near(middle(canvas), before)
    hand.key(Qt.Key.Key_Minus, CTRL)
    assert abs(canvas.view.zoom - zoom) < 1e-6


def test_escape_takes_the_camera_back_in_the_middle_of_a_pan(canvas, hand):
    canvas.view.zoom_by(3)
    before, start = middle(canvas), QPoint(300, 300)
    QTest.mousePress(hand.viewport, MIDDLE, pos=start)
    QTest.mouseMove(hand.viewport, start + QPoint(90, 40))
    assert not near(middle(canvas), before)
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseMove(hand.viewport, start + QPoint(120, 80))
    QTest.mouseRelease(hand.viewport, MIDDLE, pos=start + QPoint(120, 80))
    assert near(middle(canvas), before)


def test_the_minimap_is_dragged_and_escape_takes_it_back(canvas, hand):
    canvas.view.zoom_by(4)
    mini, before = canvas.minimap, middle(canvas)
    QTest.mousePress(mini, LEFT, pos=QPoint(60, 40))
    first = middle(canvas)
    QTest.mouseMove(mini, QPoint(120, 80))
    second = middle(canvas)
    assert second.x() > first.x()
    assert second.y() > first.y()
    hand.key(Qt.Key.Key_Escape)
    QTest.mouseMove(mini, QPoint(40, 30))
    QTest.mouseRelease(mini, LEFT, pos=QPoint(40, 30))
    assert near(middle(canvas), before)
    hand.key(Qt.Key.Key_M)
    assert not mini.isVisible()
    hand.key(Qt.Key.Key_M)
    assert mini.isVisible()


def test_a_rubber_band_with_shift_adds(canvas, hand):
    child = canvas.scene.nodes[node_named(canvas, "H1")].pos()
    hand.click("h0")
    hand.press(child + QPointF(-130, -60), keys=SHIFT)
    hand.move(child + QPointF(-60, -20), child + QPointF(40, 20))
    hand.release(child + QPointF(40, 20), keys=SHIFT)
    assert set(canvas.scene.selected_nodes) == {"h0", node_named(canvas, "H1")}


def test_everything_and_the_subtree_are_selected_by_keys(canvas, hand):
    hand.key(Qt.Key.Key_A, CTRL)
    assert len(canvas.scene.selected_nodes) == 6
    hand.key(Qt.Key.Key_Escape)
    assert canvas.scene.selection == []
    hand.click(node_named(canvas, "H1"))
    hand.key(Qt.Key.Key_A, CTRL | SHIFT)
    assert set(canvas.scene.selected_nodes) == {node_named(canvas, "H1"), node_named(canvas, "P2-0")}


def test_several_cards_are_dragged_together_in_one_step(canvas, hand):
    one, two = node_named(canvas, "P1"), node_named(canvas, "P2-1")
    before = {i: canvas.scene.nodes[i].pos() for i in (one, two)}
    hand.click(one)
    hand.click(two, keys=SHIFT)
    hand.drag(two, before[two] + QPointF(50, 30))
    moved = [canvas.scene.nodes[i].pos() - before[i] for i in (one, two)]
    assert moved[0] == moved[1] != QPointF()
    assert [command.title for command in canvas.document.done] == ["Move 2 nodes"]


def test_a_comment_is_dragged_resized_and_opened_with_a_double_click(make_canvas):
    topology, note = annotation_edits.add(editing.single(), "comment", (0.0, 150.0), (160.0, 60.0), "why")
    canvas = make_canvas(topology)
    hand, notes = Hand(canvas), canvas.document
    hand.drag(QPointF(80, 180), QPointF(180, 240))
    assert notes.topology.annotation_by_id[note].at == (100.0, 210.0)
    hand.drag(QPointF(259, 269), QPointF(299, 309))
    assert notes.topology.annotation_by_id[note].size == (200.0, 100.0)
    hand.double_click(QPointF(200, 260))
    assert canvas.note_field.isVisible()
    QTest.keyClick(canvas.note_field, Qt.Key.Key_Escape)
    assert [command.title for command in notes.done] == ["Move a comment", "Resize a comment"]


def test_a_right_click_selects_what_it_is_about_and_opens_its_menu(canvas, hand):
    child = node_named(canvas, "H1")
    place = hand.pixel(child)
    QTest.mouseClick(hand.viewport, Qt.MouseButton.RightButton, pos=place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, hand.viewport.mapToGlobal(place))
    QApplication.sendEvent(hand.viewport, event)
    menu = QApplication.activePopupWidget()
    assert canvas.scene.selected_nodes == [child]
    entry = next(action for action in menu.actions() if action.text() == "Add solver")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(entry).center())
    assert canvas.document.done[-1].title == "Add path P2-0b"
