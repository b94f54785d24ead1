"""Growing on the canvas with mouse and keys: the preview, freezing, folding, the switch of what is live."""

from __future__ import annotations

import pytest
from canvas_hand import node_named
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from hhstudio.core.run import events, gradients
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def growing(canvas):
    mode = GrowthMode(canvas)
    canvas.registry.add(*mode.actions())
    return mode


def test_g_shows_a_child_as_a_ghost_with_its_cost_and_escape_takes_it_away(canvas, growing, hand):
    before = canvas.document.spec
    places = canvas.scene.places()
    hand.click(node_named(canvas, "H1"))
    hand.key(Qt.Key.Key_G)
    ghosts = [canvas.scene.nodes[i].text.name for i in canvas.scene.ghosts]
    assert sorted(ghosts) == ["H3", "P3-00"]
    assert growing.card.isVisible()
    said = growing.card.accessibleDescription()
    assert "Stored: +" in said
    assert "Memory: about +" in said
    assert "Step time: 1.3 × P2-0" in said
    assert canvas.document.spec is before, "a preview changes nothing"
    hand.key(Qt.Key.Key_Escape)
    assert not growing.card.isVisible()
    assert canvas.scene.places() == places
    assert canvas.scene.ghosts == frozenset()
    assert canvas.scene.nodes.keys() == canvas.document.topology.by_id.keys()
    assert not canvas.read_only
    assert canvas.document.spec is before


def test_enter_accepts_what_is_previewed_as_one_step_that_can_be_undone(canvas, growing, hand):
    before = canvas.document.spec
    hand.click(node_named(canvas, "H2"))
    hand.key(Qt.Key.Key_G)
    hand.key(Qt.Key.Key_Return)
    child = node_named(canvas, "H3")
    assert canvas.document.topology.parent(child).name == "H2"
    assert canvas.document.topology.path("P3-10").depth == 3
    assert canvas.document.done[-1].title == "Grow H3 below H2"
    assert canvas.scene.selected_nodes == [child]
    assert not canvas.scene.nodes[child].ghost
    canvas.document.undo()
    assert canvas.document.spec == before


def test_the_buttons_of_the_preview_do_the_same_as_the_keys(canvas, growing, hand):
    hand.key(Qt.Key.Key_G)
    QTest.mouseClick(growing.card.dismiss, Qt.MouseButton.LeftButton)
    assert growing.preview is None
    hand.key(Qt.Key.Key_G)
    QTest.mouseClick(growing.card.accept, Qt.MouseButton.LeftButton)
    assert canvas.document.done[-1].title == "Grow H3 below H0"


def test_nothing_else_changes_the_tree_while_a_preview_is_open(canvas, growing, hand):
    hand.key(Qt.Key.Key_G)
    before = canvas.document.spec
    for key in (Qt.Key.Key_Delete, Qt.Key.Key_C, Qt.Key.Key_G, Qt.Key.Key_Z):
        hand.key(key)
    assert canvas.document.spec is before
    assert "Enter accepts it, Esc dismisses it" in canvas.message.text()
    hand.key(Qt.Key.Key_Escape)


def test_z_freezes_a_subtree_and_marks_it_and_z_again_releases_it(canvas, growing, hand):
    hand.click(node_named(canvas, "H1"))
    hand.key(Qt.Key.Key_Z)
    below = canvas.document.topology.subtree(node_named(canvas, "H1"))
    assert all(canvas.scene.nodes[i].text.frozen for i in below)
    assert "frozen" in canvas.scene.nodes[below[0]].text.spoken
    assert canvas.document.done[-1].title == "Freeze H1"
    hand.key(Qt.Key.Key_Z)
    assert not any(node.frozen for node in canvas.document.topology.nodes)
    assert canvas.document.done[-1].title == "Release H1"


def test_h_folds_a_subtree_away_and_says_how_much_is_hidden(canvas, growing, hand):
    root, before = canvas.document.topology.root, canvas.document.spec
    hand.click(root)
    hand.key(Qt.Key.Key_H)
    seen = [item.text.name for item in canvas.scene.nodes.values() if item.isVisible()]
    assert seen == ["H0"]
    assert canvas.scene.nodes[root].folded == 5
    assert canvas.document.spec is before, "folding is not part of the document"
    pill = canvas.scene.nodes[root].pos() + QPointF(WIDTH / 2 - 4, 0)
    hand.click(pill)
    assert all(item.isVisible() for item in canvas.scene.nodes.values())
    assert all(item.isVisible() for item in canvas.scene.edges.values())
    hand.key(Qt.Key.Key_H)
    hand.key(Qt.Key.Key_H, SHIFT)
    assert canvas.scene.nodes[root].folded == 0


def test_what_is_selected_elsewhere_unfolds(canvas, growing, hand):
    hand.click(node_named(canvas, "H1"))
    hand.key(Qt.Key.Key_H)
    solver = node_named(canvas, "P2-0")
    assert not canvas.scene.nodes[solver].isVisible()
    canvas.select_path("P2-0")
    assert canvas.scene.nodes[solver].isVisible()
    assert canvas.scene.selected_nodes == [solver]


def test_arrow_keys_pass_by_what_is_folded(canvas, growing, hand):
    child = node_named(canvas, "H1")
    hand.click(child)
    hand.key(Qt.Key.Key_H)
    hand.key(Qt.Key.Key_Right)
    assert canvas.scene.selected_nodes != [node_named(canvas, "P2-0")]
    assert all(canvas.scene.nodes[i].isVisible() for i in canvas.scene.selected_nodes)


def live(canvas, norms):
    """A history in which P2-0 learns task 0, with gradients of those norms from level 0 down."""
    spec = canvas.document.spec
    history = History()
    tasks = tuple(TaskInfo(name=f"t{i}", dataset="digits", classes=(0, 1)) for i in range(2))
    names = tuple(path.name for path in spec.topology.paths)
    history.apply(
        events.RunStarted(
            spec=specs.encode(spec), created="", app="", torch="", device="cpu", seed=0, tasks=tasks,
            paths=names, total_steps=100,
        )
    )  # fmt: skip
    at = names.index("P2-0")
    history.apply(events.TaskStarted(step=0, path="P2-0", task=0))
    history.apply(
        events.Progress(step=5, total_steps=100, path="P2-0", task=0, task_step=5, task_steps=50, seconds=1.0)
    )
    metrics = [*(gradients.metric(i) for i in range(len(norms))), "accuracy"]
    count = len(metrics)
    history.apply(
        events.Metrics(
            names=tuple(metrics), step=[5] * count, path=[at] * count, task=[0] * count,
            metric=list(range(count)), value=[*norms, 0.75],
        )
    )  # fmt: skip
    return history


def test_edges_of_the_path_at_work_are_as_wide_as_the_gradient_that_comes_through(canvas, growing):
    canvas.set_history(live(canvas, [1.0, 0.001, 1.0]))
    first, second = canvas.document.topology.path("P2-0").slots
    assert canvas.scene.edges[first].flow == 0
    assert canvas.scene.edges[second].flow == 5
    others = set(canvas.scene.edges) - {first, second}
    assert all(canvas.scene.edges[i].flow == -1 for i in others)


def test_widths_do_not_flicker_with_small_changes(canvas, growing):
    history = live(canvas, [1.0, 0.12, 1.0])
    canvas.set_history(history)
    first = canvas.document.topology.path("P2-0").slots[0]
    width = canvas.scene.edges[first].flow
    at, metric = history.paths.index("P2-0"), gradients.metric(1)
    for step, norm in enumerate((0.1, 0.14, 0.09, 0.15, 0.11), start=6):
        history.apply(
            events.Metrics(names=(metric,), step=[step], path=[at], task=[0], metric=[0], value=[norm])
        )
        canvas.refresh(history.take_changes())
        assert canvas.scene.edges[first].flow == width


def test_l_turns_off_what_is_live_and_on_again(canvas, growing, hand):
    canvas.set_history(live(canvas, [1.0, 1.0, 1.0]))
    solver = node_named(canvas, "P2-0")
    slot = canvas.document.topology.path("P2-0").slots[0]
    assert canvas.scene.nodes[solver].activity.accuracy == 0.75
    assert canvas.scene.nodes["h0"].on_active_path
    hand.key(Qt.Key.Key_L)
    assert canvas.scene.nodes[solver].activity.accuracy is None
    assert not canvas.scene.nodes["h0"].on_active_path
    assert canvas.scene.edges[slot].flow == -1
    hand.key(Qt.Key.Key_L)
    assert canvas.scene.nodes[solver].activity.accuracy == 0.75
    assert canvas.scene.edges[slot].glows


def test_the_preview_hides_nothing_of_what_it_is_about(canvas, growing, hand):
    for name in ("H0", "H1", "H2"):
        hand.click(node_named(canvas, name))
        hand.key(Qt.Key.Key_G)
        card = growing.card.geometry()
        for ghost in canvas.scene.ghosts:
            corner = canvas.scene.goal(ghost) - QPointF(WIDTH / 2, HEIGHT / 2)
            assert not card.contains(canvas.view.mapFromScene(corner))
            assert not card.contains(canvas.view.mapFromScene(canvas.scene.goal(ghost)))
        hand.key(Qt.Key.Key_Escape)
