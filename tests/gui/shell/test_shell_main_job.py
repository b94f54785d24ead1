"""The main job with real mouse and keys and a real worker: draw, train, watch, keep, reopen."""

import os
import signal

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shell_helpers import PATIENCE, answer
from small_specs import tiny


def press(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=button.rect().center())
    QApplication.processEvents()


def click_node(window, node_id):
    canvas = window.canvas
    at = canvas.view.mapFromScene(QPointF(canvas.scene.nodes[node_id].pos()))
    QTest.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_draw_train_watch_keep_and_reopen(window, qtbot):
    workspace = window.workspace
    workspace.document.reset(tiny(steps=1500))
    window.activateWindow()
    root = workspace.document.topology.root
    click_node(window, root)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_C)
    child = next(n.id for n in workspace.document.topology.nodes if n.name == "H1")
    click_node(window, child)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_S)
    assert [p.name for p in workspace.document.topology.paths] == ["P1", "P2-0"]

    press(window.run_bar.start)
    assert workspace.running
    qtbot.waitUntil(lambda: workspace.history.step > 200, timeout=PATIENCE)
    before = window.panels["curves"].grab().toImage()
    qtbot.waitUntil(lambda: workspace.history.step > 500, timeout=PATIENCE)
    after = window.panels["curves"].grab().toImage()
    assert before != after, "the curves stand still"
    assert window.canvas.read_only

    press(window.run_bar.buttons["run.pause"])
    qtbot.waitUntil(lambda: workspace.paused, timeout=PATIENCE)
    step = workspace.history.step
    press(window.run_bar.buttons["run.pause"])
    qtbot.waitUntil(lambda: workspace.history.step > step + 100, timeout=PATIENCE)

    qtbot.waitUntil(lambda: ("P1", 0) in workspace.history.weights, timeout=PATIENCE)
    qtbot.waitUntil(
        lambda: workspace.source is not None and ("P1", 0) in workspace.source.available(), timeout=PATIENCE
    )
    press(window.run_bar.buttons["run.stop"])
    qtbot.waitUntil(lambda: not workspace.running, timeout=PATIENCE)
    assert workspace.history.state == "stopped"
    assert workspace.can_continue
    kept, steps = workspace.session_path, workspace.history.step
    seen = workspace.history.series["P1", 0, "loss"].values.copy()

    workspace.new()
    assert workspace.history is None
    with qtbot.waitSignal(workspace.shown, timeout=10_000):
        window.files.open(kept)
    assert workspace.history.step == steps
    np.testing.assert_array_equal(workspace.history.series["P1", 0, "loss"].values, seen)
    assert [p.name for p in workspace.document.topology.paths] == ["P1", "P2-0"]
    window.docks.show("filters")
    window.panels["filters"].select("P1", 0)
    QApplication.processEvents()
    assert window.panels["filters"].isVisible()
    assert ("P1", 0) in workspace.source.available()

    press(window.run_bar.resume)
    qtbot.waitUntil(lambda: workspace.running and workspace.history.step > steps, timeout=PATIENCE)
    assert workspace.session_path == kept
    press(window.run_bar.buttons["run.stop"])
    qtbot.waitUntil(lambda: not workspace.running, timeout=PATIENCE)


def test_filters_are_watched_from_the_first_task_on_until_live_is_turned_off(window, qtbot):
    workspace, filters = window.workspace, window.panels["filters"]
    workspace.document.reset(tiny(steps=20_000))
    press(window.run_bar.start)
    qtbot.waitUntil(lambda: workspace.history.step > 50, timeout=PATIENCE)
    window.docks.show("filters")
    live = filters.controls.live
    at = QPoint(8, live.height() // 2)
    QTest.mouseClick(live, Qt.MouseButton.LeftButton, pos=at)
    qtbot.waitUntil(lambda: filters.badge.text().startswith("live, step"), timeout=PATIENCE)
    seen = filters.badge.text()
    qtbot.waitUntil(lambda: filters.badge.text() != seen, timeout=PATIENCE)

    tensors = []

    class Counter:
        def refresh(self, changes):
            tensors.append(len(changes.watched))

    workspace.scheduler.add(Counter())
    QTest.mouseClick(live, Qt.MouseButton.LeftButton, pos=at)
    step = workspace.history.step
    qtbot.waitUntil(lambda: workspace.history.step > step + 500, timeout=PATIENCE)
    tensors.clear()
    step = workspace.history.step
    qtbot.waitUntil(lambda: workspace.history.step > step + 1000, timeout=PATIENCE)
    assert sum(tensors) == 0, "the worker still sends what nobody looks at"
    press(window.run_bar.buttons["run.stop"])
    qtbot.waitUntil(lambda: not workspace.running, timeout=PATIENCE)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_worker_is_announced_and_continued_on_click(window, qtbot):
    workspace, banner = window.workspace, window.run_bar.banner
    workspace.document.reset(tiny(steps=2500))
    press(window.run_bar.start)
    qtbot.waitUntil(
        lambda: workspace.history.step > 200 and workspace.history.checkpoint is not None, timeout=PATIENCE
    )
    os.kill(workspace.runs.current.client.pid, signal.SIGKILL)
    qtbot.waitUntil(banner.isVisible, timeout=PATIENCE)
    assert window.isVisible()
    assert "SIGKILL" in banner.text.text()
    assert workspace.history.state == "failed"
    press(next(b for b in banner.buttons if "Continue" in b.text()))
    qtbot.waitUntil(lambda: workspace.running and workspace.history.state == "training", timeout=PATIENCE)
    assert not banner.isVisible()

    window.close()
    answer("Keep training")
    assert window.isVisible()
    assert workspace.running
    window.close()
    answer("Stop and save")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert workspace.history.state == "stopped"
