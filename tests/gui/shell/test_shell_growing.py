"""Growing in the window while a worker really trains: by hand, by policy, refused, replayed."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from shell_helpers import PATIENCE
from small_specs import tiny

from hhstudio.core.spec import growth
from hhstudio.core.spec.spec import Growth

SHIFT = Qt.KeyboardModifier.ShiftModifier


def key(window, which, keys=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(window.canvas.view, which, keys)


def start(window, qtbot, spec):
    """A run that has taken its first steps."""
    window.workspace.document.reset(spec)
    window.workspace.runs.start()
    qtbot.waitUntil(
        lambda: window.workspace.history is not None and window.workspace.history.progress is not None,
        timeout=PATIENCE,
    )


def stop(window, qtbot):
    window.workspace.runs.stop()
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)


def solver(window, name):
    return window.workspace.document.topology.path(name).solver


def wait_for_changes(window, qtbot, number):
    """Until the run has changed its tree so often and the document has followed, maybe a turn later."""
    workspace = window.workspace

    def followed():
        history = workspace.history
        return len(history.growth) == number and history.topology == workspace.document.topology

    qtbot.waitUntil(followed, timeout=PATIENCE)


def test_a_tree_grows_freezes_refuses_and_loses_a_path_while_it_learns(window, qtbot):
    spec = tiny(steps=1_000_000)
    tree = growth.grow(spec.topology, spec.topology.root).topology
    start(window, qtbot, replace(spec, topology=tree))
    workspace, canvas, growing = window.workspace, window.canvas, window.growth_mode

    canvas.scene.select([workspace.document.topology.root])
    key(window, Qt.Key.Key_G)
    assert "It grows at the next step" in growing.card.accessibleDescription()
    key(window, Qt.Key.Key_Return)
    wait_for_changes(window, qtbot, 1)
    assert workspace.document.topology.path("P2-1").depth == 2
    item = canvas.scene.nodes[solver(window, "P2-1")]
    assert item.fresh
    assert not item.ghost
    assert not workspace.document.modified, "the session keeps it"
    assert growing.toast.text.text() == "Grow H2 below H0, by hand"
    assert growing.replay.timeline.isVisible()
    assert canvas.read_only

    canvas.scene.select([solver(window, "P2-0")])
    key(window, Qt.Key.Key_Z)
    wait_for_changes(window, qtbot, 2)
    assert canvas.scene.nodes[solver(window, "P2-0")].text.frozen
    assert workspace.history.growth[-1].reason == "Freeze P2-0, by hand"

    growing.toast.hide()
    before = workspace.document.topology
    canvas.scene.select([solver(window, "P1")])
    key(window, Qt.Key.Key_Delete, SHIFT)
    key(window, Qt.Key.Key_Return)
    qtbot.waitUntil(growing.toast.isVisible, timeout=PATIENCE)
    assert growing.toast.text.text() == (
        "The tree stays as it is: P1 is learning: it can be removed when its task is done"
    )
    assert workspace.document.topology == before
    assert growing.preview is None

    gone = solver(window, "P2-0")
    canvas.scene.select([gone])
    key(window, Qt.Key.Key_Delete, SHIFT)
    assert canvas.scene.nodes[gone].doomed
    key(window, Qt.Key.Key_Return)
    wait_for_changes(window, qtbot, 3)
    assert [path.name for path in workspace.document.topology.paths] == ["P1", "P2-1"]
    stop(window, qtbot)


def test_a_policy_grows_before_ones_eyes_and_the_timeline_takes_it_back(window, qtbot):
    spec = replace(tiny(steps=60, tasks=3), growth=Growth(policy="every", tasks=1, limit=1))
    start(window, qtbot, spec)
    workspace, timeline = window.workspace, window.growth_mode.replay.timeline
    qtbot.waitUntil(lambda: not workspace.running, timeout=PATIENCE)
    (change,) = workspace.history.growth
    assert any(change.reason in line.message for line in workspace.history.log)
    assert [mark.label for mark in timeline.axis.marks] == ["+ H1"]
    assert len(window.canvas.scene.nodes) == 4
    axis = timeline.axis
    place = axis.rect().center()
    place.setX(int(axis.place(change.step / 2)))
    QTest.mouseClick(axis, Qt.MouseButton.LeftButton, pos=place)
    assert [item.text.name for item in window.canvas.scene.nodes.values()] == ["H0", "P1"]
    assert window.canvas.scene.nodes[solver(window, "P1")].activity.active, "as it was then"
    assert window.canvas.read_only
    assert 0 < window.selection.step < change.step
    axis.setFocus()
    QTest.keyClick(axis, Qt.Key.Key_Right)
    assert len(window.canvas.scene.nodes) == 4
    QTest.mouseClick(timeline.now, Qt.MouseButton.LeftButton)
    assert len(window.canvas.scene.nodes) == 4
    assert not window.canvas.read_only
    assert window.selection.step == -1

    path = workspace.session_path
    workspace.new()
    assert not timeline.isVisible()
    workspace.load(path)
    assert timeline.isVisible()
    QTest.mouseClick(timeline.play, Qt.MouseButton.LeftButton)
    assert len(window.canvas.scene.nodes) == 2
    qtbot.waitUntil(lambda: len(window.canvas.scene.nodes) == 4, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not timeline.play.isChecked(), timeout=PATIENCE)
    assert not window.canvas.read_only
