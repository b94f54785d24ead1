"""Panels that are moved, hidden, put into windows; axes that are locked, logarithmic, in epochs."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.run import events
from hhstudio.gui.views.curves.panels import CurvePanels

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


def x_of(panel, task):
    return panel.curves[task].line.getData()[0]


@pytest.fixture
def panels(show, make_run):
    made = show(CurvePanels())
    made.run = make_run().all()
    made.set_history(made.run.history)
    QApplication.processEvents()
    yield made
    made.release()


def in_order(panels):
    standing = [p for p in panels.panels.values() if p.isVisible() and p.window() is panels.window()]
    return [p.path for p in sorted(standing, key=lambda p: (p.y(), p.x()))]


def test_a_panel_is_moved_by_its_title_and_by_keys(panels, qtbot):
    first, second = panels.panels["P1", "accuracy"], panels.panels["P2-0", "accuracy"]
    assert in_order(panels) == ["P1", "P2-0"]
    start, goal = first.title.geometry().center(), first.mapFromGlobal(second.mapToGlobal(QPoint(60, 60)))
    qtbot.mousePress(first, LEFT, pos=start)
    qtbot.mouseMove(first, start + QPoint(15, 15))
    qtbot.mouseMove(first, goal)
    qtbot.mouseRelease(first, LEFT, pos=goal)
    assert in_order(panels) == ["P2-0", "P1"]
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_Left, CONTROL)
    assert in_order(panels) == ["P1", "P2-0"]


def test_a_hidden_panel_comes_back_when_all_are_asked_for(panels, qtbot):
    first = panels.panels["P1", "accuracy"]
    first.setFocus()
    QTest.keyClick(first, Qt.Key.Key_H)
    assert in_order(panels) == ["P2-0"]
    assert panels.toolbar.all_panels.text() == "Show all (+1)"
    qtbot.mouseClick(panels.toolbar.all_panels, LEFT)
    assert in_order(panels) == ["P1", "P2-0"]
    assert panels.toolbar.all_panels.isHidden()


def test_a_panel_in_a_window_of_its_own_goes_on_live_and_returns_when_it_is_closed(panels, qtbot):
    first = panels.panels["P1", "accuracy"]
    qtbot.mouseClick(first.detach, LEFT)
    window = panels.arrangement.windows["P1", "accuracy"]
    qtbot.waitExposed(window)
    assert in_order(panels) == ["P2-0"]
    assert first.window() is window
    assert window.windowTitle() == "P1 · Accuracy"
    run = panels.run
    run.metrics(0, [(run.step + 10, 0, "accuracy", 0.5)])
    panels.refresh(run.history.take_changes())
    assert first.curves[0].line.getData()[1][-1] == 0.5
    window.close()
    assert in_order(panels) == ["P1", "P2-0"]


def test_the_windows_of_panels_close_with_the_view(panels, qtbot):
    qtbot.mouseClick(panels.panels["P1", "accuracy"].detach, LEFT)
    window = panels.arrangement.windows["P1", "accuracy"]
    panels.release()
    assert not window.isVisible()


def test_a_locked_axis_stays_while_points_come(panels, qtbot):
    panel, run = panels.panels["P1", "accuracy"], panels.run
    panels.settings.mode = "step"
    panels.toolbar.changed.emit()
    before = panel.plot.view.viewRange()
    qtbot.mouseClick(panels.toolbar.lock, LEFT, pos=QPoint(8, panels.toolbar.lock.height() // 2))
    run.metrics(0, [(run.step + 5000, 0, "accuracy", 0.5)])
    panels.refresh(run.history.take_changes())
    assert panel.plot.view.viewRange() == before
    qtbot.mouseClick(panels.toolbar.lock, LEFT, pos=QPoint(8, panels.toolbar.lock.height() // 2))
    assert panel.plot.view.viewRange() != before


def test_x_in_epochs_counts_passes_over_each_task(show, make_run):
    run = make_run(paths=("P1",))
    batch = run.history.spec.training.batch_size
    infos = tuple(
        events.TaskInfo(name=f"t{n}", dataset="digits", classes=(n,), train_images=images)
        for n, images in enumerate((10 * batch, 20 * batch, 40 * batch))
    )
    run.history.tasks = infos
    run.all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panels.settings.mode = "epoch"
    panels.toolbar.changed.emit()
    panel = panels.panels["P1", "accuracy"]
    # 40 steps a task: 4 epochs of the first, 2 of the second, 1 of the third
    assert x_of(panel, 0)[:4].tolist() == pytest.approx([1, 2, 3, 4])
    assert x_of(panel, 1)[:4].tolist() == pytest.approx([4.5, 5, 5.5, 6])
    assert x_of(panel, 2)[:4].tolist() == pytest.approx([6.25, 6.5, 6.75, 7])


def test_a_logarithmic_x_axis_shows_powers_of_ten(panels, qtbot):
    qtbot.mouseClick(panels.toolbar.log_x, LEFT, pos=QPoint(8, panels.toolbar.log_x.height() // 2))
    panel = panels.panels["P1", "accuracy"]
    assert x_of(panel, 0)[:2].tolist() == pytest.approx([1.0, np.log10(20)])
    (low, high), _ = panel.plot.view.viewRange()
    assert low == pytest.approx(0.0)
    assert panel.step_map.to_step(high) == pytest.approx(120, abs=1)
    ticks = [value for _, values in panel.plot.axis_x.tickValues(low, high, 600) for value in values]
    assert "10" in panel.plot.axis_x.tickStrings(ticks, 1, 1)
    assert "100" in panel.plot.axis_x.tickStrings(ticks, 1, 1)


def test_memory_is_a_curve_of_megabytes(show, make_run):
    run = make_run(paths=("P1",)).all()
    run.apply(
        events.Progress(
            step=run.step, total_steps=999, path="P1", task=0, task_step=1, task_steps=9,
            seconds=1.0, rate=1.0, eta=1.0, memory=300 * 2**20,
        )
    )  # fmt: skip
    panels = show(CurvePanels())
    panels.settings.metrics = ("memory",)
    panels.set_history(run.history)
    panel = panels.panels["P1", "memory"]
    assert panel.curves[0].line.getData()[1].tolist() == [300 * 2**20]
