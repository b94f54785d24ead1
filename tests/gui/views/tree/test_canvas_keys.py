"""Keys and commands, layout and camera: the canvas as a widget."""

import numpy as np
from canvas_hand import Hand, figure, node_named
from PySide6.QtCore import QPointF, Qt

from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology

CTRL = Qt.KeyboardModifier.ControlModifier


def test_an_empty_canvas_says_how_to_begin_and_one_click_begins(make_canvas, qtbot):
    canvas = make_canvas(Topology())
    assert canvas.hint.isVisible()
    qtbot.mouseClick(canvas.hint.start, Qt.MouseButton.LeftButton)
    assert [path.name for path in canvas.document.topology.paths] == ["P1"]
    assert not canvas.hint.isVisible()
    assert "Drag from the right side" in canvas.message.text()
    canvas.document.undo()
    assert canvas.hint.isVisible()


def test_the_proposal_figure_is_drawn_with_a_handful_of_keys(make_canvas, qtbot):
    canvas = make_canvas(Topology())
    hand = Hand(canvas)
    qtbot.mouseClick(canvas.hint.start, Qt.MouseButton.LeftButton)
    left = Qt.Key.Key_Left
    for key in (Qt.Key.Key_C, Qt.Key.Key_S, left, left, Qt.Key.Key_C, Qt.Key.Key_S):
        hand.key(key)
    assert [path.name for path in canvas.document.topology.paths] == ["P1", "P2-0", "P2-1"]
    assert len(canvas.document.done) == 5


def test_with_a_solver_selected_its_hypernetwork_gets_the_next_one(canvas, hand):
    hand.click(node_named(canvas, "P2-0"))
    hand.key(Qt.Key.Key_S)
    assert canvas.document.topology.parent(node_named(canvas, "P2-0b")).name == "H1"


def test_arrow_keys_walk_the_tree(canvas, hand):
    hand.key(Qt.Key.Key_Right)
    assert canvas.scene.selected_nodes == ["h0"]
    hand.key(Qt.Key.Key_Right)
    assert canvas.scene.selected_nodes == [node_named(canvas, "H1")]
    hand.key(Qt.Key.Key_Down)
    assert canvas.scene.selected_nodes == [node_named(canvas, "H2")]
    hand.key(Qt.Key.Key_Right)
    assert canvas.scene.selected_nodes == [node_named(canvas, "P2-1")]
    hand.key(Qt.Key.Key_Up)
    assert canvas.scene.selected_nodes == [node_named(canvas, "P2-0")]
    hand.key(Qt.Key.Key_Left)
    hand.key(Qt.Key.Key_Left)
    assert canvas.scene.selected_nodes == ["h0"]
    hand.key(Qt.Key.Key_Escape)
    assert canvas.scene.selected_nodes == []


def test_delete_removes_the_subtree_in_one_step(canvas, hand):
    hand.click(node_named(canvas, "H1"))
    hand.key(Qt.Key.Key_Delete)
    assert [path.name for path in canvas.document.topology.paths] == ["P1", "P2-1"]
    assert canvas.document.done[-1].title == "Remove H1 and 1 below"
    assert len(canvas.scene.nodes) == 4
    canvas.document.undo()
    assert len(canvas.scene.nodes) == 6


def test_enter_renames_the_selected_node(canvas, hand):
    hand.click("h0")
    hand.key(Qt.Key.Key_Return)
    assert canvas.rename_field.isVisible()
    assert canvas.rename_field.text() == "H0"


def test_tab_opens_the_palette_for_the_selected_node(canvas, hand):
    hand.click(node_named(canvas, "H2"))
    hand.key(Qt.Key.Key_Tab)
    assert canvas.palette_popup.isVisible()
    canvas.palette_popup.hide()


def test_tidying_gives_moved_nodes_back_to_the_layout(canvas, hand):
    solver = node_named(canvas, "P1")
    before = canvas.scene.nodes[solver].pos()
    hand.drag(solver, before + QPointF(80, 30))
    hand.key(Qt.Key.Key_L, CTRL)
    assert canvas.scene.nodes[solver].pos() == before
    assert canvas.document.done[-1].title == "Tidy the tree"
    hand.key(Qt.Key.Key_L, CTRL)
    assert len(canvas.document.done) == 2
    assert canvas.message.text() == "The tree is tidy already"


def test_nodes_glide_to_a_new_layout_and_arrive(canvas, qtbot):
    canvas.scene.animated = True
    solver = node_named(canvas, "P1")
    canvas.document.apply_topology("Move", editing.move(canvas.document.topology, {solver: (400.0, -300.0)}))
    assert canvas.scene.placement.gliding
    with qtbot.waitSignal(canvas.scene.arranged, timeout=3000):
        pass
    assert canvas.scene.nodes[solver].pos() == QPointF(400, -300)


def test_an_edit_during_a_glide_ends_where_the_last_one_wants(canvas):
    canvas.scene.animated = True
    solver = node_named(canvas, "P1")
    for x in (100.0, 300.0, 500.0):
        canvas.document.apply_topology("Move", editing.move(canvas.document.topology, {solver: (x, 0.0)}))
    canvas.scene.settle()
    assert canvas.scene.nodes[solver].pos() == QPointF(500, 0)


def test_f_fits_the_tree_into_the_view(canvas, hand):
    canvas.view.zoom_by(5)
    assert canvas.minimap.isVisible()
    hand.key(Qt.Key.Key_F)
    seen = canvas.view.mapToScene(canvas.view.viewport().rect()).boundingRect()
    assert seen.contains(canvas.scene.content_rect())
    assert not canvas.minimap.isVisible()


def test_the_tree_stays_fitted_until_somebody_moves_the_camera(canvas):
    def fitted():
        seen = canvas.view.mapToScene(canvas.view.viewport().rect()).boundingRect()
        return seen.contains(canvas.scene.content_rect())

    canvas.resize(500, 400)
    assert fitted()
    canvas.view.zoom_by(4)
    canvas.resize(600, 450)
    assert not fitted()
    canvas.document.reset(Spec(topology=editing.move(figure(), {"s1": (3000.0, 2000.0)})))
    assert fitted()


def test_the_minimap_goes_where_it_is_clicked(canvas, qtbot):
    canvas.view.zoom_by(3)
    before = canvas.view.mapToScene(canvas.view.viewport().rect().center())
    qtbot.mouseClick(canvas.minimap, Qt.MouseButton.LeftButton, pos=canvas.minimap.rect().topLeft())
    after = canvas.view.mapToScene(canvas.view.viewport().rect().center())
    assert after.x() < before.x()
    assert after.y() < before.y()


def test_growing_downwards_turns_the_tree(canvas, hand):
    hand.key(Qt.Key.Key_L, CTRL | Qt.KeyboardModifier.ShiftModifier)
    nodes = canvas.scene.nodes
    assert nodes[node_named(canvas, "P1")].pos().y() > nodes["h0"].pos().y()
    hand.click("h0")
    hand.key(Qt.Key.Key_Down)
    assert canvas.scene.selected_nodes == [node_named(canvas, "H1")]


def test_undo_and_redo_keep_items_in_step_with_the_document(canvas):
    rng = np.random.default_rng(0)
    document = canvas.document
    first = document.spec
    for _ in range(60):
        topology = document.topology
        hypernetworks = [n.id for n in topology.nodes if n.id.startswith("h")]
        choice = rng.integers(4)
        if choice == 0 and hypernetworks:
            canvas.editor.add_child(str(rng.choice(hypernetworks)))
        elif choice == 1 and hypernetworks:
            canvas.editor.add_solver(str(rng.choice(hypernetworks)))
        elif choice == 2 and len(topology.nodes) > 4:
            canvas.editor.remove([topology.nodes[int(rng.integers(1, len(topology.nodes)))].id])
        else:
            document.undo() if rng.random() < 0.5 else document.redo()
        assert canvas.scene.nodes.keys() == document.topology.by_id.keys()
        assert canvas.scene.edges.keys() == document.topology.slot_by_id.keys()
    while document.undo():
        pass
    assert document.spec == first
    assert canvas.scene.nodes.keys() == first.topology.by_id.keys()
