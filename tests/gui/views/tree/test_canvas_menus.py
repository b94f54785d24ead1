"""Menus, registry, refusals, themes: the canvas among others."""

from canvas_hand import figure, node_named
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import LinkOverride, Topology
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.widgets.theme import DARK, LIGHT


def test_while_a_run_is_on_every_edit_is_refused_with_the_reason(canvas, hand, qtbot):
    canvas.set_read_only(True)
    before = canvas.document.spec
    solver = node_named(canvas, "P1")
    hand.drag(solver, canvas.scene.nodes[solver].pos() + QPointF(60, 0))
    hand.drag(hand.slots_of("h0"), canvas.scene.content_rect().bottomLeft() + QPointF(60, 20))
    hand.double_click(solver)
    hand.click(solver)
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_C, Qt.Key.Key_S, Qt.Key.Key_F2, Qt.Key.Key_Tab):
        hand.key(key)
    assert canvas.document.spec is before
    assert canvas.scene.nodes[solver].pos() == canvas.scene.goal(solver)
    assert not canvas.palette_popup.isVisible()
    assert not canvas.rename_field.isVisible()
    assert "read-only while a run is on" in canvas.message.text()
    canvas.set_read_only(False)
    hand.key(Qt.Key.Key_Delete)
    assert solver not in canvas.document.topology.by_id


def test_actions_fit_into_the_registry(canvas, qtbot):
    registry = canvas.registry
    canvas.select_node(node_named(canvas, "P1"))
    assert registry.trigger("tree.remove")
    assert not registry.trigger("tree.remove")
    assert {action.menu for action in registry} == {
        "Edit", "Tree", "Tree/Align", "Tree/Colour of notes", "Tree/Move by a step", "View",
    }  # fmt: skip


def test_keys_typed_into_a_name_or_a_search_are_no_commands(canvas, qtbot):
    canvas.rename("h0")
    canvas.rename_field.selectAll()
    qtbot.keyClicks(canvas.rename_field, "csmf")
    assert canvas.rename_field.text() == "csmf"
    qtbot.keyClick(canvas.rename_field, Qt.Key.Key_Backspace)
    qtbot.keyClick(canvas.rename_field, Qt.Key.Key_Return)
    assert canvas.document.topology.by_id["h0"].name == "csm"
    canvas.commands.open_palette()
    qtbot.keyClicks(canvas.palette_popup.search, "child")
    qtbot.keyClick(canvas.palette_popup.search, Qt.Key.Key_Tab)
    assert not canvas.palette_popup.isVisible()
    assert len(canvas.document.done) == 2


def test_the_context_menu_speaks_of_what_is_selected(canvas):
    def titles():
        menu = canvas.context_menu()
        found = [action.text() for action in menu.actions() if action.text()]
        menu.deleteLater()
        return found

    canvas.select_node("h0")
    assert titles() == [
        "Add child hypernetwork", "Add solver", "Add from palette…", "Rename", "Cut", "Copy", "Paste",
        "Duplicate", "Pinned in its place", "Frame the selection", "Remove with its subtree",
    ]  # fmt: skip
    canvas.select_node(node_named(canvas, "P1"))
    assert titles()[0] == "Architecture"
    canvas.scene.select([canvas.document.topology.slots[0].id])
    assert titles()[-1] == "Disconnect"
    canvas.scene.clearSelection()
    assert "Tidy layout" in titles()


def test_an_edge_is_offered_the_anchors_that_suit_what_it_leads_to(canvas):
    topology = canvas.document.topology

    def anchors(*names):
        slots = [topology.incoming[node_named(canvas, name)].id for name in names]
        canvas.scene.clearSelection()
        canvas.scene.select(slots)
        menu = canvas.context_menu()
        found = {action.text(): action for action in menu.actions() if "anchor" in action.text()}
        assert all(action.toolTip() and "\n" not in action.toolTip() for action in found.values())
        return menu, found

    names = ["Anchored, seeded anchor", "Anchored, learned anchor", "Anchored, shared anchor"]
    menu, found = anchors("P1")
    assert list(found) == names
    menu.deleteLater()
    menu, found = anchors("P1", "H1")
    assert list(found) == names
    menu.deleteLater()
    menu, found = anchors("H1")
    assert list(found) == [*names, "Anchored, parent anchor"]
    found["Anchored, parent anchor"].trigger()
    slot = canvas.document.topology.incoming[node_named(canvas, "H1")]
    assert slot.link == LinkOverride(mode="anchored", anchor="parent")
    menu.deleteLater()


def test_a_loose_hypernetwork_becomes_the_root_after_the_root_was_removed(canvas):
    canvas.editor.remove(["h0"])
    assert canvas.document.topology.root is None
    node = canvas.editor.add_root()
    assert canvas.document.topology.root == node


def test_both_themes_paint_and_speak(canvas, wear):
    for theme in (DARK, LIGHT):
        wear(theme)
        image = canvas.grab().toImage()
        assert theme.canvas in {image.pixelColor(x, x).name() for x in range(40)}
    assert canvas.view.accessibleName()
    assert canvas.palette_popup.search.accessibleName()
    assert canvas.add_buttons.child.accessibleName()


def test_large_trees_are_counted_a_moment_later(make_canvas, qtbot):
    topology, root = editing.add_root(Topology())
    for _ in range(160):
        topology, _ = editing.add_solver(topology, root)
    canvas = make_canvas(topology)
    qtbot.waitUntil(lambda: canvas.scene.nodes[root].text.name == "H0", timeout=3000)


def test_a_released_canvas_no_longer_follows(qtbot):
    document = Document(Spec(topology=figure()))
    canvas = TreeCanvas(document)
    qtbot.addWidget(canvas)
    canvas.release()
    document.apply_topology("Add", editing.add_solver(document.topology, "h0")[0])
    assert len(canvas.scene.nodes) == 6
    QApplication.processEvents()
