"""Every control of the curves with the mouse or the keys, on a window that is shown."""

import numpy as np
import pyqtgraph
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QStyle, QStyleOptionSlider

from hhstudio.gui.views.curves.panels import CurvePanels

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panels(show, make_run, monkeypatch):
    # Of moves within 10 ms only the first would be looked at, and these follow each other at once.
    monkeypatch.setitem(pyqtgraph.CONFIG_OPTIONS, "mouseRateLimit", 0)
    made = show(CurvePanels(), 1200, 560)
    made.run = make_run().all()
    made.set_history(made.run.history)
    return made


def tick(qtbot, box):
    """Click the square of a check box."""
    qtbot.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def x_range(panel):
    return panel.plot.view.viewRange()[0]


def drawn(panel, task):
    return panel.curves[task].line.getData()


def drag(qtbot, widget, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mousePress(widget, LEFT, modifier, start)
    for share in (0.3, 0.6, 1.0):
        at = start + (end - start) * share
        spot = QPointF(round(at.x()), round(at.y()))  # QTest's own moves hold no keys
        move = QMouseEvent(
            QEvent.Type.MouseMove, spot, widget.mapToGlobal(spot), Qt.MouseButton.NoButton, LEFT, modifier
        )
        QApplication.sendEvent(widget, move)
    qtbot.mouseRelease(widget, LEFT, modifier, end)


def test_the_smoothing_slider_is_dragged_and_moved_by_keys(panels, qtbot):
    slider, panel = panels.toolbar.smoothing, panels.panels["P1", "accuracy"]
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    handle = slider.style().subControlRect(
        QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
    )
    drag(qtbot, slider, handle.center(), QPoint(slider.width() // 2, handle.center().y()))
    moved = slider.value()
    assert 30 < moved < 70
    assert panels.toolbar.smoothing_text.text() == f"{moved / 100:.2f}"
    assert panel.curves[0].faint.isVisible()
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert slider.value() == moved + 1
    qtbot.keyClick(slider, Qt.Key.Key_Home)
    assert not panel.curves[0].faint.isVisible()


def test_what_x_counts_is_chosen_by_keys(panels, qtbot):
    panel, box = panels.panels["P2-0", "accuracy"], panels.toolbar.mode.box
    seen = {panels.settings.mode: drawn(panel, 0)[0].copy()}
    box.setFocus()
    for _ in range(box.count() - 1):
        qtbot.keyClick(box, Qt.Key.Key_Down)
        seen[panels.settings.mode] = drawn(panel, 0)[0].copy()
    assert set(seen) == {"path", "step", "epoch", "time", "task"}
    assert seen["path"][-1] == 120
    assert seen["step"][-1] == 240
    assert seen["task"][-1] == 3
    assert seen["time"][-1] > 0


def test_linked_axes_are_let_go_and_tied_with_the_mouse(panels, qtbot):
    one, other = panels.panels.values()
    tick(qtbot, panels.toolbar.linked)
    assert not panels.settings.linked
    one.setFocus()
    qtbot.keyClick(one, Qt.Key.Key_Plus)
    assert x_range(other) == pytest.approx([0, 120])
    tick(qtbot, panels.toolbar.linked)
    assert x_range(one) == pytest.approx(x_range(other))


def test_a_drag_zooms_a_drag_with_shift_moves_and_fit_gives_everything_back(panels, qtbot):
    panel = panels.panels["P1", "accuracy"]
    port = panel.plot.viewport()
    box = panel.plot.view.mapRectToScene(panel.plot.view.boundingRect()).toRect()
    begin, end = box.topLeft() + QPoint(box.width() // 4, 8), box.center() + QPoint(0, box.height() // 3)
    drag(qtbot, port, begin, end)
    zoomed = x_range(panel)
    assert zoomed == pytest.approx([30, 60], abs=3)
    drag(
        qtbot,
        port,
        box.center(),
        box.center() - QPoint(box.width() // 4, 0),
        Qt.KeyboardModifier.ShiftModifier,
    )
    moved = x_range(panel)
    assert moved[1] - moved[0] == pytest.approx(zoomed[1] - zoomed[0])
    assert moved[0] > zoomed[0] + 3
    qtbot.mouseClick(panels.toolbar.fit, LEFT)
    assert x_range(panel) == pytest.approx([0, 120])


def test_a_double_click_in_a_panel_fits_it(panels, qtbot):
    panel = panels.panels["P1", "accuracy"]
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Plus)
    port = panel.plot.viewport()
    qtbot.mouseClick(port, LEFT, pos=port.rect().center())
    qtbot.mouseDClick(port, LEFT, pos=port.rect().center())
    assert x_range(panel) == pytest.approx([0, 120])


def test_log_y_is_ticked_for_losses_and_cannot_be_for_accuracies(panels, qtbot):
    assert not panels.toolbar.log.isEnabled()
    qtbot.mouseClick(panels.toolbar.buttons["loss"], LEFT)
    panel = panels.panels["P1", "loss"]
    panels.settings.smoothing["loss"] = 0.0
    panels.toolbar.changed.emit()
    recorded = panels.run.history.series["P1", 0, "loss"].values
    for _ in range(2):
        tick(qtbot, panels.toolbar.log)
        on = panels.toolbar.log.isChecked()
        assert panels.settings.log_of("loss") == on
        assert drawn(panel, 0)[1][-1] == pytest.approx(np.log10(recorded[-1]) if on else recorded[-1])


def test_an_outlier_does_not_flatten_a_curve(show, make_run, qtbot):
    run = make_run(paths=("P1",))
    run.begin(0, 0)
    run.metrics(0, [(s, 0, "gradient_norm", 1e6 if s == 50 else 1 + 0.1 * np.sin(s)) for s in range(1, 200)])
    panels = show(CurvePanels(), 900, 420)
    panels.set_history(run.history)
    qtbot.mouseClick(panels.toolbar.buttons["gradient_norm"], LEFT)
    if panels.settings.log_of("gradient_norm"):
        tick(qtbot, panels.toolbar.log)
    panel = panels.panels["P1", "gradient_norm"]
    assert panel.curves[0].faint.isVisible()
    assert panel.plot.view.viewRange()[1][1] < 10, "nor does the moving average that it lifts"
    assert panel.curves[0].faint.getData()[1].max() == 1e6, "it is drawn, outside the range"


def test_curves_are_exported_and_copied_from_the_menu(panels, qtbot):
    button = panels.toolbar.export
    titles = [action.text() for action in panels.toolbar.export_menu.actions()]
    assert titles == [
        "Picture (PNG) …", "Vector picture (SVG) …", "Numbers (CSV) …", "Copy picture", "Copy as Python",
    ]  # fmt: skip
    said, python = [], []
    panels.status_message.connect(said.append)
    panels.python_wanted.connect(lambda: python.append(True))

    def choose(downs):
        """Open the menu and take an entry with the keys."""

        def in_menu():
            menu = QApplication.activePopupWidget()
            assert isinstance(menu, QMenu)
            for _ in range(downs):
                qtbot.keyClick(menu, Qt.Key.Key_Down)
            qtbot.keyClick(menu, Qt.Key.Key_Return)

        QTimer.singleShot(0, in_menu)
        qtbot.mouseClick(button, LEFT)

    choose(4)
    assert said == ["Picture copied"]
    assert not QApplication.clipboard().image().isNull()
    choose(5)
    assert python == [True]
