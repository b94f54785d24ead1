"""The curve panels with events of a run, and with a user's mouse and keys."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QWheelEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.gui.views.curves.panels import CurvePanels
from hhstudio.gui.widgets.theme import DARK, LIGHT

LEFT = Qt.MouseButton.LeftButton


def _drawn(panel, task):
    """What the strong line of a task shows: x and y."""
    return panel.curves[task].line.getData()


def test_an_empty_view_says_what_will_appear(show):
    panels = show(CurvePanels())
    assert panels.empty.isVisible()
    assert "One panel per path" in panels.empty.text()
    assert not panels.panels


def test_every_path_has_a_panel_and_every_task_a_curve_with_the_recorded_values(show, make_run):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    assert list(panels.panels) == [("P1", "accuracy"), ("P2-0", "accuracy")]
    panel = panels.panels["P2-0", "accuracy"]
    assert sorted(panel.curves) == [0, 1, 2]
    x, y = _drawn(panel, 0)
    series = run.history.series["P2-0", 0, "accuracy"]
    assert x.tolist() == (series.steps - 120).tolist()  # the path's own steps
    assert y.tolist() == series.values.tolist()
    assert panel.summary.text() == "mean 79.0 %"


def test_curves_grow_as_events_come_and_panels_appear_as_paths_appear(show, make_run):
    run = make_run(paths=("P1",))
    panels = show(CurvePanels())
    panels.set_history(run.history)
    assert "waits" in panels.panels["P1", "accuracy"].empty.text()
    run.begin(0, 0)
    run.advance(0, 0, 20)
    panels.refresh(run.history.take_changes())
    panel = panels.panels["P1", "accuracy"]
    assert _drawn(panel, 0)[0].tolist() == [10, 20]
    assert not panel.empty.isVisible()
    run.advance(0, 0, 20)
    panels.refresh(run.history.take_changes())
    assert _drawn(panel, 0)[0].tolist() == [10, 20, 30, 40]
    run.apply(
        events.TopologyChanged(step=40, topology=run.history.topology, reason="grown", paths=("P1", "P2-0"))
    )
    panels.refresh(run.history.take_changes())
    assert list(panels.panels) == [("P1", "accuracy"), ("P2-0", "accuracy")]
    assert panels.panels["P1", "accuracy"] is panel


def test_a_run_that_goes_back_to_a_checkpoint_loses_the_void_points(show, make_run):
    run = make_run(paths=("P1",))
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panels.settings.smoothing["accuracy"] = 0.5
    run.begin(0, 0)
    run.advance(0, 0, 40)
    panels.refresh(run.history.take_changes())
    run.apply(events.Resumed(step=20, device="cpu", torch="0"))
    run.step = 20
    run.metrics(0, [(30, 0, "accuracy", 0.1), (40, 0, "accuracy", 0.1), (50, 0, "accuracy", 0.1)])
    panels.refresh(run.history.take_changes())
    x, y = _drawn(panels.panels["P1", "accuracy"], 0)
    assert x.tolist() == [10, 20, 30, 40, 50]
    assert y[1] == pytest.approx(0.9)
    assert y[-1] < 0.35


def test_only_visible_panels_are_drawn_and_the_rest_when_they_are_shown(show, make_run):
    run = make_run(paths=tuple(f"P{n}" for n in range(8)), steps=10)
    for path in range(8):
        run.learn(path, 0)
    panels = show(CurvePanels(), 260, 300)
    panels.set_history(run.history)
    first, last = panels.panels["P0", "accuracy"], panels.panels["P7", "accuracy"]
    assert not first.dirty
    assert last.dirty
    bar = panels.grid.verticalScrollBar()
    bar.setValue(bar.maximum())
    QApplication.processEvents()
    assert not last.dirty
    assert _drawn(last, 0)[1].tolist() == [pytest.approx(0.2)]


def test_hidden_curves_panels_draw_nothing_until_they_are_shown(make_run, show):
    run = make_run(paths=("P1",)).all()
    panels = CurvePanels()
    panels.set_history(run.history)
    assert panels.panels["P1", "accuracy"].dirty
    show(panels)
    assert not panels.panels["P1", "accuracy"].dirty


def test_a_click_in_the_legend_hides_a_task_and_a_double_click_isolates_it(show, make_run, qtbot):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    QApplication.processEvents()
    panel, chips = panels.panels["P1", "accuracy"], panels.legend.chips
    qtbot.mouseClick(chips[1], LEFT)
    assert [panel.curves[t].line.isVisible() for t in range(3)] == [True, False, True]
    qtbot.mouseClick(chips[1], LEFT)
    qtbot.mouseClick(chips[2], LEFT)
    qtbot.mouseDClick(chips[2], LEFT)
    assert [panel.curves[t].line.isVisible() for t in range(3)] == [False, False, True]
    qtbot.mouseDClick(chips[2], LEFT)
    assert [panel.curves[t].line.isVisible() for t in range(3)] == [True, True, True]
    qtbot.mouseClick(chips[0], LEFT, Qt.KeyboardModifier.AltModifier)
    assert [panel.curves[t].line.isVisible() for t in range(3)] == [True, False, False]
    chips[1].setFocus()
    qtbot.keyClick(chips[1], Qt.Key.Key_Space)
    assert panels.settings.hidden == {2}


def test_the_crosshair_reads_all_values_sorted_in_the_hovered_panel(show, make_run, qtbot):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    QApplication.processEvents()
    panel, other = panels.panels["P1", "accuracy"], panels.panels["P2-0", "accuracy"]
    at = panel.plot.to_pixels(100.5, 0.5).toPoint()
    qtbot.mouseMove(panel.plot.viewport(), at - QPoint(3, 0))
    qtbot.mouseMove(panel.plot.viewport(), at)
    values = panel.crosshair.values
    assert [r.text for r in values] == ["90.0 %", "89.0 %", "88.0 %"]
    assert [r.label for r in values] == ["T2 digits 4-5", "T1 digits 2-3", "T0 digits 0-1"]
    assert panel.crosshair.with_values
    assert other.crosshair.isVisible()
    assert not other.crosshair.with_values
    qtbot.mouseMove(panel.plot.viewport(), QPoint(2, 2))
    assert not panel.crosshair.isVisible()


def test_the_arrow_keys_move_the_crosshair(show, make_run, qtbot):
    run = make_run(paths=("P1",)).all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panel = panels.panels["P1", "accuracy"]
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    assert panel.crosshair.isVisible()
    assert len(panel.crosshair.values) == 2  # the third task has not begun in the middle


def test_smoothing_keeps_the_recorded_values_visible_below(show, make_run):
    run = make_run(paths=("P1",)).all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panels.toolbar.smoothing.setValue(50)
    curve = panels.panels["P1", "accuracy"].curves[0]
    assert curve.faint.isVisible()
    series = run.history.series["P1", 0, "accuracy"]
    assert curve.faint.getData()[1].tolist() == series.values.tolist()
    assert curve.line.getData()[1][-1] > series.values[-1]  # lags behind a falling curve
    panels.toolbar.smoothing.setValue(0)
    assert not curve.faint.isVisible()


def test_metrics_are_chosen_alone_or_beside_each_other(show, make_run, qtbot):
    run = make_run().all()
    panels = show(CurvePanels(), 1200, 700)
    panels.set_history(run.history)
    buttons = panels.toolbar.buttons
    qtbot.mouseClick(buttons["loss"], LEFT)
    assert list(panels.panels) == [("P1", "loss"), ("P2-0", "loss")]
    qtbot.mouseClick(buttons["accuracy"], LEFT, Qt.KeyboardModifier.ControlModifier)
    assert list(panels.panels) == [
        ("P1", "accuracy"),
        ("P2-0", "accuracy"),
        ("P1", "loss"),
        ("P2-0", "loss"),
    ]


def test_a_log_axis_shows_logarithms_and_leaves_out_what_has_none(show, make_run, qtbot):
    run = make_run(paths=("P1",))
    run.begin(0, 0)
    run.metrics(0, [(1, 0, "loss", 1.0), (2, 0, "loss", 0.0), (3, 0, "loss", 0.01), (4, 0, "loss", np.nan)])
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panels.settings.smoothing["loss"] = 0.0
    qtbot.mouseClick(panels.toolbar.buttons["loss"], LEFT)
    panel = panels.panels["P1", "loss"]
    assert _drawn(panel, 0)[1].tolist() == [1.0, 0.0, 0.01]
    panels.toolbar.log.click()
    assert _drawn(panel, 0)[1].tolist() == [0.0, -2.0]
    low, high = panel.plot.view.viewRange()[1]
    assert low <= -2
    assert high >= 0


def test_zooming_one_panel_zooms_all_while_they_are_linked(show, make_run, qtbot):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    one, other = panels.panels.values()
    one.setFocus()
    qtbot.keyClick(one, Qt.Key.Key_Plus)
    zoomed = one.plot.view.viewRange()[0]
    assert zoomed[1] - zoomed[0] == pytest.approx(0.8 * 120)
    assert other.plot.view.viewRange()[0] == pytest.approx(zoomed)
    qtbot.keyClick(one, Qt.Key.Key_Home)
    assert other.plot.view.viewRange()[0] == pytest.approx([0, 120])
    panels.toolbar.linked.click()
    qtbot.keyClick(one, Qt.Key.Key_Plus)
    assert other.plot.view.viewRange()[0] == pytest.approx([0, 120])
    assert one.plot.view.viewRange()[0] == pytest.approx(zoomed)


def test_a_zoom_holds_while_new_points_come(show, make_run, qtbot):
    run = make_run(paths=("P1",))
    run.begin(0, 0)
    run.advance(0, 0, 20)
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panel = panels.panels["P1", "accuracy"]
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Plus)
    zoomed = panel.plot.view.viewRange()
    run.advance(0, 0, 20)
    panels.refresh(run.history.take_changes())
    assert panel.plot.view.viewRange() == zoomed
    assert _drawn(panel, 0)[0][-1] == 40


def test_the_wheel_zooms_with_control_and_is_left_to_scrolling_without(show, make_run):
    run = make_run(paths=("P1",)).all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    QApplication.processEvents()
    panel = panels.panels["P1", "accuracy"]

    def wheel(modifier):
        at = panel.plot.area().center()
        QApplication.sendEvent(
            panel.plot.viewport(),
            QWheelEvent(
                QPointF(at), QPointF(panel.plot.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120),
                Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip

    before = panel.plot.view.viewRange()[0]
    wheel(Qt.KeyboardModifier.NoModifier)
    assert panel.plot.view.viewRange()[0] == before
    wheel(Qt.KeyboardModifier.ControlModifier)
    after = panel.plot.view.viewRange()[0]
    assert after[1] - after[0] == pytest.approx(0.8 * 120)


def test_a_panel_is_maximised_with_the_button_and_given_back_with_escape(show, make_run, qtbot):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    QApplication.processEvents()
    one, other = panels.panels.values()
    qtbot.mouseClick(one.maximise, LEFT)
    assert one.isVisible()
    assert not other.isVisible()
    qtbot.keyClick(one, Qt.Key.Key_Escape)
    assert other.isVisible()


def test_decimated_curves_say_so_and_keep_their_extremes(show, make_run):
    run = make_run(paths=("P1",), steps=50_000)
    run.begin(0, 0)
    rng = np.random.default_rng(0)
    values = rng.uniform(0.4, 0.6, 50_000)
    values[31_234], values[7] = 0.99, 0.01
    run.metrics(0, [(step, 0, "accuracy", float(value)) for step, value in enumerate(values, 1)])
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panel = panels.panels["P1", "accuracy"]
    x, y = _drawn(panel, 0)
    assert len(x) < 2600
    assert y.max() == 0.99
    assert y.min() == 0.01
    assert panel.note.isVisible()
    assert panel.note.text() == "showing extremes of 50.0 k points"


def test_a_task_has_the_same_pen_in_every_panel_and_theme_changes_reach_it(show, make_run, wear):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    for theme in (DARK, LIGHT):
        wear(theme)
        for panel in panels.panels.values():
            for task, curve in panel.curves.items():
                assert curve.line.opts["pen"].color().name() == theme.task_pen(task)[0]


def test_exports_are_written_and_hold_the_numbers(show, make_run, tmp_path):
    run = make_run().all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    for name in ("curves.png", "curves.svg", "curves.csv"):
        panels.export_to(tmp_path / name)
    assert QImage(str(tmp_path / "curves.png")).width() > 1500
    assert QSvgRenderer(str(tmp_path / "curves.svg")).isValid()
    assert "P2-0" in (tmp_path / "curves.svg").read_text()
    rows = list(csv.DictReader((tmp_path / "curves.csv").read_text().splitlines()))
    assert {row["metric"] for row in rows} == {"accuracy"}
    recorded = sum(len(s) for (_, _, metric), s in run.history.series.items() if metric == "accuracy")
    assert len(rows) == recorded
    chosen = [float(row["value"]) for row in rows if row["path"] == "P2-0" and row["task"] == "1"]
    assert chosen == run.history.series["P2-0", 1, "accuracy"].values.tolist()


def test_the_vector_picture_looks_like_the_pixel_picture(show, make_run, tmp_path):
    panels = show(CurvePanels())
    panels.set_history(make_run().all().history)
    panels.export_to(tmp_path / "curves.png")
    panels.export_to(tmp_path / "curves.svg")
    pixels = QImage(str(tmp_path / "curves.png")).convertToFormat(QImage.Format.Format_RGB32)
    vectors = QImage(pixels.size(), QImage.Format.Format_RGB32)
    painter = QPainter(vectors)
    QSvgRenderer(str(tmp_path / "curves.svg")).render(painter)
    painter.end()

    def columns(image):
        """Where there is ink, in 16-pixel squares: axes, labels and curves must stand in the same places."""
        array = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[:, :, :3]
        ink = (array.min(axis=2) < 200)[: image.height() // 16 * 16, : image.width() // 16 * 16]
        return ink.reshape(image.height() // 16, 16, -1, 16).any(axis=(1, 3))

    one, other = columns(pixels), columns(vectors)
    assert (one != other).mean() < 0.02
    assert (one & other).sum() > 0.9 * one.sum()


def test_an_export_that_cannot_be_written_says_so_in_one_line(show, make_run, tmp_path):
    panels = show(CurvePanels())
    with pytest.raises(HHStudioError, match="no curves"):
        panels.export_to(tmp_path / "curves.png")
    panels.set_history(make_run().all().history)
    for name in ("absent/curves.png", "absent/curves.svg", "absent/curves.csv", "curves.gif"):
        with pytest.raises(HHStudioError, match="curves"):
            panels.export_to(tmp_path / name)


def test_another_history_replaces_everything(show, make_run):
    panels = show(CurvePanels())
    panels.set_history(make_run(paths=("P1", "P2-0", "P3-00")).all().history)
    panels.set_history(make_run(paths=("P1",), tasks=1).all().history)
    assert list(panels.panels) == [("P1", "accuracy")]
    assert sorted(panels.panels["P1", "accuracy"].curves) == [0]
    assert list(panels.legend.chips) == [0]
    panels.set_history(None)
    assert panels.empty.isVisible()
