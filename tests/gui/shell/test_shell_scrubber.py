"""One handle below the tree takes filters, matrix, curves and tree back in time."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from shell_helpers import PATIENCE
from small_specs import tiny

from hhstudio.core.spec.spec import Recording
from hhstudio.service.run.client import RunClient

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """Two tasks of 40 steps, snapshots at 10, 20, 30, 40 and 50, 60, 70, 80."""
    out = tmp_path_factory.mktemp("trained") / "kept.h5"
    recording = Recording(checkpoint_seconds=1.0, snapshot_every=10)
    client = RunClient(replace(tiny(), recording=recording), out)
    client.start()
    assert client.wait(90.0)
    assert client.status == 0, client.drain()[-3:]
    return out


@pytest.fixture
def timeline(window, session, qtbot):
    """Of a window with filters, matrix and curves to be seen, and the session opened."""
    for name in ("matrix", "curves", "filters"):
        window.panels.show(name)
    window.workspace.load(session)
    found = window.growth_mode.replay.timeline
    qtbot.waitUntil(lambda: len(found.axis.snapshots) == 8, timeout=PATIENCE)
    assert found.isVisible()
    return found


def place(axis, step):
    return QPoint(round(axis.place(step)), axis.height() - 12)


def weights(window):
    return window.panels["filters"].image.canvas._mosaic.tiles.values.copy()


def matrix(window):
    return window.panels["matrix"].cards["P1"].heatmap.content.values


def marked(window):
    return [e.x for e in window.panels["curves"].panels["P1", "accuracy"].plot.backdrop._events if e.strong]


def test_one_drag_takes_filters_matrix_curves_and_tree_back(window, timeline):
    axis, now = timeline.axis, weights(window)
    assert not np.isnan(matrix(window)[1]).any()
    QTest.mousePress(axis, LEFT, NONE, place(axis, 70))
    QTest.mouseMove(axis, place(axis, 45))
    then = weights(window)
    QTest.mouseMove(axis, place(axis, 20))
    QTest.mouseRelease(axis, LEFT, NONE, place(axis, 20))
    assert window.selection.step == 20
    assert not np.allclose(weights(window), now)
    assert not np.allclose(weights(window), then)
    assert window.panels["filters"].badge.text() == "snapshot, step 20"
    assert np.isnan(matrix(window)).all(), "no task was learned by then"
    assert marked(window) == [20.0]
    assert window.canvas.read_only
    assert timeline.words.toolTip() == "Step 20 of 80; weights of step 20"
    QTest.mouseClick(timeline.now, LEFT)
    assert np.allclose(weights(window), now)
    assert not np.isnan(matrix(window)[1]).any()
    assert marked(window) == []
    assert not window.canvas.read_only


def test_keys_go_from_snapshot_to_snapshot(window, timeline):
    axis = timeline.axis
    axis.setFocus()
    for key, step in (
        (Qt.Key.Key_Left, 70),
        (Qt.Key.Key_Left, 60),
        (Qt.Key.Key_Right, 70),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_End, -1),
    ):
        QTest.keyClick(axis, key)
        assert window.selection.step == step


def test_the_space_bar_plays_through_the_snapshots_and_ends_now(window, timeline, qtbot):
    axis, seen = timeline.axis, []
    window.selection.step_changed.connect(seen.append)
    axis.setFocus()
    QTest.keyClick(axis, Qt.Key.Key_Left)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    QTest.keyClick(axis, Qt.Key.Key_Left)
    QTest.keyClick(axis, Qt.Key.Key_Space)
    assert timeline.play.isChecked()
    qtbot.waitUntil(lambda: not timeline.play.isChecked(), timeout=PATIENCE)
    assert seen == [70, 60, 50, 60, 70, -1]


def test_only_the_snapshots_of_what_is_selected_are_marked(window, timeline):
    window.selection.choose_condition("P1", 1)
    assert timeline.axis.snapshots == (50, 60, 70, 80)
    window.selection.choose_task(-1)
    assert len(timeline.axis.snapshots) == 8
    window.workspace.new()
    assert not timeline.isVisible()


def test_escape_in_the_middle_of_a_drag_goes_back_to_where_it_began(window, timeline):
    axis = timeline.axis
    QTest.mousePress(axis, LEFT, NONE, place(axis, 70))
    QTest.mouseMove(axis, place(axis, 20))
    assert window.selection.step == 20
    QTest.keyClick(axis, Qt.Key.Key_Escape)
    QTest.mouseMove(axis, place(axis, 45))
    QTest.mouseRelease(axis, LEFT, NONE, place(axis, 45))
    assert window.selection.step == -1
    assert not window.canvas.read_only
