"""Keys, commands, life, read-only: the canvas as a widget."""

import numpy as np
import pytest
from canvas_hand import Hand, figure, node_named
from PySide6.QtCore import QPointF, Qt, QVariantAnimation
from PySide6.QtWidgets import QApplication, QMainWindow

from hhstudio.core import edits, events, utilisation
from hhstudio.core import spec as specs
from hhstudio.core.document import Document
from hhstudio.core.history import History
from hhstudio.core.spec import Spec
from hhstudio.core.topology import LinkOverride, Topology
from hhstudio.gui.actions import ActionRegistry
from hhstudio.gui.canvas import TreeCanvas
from hhstudio.gui.canvas.commands import context_menu
from hhstudio.gui.canvas.looks import short_count
from hhstudio.gui.theme import DARK, LIGHT

CTRL = Qt.KeyboardModifier.ControlModifier


def started(spec):
    """The history of a run that has begun."""
    history = History()
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec),
            created="",
            app="",
            torch="",
            device="cpu",
            seed=0,
            tasks=tuple(events.TaskInfo(name=f"t{i}", dataset="digits", classes=(i,)) for i in range(5)),
            paths=tuple(path.name for path in spec.topology.paths),
            total_steps=100,
        )
    )
    history.apply(events.StateChanged(state="training"))
    return history


def learn(history, path, task, values):
    number = history.paths.index(path)
    history.apply(
        events.Progress(
            step=10, total_steps=100, path=path, task=task, task_step=1, task_steps=10, seconds=1.0
        )
    )
    count = len(values)
    history.apply(
        events.Metrics(
            names=("accuracy",),
            step=list(range(count)),
            path=[number] * count,
            task=[task] * count,
            metric=[0] * count,
            value=list(values),
        )
    )


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
    canvas.document.apply_topology("Move", edits.move(canvas.document.topology, {solver: (400.0, -300.0)}))
    assert canvas.scene._animation.state() == QVariantAnimation.State.Running
    with qtbot.waitSignal(canvas.scene.arranged, timeout=3000):
        pass
    assert canvas.scene.nodes[solver].pos() == QPointF(400, -300)


def test_an_edit_during_a_glide_ends_where_the_last_one_wants(canvas):
    canvas.scene.animated = True
    solver = node_named(canvas, "P1")
    for x in (100.0, 300.0, 500.0):
        canvas.document.apply_topology("Move", edits.move(canvas.document.topology, {solver: (x, 0.0)}))
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
    canvas.document.reset(Spec(topology=edits.move(figure(), {"s1": (3000.0, 2000.0)})))
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


def test_a_card_shows_what_is_stored_and_what_is_generated(canvas):
    looks = {item.look.name: item.look for item in canvas.scene.nodes.values()}
    assert looks["H0"].subtitle == "root · 73.3 k stored"
    assert looks["H1"].subtitle == "73.3 k generated"
    assert looks["P1"].subtitle == "Small CNN · 1.90 k"
    assert "root hypernetwork" in canvas.scene.nodes["h0"].toolTip()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "?"),
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (73_344, "73.3 k"),
        (999_999, "1.00 M"),
        (123_456_789, "123 M"),
    ],
)
def test_counts_are_short(number, shown):
    assert short_count(number) == shown


def test_problems_are_badges_with_their_reason(make_canvas):
    topology = edits.update(figure(), "s1", architecture="zenke")
    topology, loose = edits.add_root(topology)
    canvas = make_canvas(topology)
    assert canvas.scene.nodes["s1"].look.badge == "error"
    assert "needs images of at least 10×10" in canvas.scene.nodes["s1"].toolTip()
    assert canvas.scene.nodes[loose].look.badge == "warning"


def test_a_link_of_its_own_is_seen_on_the_edge(canvas):
    slot = canvas.document.topology.slots[0]
    assert canvas.scene.edges[slot.id].look.label == "anchored"
    canvas.editor.set_link([slot.id], LinkOverride(mode="direct"))
    assert canvas.scene.edges[slot.id].look.label == "direct"
    assert canvas.scene.edges[slot.id].look.direct
    deeper = canvas.document.topology.incoming[node_named(canvas, "P2-0")]
    assert canvas.scene.edges[deeper.id].look.label == "anchored + residual"


def test_the_path_at_work_glows_and_shows_its_accuracy(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    learn(history, "P2-0", 1, [0.5, 0.625, 0.75])
    canvas.refresh(history.take_changes())
    solver, child = node_named(canvas, "P2-0"), node_named(canvas, "H1")
    item = canvas.scene.nodes[solver]
    assert item.life.accuracy == 0.75
    assert item.life.caption == "T1"
    assert item.life.spark == (0.5, 0.625, 0.75)
    glowing = {i for i, node in canvas.scene.nodes.items() if node.on_active_path}
    assert glowing == {"h0", child, solver}
    assert {i for i, edge in canvas.scene.edges.items() if edge.glows} == {
        canvas.document.topology.incoming[i].id for i in (child, solver)
    }


def test_a_finished_path_shows_its_average_and_a_bar_a_task(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    for task, row in enumerate([(0.9,), (0.8, 0.9)]):
        history.apply(events.TaskFinished(step=task, path="P1", task=task, accuracies=row))
    history.apply(events.Finished(state="finished", step=2, seconds=1.0))
    canvas.refresh(history.take_changes())
    life = canvas.scene.nodes[node_named(canvas, "P1")].life
    assert life.accuracy == pytest.approx(0.85)
    assert [task for task, _ in life.bars] == [0, 1]
    assert not any(node.on_active_path for node in canvas.scene.nodes.values())


def test_a_live_canvas_and_a_reopened_one_look_the_same(make_canvas):
    live, reopened = make_canvas(), make_canvas()
    history = started(live.document.spec)
    live.set_history(history)
    for task in range(3):
        learn(history, "P1", task, [0.5, 0.6])
        live.refresh(history.take_changes())
    learn(history, "P2-1", 0, [0.4])
    live.refresh(history.take_changes())
    reopened.set_history(history)
    for node_id in live.scene.nodes:
        assert live.scene.nodes[node_id].life == reopened.scene.nodes[node_id].life
        assert live.scene.nodes[node_id].on_active_path == reopened.scene.nodes[node_id].on_active_path


def test_a_refresh_paints_nothing_that_did_not_change(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    learn(history, "P1", 0, [0.5])
    canvas.refresh(history.take_changes())
    items = {i: id(item) for i, item in canvas.scene.nodes.items()}
    learn(history, "P1", 0, [0.7])
    assert canvas.scene.life.refresh(history.take_changes()) == {node_named(canvas, "P1")}
    assert canvas.scene.life.refresh(history.take_changes()) == set()
    assert items == {i: id(item) for i, item in canvas.scene.nodes.items()}


def test_forgetting_a_run_takes_its_marks_away(canvas):
    history = started(canvas.document.spec)
    learn(history, "P1", 0, [0.5])
    canvas.set_history(history)
    canvas.set_history(None)
    assert all(item.life.accuracy is None and not item.on_active_path for item in canvas.scene.nodes.values())


def test_at_half_size_a_solvers_card_still_shows_its_accuracy(canvas):
    history = started(canvas.document.spec)
    history.apply(events.TaskFinished(step=1, path="P1", task=0, accuracies=(0.847,)))
    history.apply(events.TaskFinished(step=1, path="P2-0", task=0, accuracies=(0.847,)))
    history.apply(events.Finished(state="finished", step=2, seconds=1.0))
    canvas.set_history(history)
    canvas.view.zoom_by(0.55 / canvas.view.zoom)
    QApplication.processEvents()
    card = canvas.scene.nodes[node_named(canvas, "P1")]

    def picture():
        place = canvas.view.mapFromScene(card.sceneBoundingRect()).boundingRect()
        return canvas.view.viewport().grab(place).toImage()

    before = picture()
    history.apply(events.TaskFinished(step=1, path="P1", task=0, accuracies=(0.852,)))
    canvas.set_history(history)
    after = picture()
    number = [
        (x, y)
        for x in range(before.width() // 2)
        for y in range(before.height() // 2, before.height() * 5 // 6)
        if before.pixel(x, y) != after.pixel(x, y)
    ]
    assert len(number) > 10


def test_an_edges_tool_tip_says_what_it_is_worth_on_every_path(canvas):
    history = started(canvas.document.spec)
    canvas.set_history(history)
    path = canvas.document.topology.path("P2-0")
    slot = canvas.scene.edges[path.slots[0]]
    assert "loses" not in slot.toolTip()
    history.apply(events.TaskFinished(step=1, path="P2-0", task=0, accuracies=(0.9,)))
    names = tuple(map(utilisation.metric, path.slots))
    number = history.paths.index("P2-0")
    history.apply(
        events.Metrics(
            names=names, step=[2, 2], path=[number] * 2, task=[0, 0], metric=[0, 1], value=[0.895, 0.4]
        )
    )
    canvas.refresh(history.take_changes())
    assert slot.toolTip().endswith("\nP2-0 loses 0.5 points of accuracy without H0 → H1 (bypassed)")
    leaf = canvas.scene.edges[path.slots[1]]
    assert leaf.toolTip().endswith("\nP2-0 loses 50.0 points of accuracy without H1 → P2-0")
    canvas.set_history(None)
    assert "loses" not in slot.toolTip()


def test_a_renamed_path_keeps_its_accuracy(canvas):
    history = started(canvas.document.spec)
    learn(history, "P1", 0, [0.5])
    canvas.set_history(history)
    solver = node_named(canvas, "P1")
    canvas.editor.rename(solver, "first")
    learn(history, "P1", 0, [0.9])
    canvas.refresh(history.take_changes())
    assert canvas.scene.nodes[solver].life.accuracy == 0.9


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
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = ActionRegistry(window)
    registry.add(*canvas.actions(), owner=canvas)
    canvas.select_node(node_named(canvas, "P1"))
    assert registry.trigger("tree.remove")
    assert not registry.trigger("tree.remove")
    assert {action.menu for action in canvas.actions()} == {"Tree", "View"}


def test_keys_typed_into_a_name_or_a_search_are_no_commands(canvas, qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    registry = ActionRegistry(window)
    registry.add(*canvas.actions(), owner=canvas)
    canvas.rename("h0")
    canvas.rename_field.selectAll()
    qtbot.keyClicks(canvas.rename_field, "csmf")
    assert canvas.rename_field.text() == "csmf"
    qtbot.keyClick(canvas.rename_field, Qt.Key.Key_Backspace)
    qtbot.keyClick(canvas.rename_field, Qt.Key.Key_Return)
    assert canvas.document.topology.by_id["h0"].name == "csm"
    canvas.open_palette()
    qtbot.keyClicks(canvas.palette_popup.search, "child")
    qtbot.keyClick(canvas.palette_popup.search, Qt.Key.Key_Tab)
    assert not canvas.palette_popup.isVisible()
    assert len(canvas.document.done) == 2


def test_the_context_menu_speaks_of_what_is_selected(canvas):
    def titles():
        menu = context_menu(canvas)
        found = [action.text() for action in menu.actions() if action.text()]
        menu.deleteLater()
        return found

    canvas.select_node("h0")
    assert titles() == [
        "Add child hypernetwork", "Add solver", "Add from palette…", "Rename", "Remove with its subtree",
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
        menu = context_menu(canvas)
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


def test_both_themes_paint_and_speak(canvas):
    for theme in (DARK, LIGHT):
        canvas.set_theme(theme)
        image = canvas.grab().toImage()
        assert theme.canvas in {image.pixelColor(x, x).name() for x in range(40)}
    assert canvas.view.accessibleName()
    assert canvas.palette_popup.search.accessibleName()
    assert canvas.add_buttons.child.accessibleName()


def test_large_trees_are_counted_a_moment_later(make_canvas, qtbot):
    topology, root = edits.add_root(Topology())
    for _ in range(160):
        topology, _ = edits.add_solver(topology, root)
    canvas = make_canvas(topology)
    qtbot.waitUntil(lambda: canvas.scene.nodes[root].look.name == "H0", timeout=3000)


def test_a_released_canvas_no_longer_follows(qtbot):
    document = Document(Spec(topology=figure()))
    canvas = TreeCanvas(document)
    qtbot.addWidget(canvas)
    canvas.release()
    document.apply_topology("Add", edits.add_solver(document.topology, "h0")[0])
    assert len(canvas.scene.nodes) == 6
    QApplication.processEvents()
