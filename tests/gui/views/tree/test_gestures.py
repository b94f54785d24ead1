"""Every gesture, with real mouse and key events."""

import pytest
from canvas_hand import Hand, figure, node_named
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.tree import editing

SHIFT = Qt.KeyboardModifier.ShiftModifier


def empty_place(canvas):
    """A scene position with nothing near it."""
    box = canvas.scene.content_rect()
    return QPointF(box.left() + 60, box.bottom() + 20)


def test_a_click_selects_one_node_and_shift_adds_another(canvas, hand):
    hand.click("h0")
    hand.click(node_named(canvas, "P1"), keys=SHIFT)
    assert set(canvas.scene.selected_nodes) == {"h0", node_named(canvas, "P1")}
    hand.click(node_named(canvas, "H2"))
    assert canvas.scene.selected_nodes == [node_named(canvas, "H2")]
    hand.click(empty_place(canvas))
    assert canvas.scene.selected_nodes == []


def test_selecting_a_solver_tells_node_and_path(canvas, hand):
    nodes, paths = [], []
    canvas.node_selected.connect(nodes.append)
    canvas.path_selected.connect(paths.append)
    hand.click(node_named(canvas, "P2-0"))
    hand.click("h0")
    hand.click(empty_place(canvas))
    assert nodes == [node_named(canvas, "P2-0"), "h0", ""]
    assert paths == ["P2-0"]


def test_dragging_a_node_is_one_undo_step(canvas, hand):
    solver = node_named(canvas, "P1")
    start = canvas.scene.nodes[solver].pos()
    hand.drag(solver, start + QPointF(60, -40))
    assert canvas.document.topology.by_id[solver].position == (start.x() + 60, start.y() - 40)
    assert [command.title for command in canvas.document.done] == ["Move P1"]
    canvas.document.undo()
    assert canvas.scene.nodes[solver].pos() == start
    assert canvas.document.topology.by_id[solver].position is None


def test_dragging_a_hypernetwork_takes_its_subtree_along(canvas, hand):
    child, below, other = (node_named(canvas, name) for name in ("H1", "P2-0", "P2-1"))
    before = {i: canvas.scene.nodes[i].pos() for i in (below, other)}
    hand.drag(child, canvas.scene.nodes[child].pos() + QPointF(0, -50))
    assert canvas.scene.nodes[below].pos() == before[below] + QPointF(0, -50)
    assert canvas.scene.nodes[other].pos() == before[other]


def test_escape_in_the_middle_of_a_drag_leaves_everything_as_it_was(canvas, hand):
    solver = node_named(canvas, "P1")
    start = canvas.scene.nodes[solver].pos()
    hand.press(solver)
    hand.move(start + QPointF(40, 0), start + QPointF(90, 10))
    assert canvas.scene.nodes[solver].pos() != start
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPointF(90, 10))
    assert canvas.scene.nodes[solver].pos() == start
    assert canvas.document.done == ()
    assert canvas.view.gesture is None


def test_a_rubber_band_selects_what_it_touches_and_escape_takes_it_back(canvas, hand):
    box = canvas.scene.content_rect()
    hand.click("h0")
    hand.press(box.topLeft() + QPointF(-15, -15))
    hand.move(QPointF(0, 0), box.bottomRight() + QPointF(15, 15))
    assert len(canvas.scene.selected_nodes) == len(canvas.document.topology.nodes)
    hand.key(Qt.Key.Key_Escape)
    hand.release(box.bottomRight())
    assert canvas.scene.selected_nodes == ["h0"]


def test_the_middle_button_pans_and_so_does_space(canvas, hand):
    place = empty_place(canvas)
    for button, with_space in ((Qt.MouseButton.MiddleButton, False), (Qt.MouseButton.LeftButton, True)):
        before = canvas.view.mapFromScene(QPointF(0, 0))
        start = hand.pixel(place)
        if with_space:
            hold_space_key(canvas, press=True)
        QTest.mousePress(hand.viewport, button, pos=start)
        QTest.mouseMove(hand.viewport, start + QPoint(70, -30))
        QTest.mouseRelease(hand.viewport, button, pos=start + QPoint(70, -30))
        if with_space:
            hold_space_key(canvas, press=False)
        assert canvas.view.mapFromScene(QPointF(0, 0)) - before == QPoint(70, -30)
    assert canvas.scene.selected_nodes == []


def hold_space_key(canvas, press):
    (QTest.keyPress if press else QTest.keyRelease)(canvas.view, Qt.Key.Key_Space)


def test_the_wheel_zooms_to_the_cursor(canvas):
    at = QPoint(250, 180)
    under = canvas.view.mapToScene(at)
    zoom = canvas.view.zoom
    event = QWheelEvent(
        QPointF(at),
        QPointF(canvas.view.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.view.viewport(), event)
    assert canvas.view.zoom > zoom
    moved = canvas.view.mapToScene(at) - under
    assert abs(moved.x()) < 2
    assert abs(moved.y()) < 2


def test_dragging_from_a_slot_to_a_loose_node_connects_it(make_canvas):
    topology, loose = editing.add_root(figure())
    canvas = make_canvas(topology)
    hand = Hand(canvas)
    child = node_named(canvas, "H1")
    hand.drag(hand.slots_of(child), loose)
    assert canvas.document.topology.incoming[loose].source == child
    assert canvas.document.done[-1].title == "Connect H1 to H3"


def test_a_refused_connection_says_why_while_hovering(canvas, hand):
    child, solver = node_named(canvas, "H1"), node_named(canvas, "P2-1")
    start = hand.slots_of(child)
    hand.press(start)
    hand.move(start + QPointF(20, 20), solver)
    assert canvas.message.text() == "P2-1 is generated by H2: disconnect it there first"
    assert canvas.scene.nodes[solver].verdict_bad
    hand.release(solver)
    assert not canvas.scene.nodes[solver].verdict_bad
    assert canvas.document.done == ()


def test_a_slot_dropped_on_empty_canvas_opens_the_palette_with_what_fits(canvas, hand, qtbot):
    place = empty_place(canvas)
    hand.drag(hand.slots_of("h0"), place)
    popup = canvas.palette_popup
    assert popup.isVisible()
    texts = [popup.list.item(row).text() for row in range(popup.list.count())]
    assert texts[0] == "Child hypernetwork"
    assert any("ZenkeNet" in text and "needs 10×10 pixels" in text for text in texts)
    qtbot.keyClicks(popup.search, "mlp")
    qtbot.keyClick(popup.search, Qt.Key.Key_Return)
    assert not popup.isVisible()
    added = canvas.document.topology.nodes[-1]
    assert added.architecture == "mlp"
    assert canvas.document.topology.incoming[added.id].source == "h0"
    assert added.position == (pytest.approx(place.x(), abs=2), pytest.approx(place.y(), abs=2))
    canvas.document.undo()
    assert added.id not in canvas.scene.nodes


def test_the_palette_never_chooses_what_does_not_fit(canvas, qtbot):
    canvas.select_node("h0")
    canvas.commands.open_palette()
    qtbot.keyClicks(canvas.palette_popup.search, "zenke")
    qtbot.keyClick(canvas.palette_popup.search, Qt.Key.Key_Return)
    assert canvas.document.done == ()
    qtbot.keyClick(canvas.palette_popup.search, Qt.Key.Key_Escape)
    assert not canvas.palette_popup.isVisible()


def test_escape_takes_a_half_drawn_slot_back(canvas, hand):
    start = hand.slots_of("h0")
    hand.press(start)
    hand.move(start + QPointF(60, 90), empty_place(canvas))
    hand.key(Qt.Key.Key_Escape)
    hand.release(empty_place(canvas))
    assert not canvas.palette_popup.isVisible()
    assert canvas.document.done == ()


def test_a_double_click_renames_in_place(canvas, hand, qtbot):
    solver = node_named(canvas, "P1")
    hand.double_click(solver)
    field = canvas.rename_field
    assert field.isVisible()
    field.selectAll()
    qtbot.keyClicks(field, "P2-0")
    assert canvas.message.text() == "another solver is already called 'P2-0'"
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible()
    field.selectAll()
    qtbot.keyClicks(field, "first")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not field.isVisible()
    assert canvas.document.topology.by_id[solver].name == "first"
    assert canvas.scene.nodes[solver].text.name == "first"
    assert canvas.document.done[-1].title == "Rename P1 to first"


def test_escape_leaves_the_old_name(canvas, hand, qtbot):
    hand.double_click("h0")
    qtbot.keyClicks(canvas.rename_field, "other")
    qtbot.keyClick(canvas.rename_field, Qt.Key.Key_Escape)
    assert canvas.document.done == ()
    assert not canvas.rename_field.isVisible()


def test_a_double_click_on_empty_canvas_opens_the_palette(canvas, hand):
    hand.double_click(empty_place(canvas))
    assert canvas.palette_popup.isVisible()
    assert canvas.palette_popup.list.item(0).text() == "Loose hypernetwork"
    canvas.palette_popup.hide()


def test_hovering_a_hypernetwork_offers_child_and_solver(canvas, hand, qtbot):
    child = node_named(canvas, "H1")
    hand.move(child)
    assert canvas.add_buttons.isVisible()
    qtbot.mouseClick(canvas.add_buttons.child, Qt.MouseButton.LeftButton)
    added = canvas.document.topology.nodes[-1]
    assert canvas.document.topology.incoming[added.id].source == child
    assert canvas.scene.selected_nodes == [added.id]
    hand.move(node_named(canvas, "P1"))
    hand.click(empty_place(canvas))
    assert not canvas.add_buttons.isVisible()


def test_a_slot_is_selected_by_a_click_and_deleted_by_a_key(canvas, hand):
    slot = canvas.document.topology.incoming[node_named(canvas, "H2")]
    edge = canvas.scene.edges[slot.id]
    hand.click(edge.point(0.3))
    assert canvas.scene.selected_slots == [slot.id]
    hand.key(Qt.Key.Key_Delete)
    assert slot.id not in canvas.document.topology.slot_by_id
    assert canvas.document.done[-1].title == "Disconnect H2"
