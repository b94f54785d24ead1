"""What is on the screen, pixel by pixel, while a run goes on and nobody touches mouse or keys."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from hhstudio.gui.views.curves.panels import CurvePanels

TASKS, STEPS = 4, 40


def on_screen(widget):
    """The pixels that the window system has of a widget's window: what was painted, nothing painted anew."""
    image = widget.screen().grabWindow(widget.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return pixels[:, : image.width(), 2::-1].astype(int)


def undrawn(view, history):
    """The curves whose last point is not on the screen, as (path, task, step)."""
    pixels, missing = on_screen(view), []
    for (path, _), panel in view.panels.items():
        for task, curve in panel.curves.items():
            if not len(curve.series):
                continue
            step, value = int(curve.series.steps[-1]), float(curve.shown().values[-1])
            x = float(panel.step_map.to_x(np.array([step]))[0])
            at = panel.plot.mapTo(view, panel.plot.to_pixels(x, value).toPoint())
            near = pixels[at.y() - 4 : at.y() + 5, at.x() - 6 : at.x() + 4]
            color = np.array(QColor(curve.color).getRgb()[:3])
            if not (np.abs(near - color).sum(axis=-1) < 120).any():
                missing.append((path, task, step))
    return missing


def settle():
    for _ in range(4):
        QApplication.processEvents()


@pytest.mark.parametrize("linked", [True, False])
def test_the_last_points_of_all_curves_are_painted_without_any_input(make_run, show, linked):
    run = make_run(paths=("P1", "P2-0", "P3-00"), tasks=TASKS, steps=STEPS)
    view = show(CurvePanels(), 1100, 420)
    view.settings.linked = linked
    view.set_history(run.history)
    settle()
    for path in range(3):
        for task in range(TASKS):
            run.begin(path, task)
            # measured before its first step, as a trainer does: the curve is there before its range grows
            run.metrics(path, [(run.step, task, "accuracy", 0.5)])
            view.refresh(run.history.take_changes())
            settle()
            for _ in range(4):
                run.advance(path, task, 10)
                view.refresh(run.history.take_changes())
                settle()
                assert undrawn(view, run.history) == [], f"at step {run.step}"
            run.finish(path, task)
            view.refresh(run.history.take_changes())
            settle()
    assert undrawn(view, run.history) == []


def test_items_are_as_large_as_what_their_view_shows(make_run, show):
    run = make_run(paths=("P1",), tasks=TASKS, steps=STEPS)
    view = show(CurvePanels(), 700, 420)
    view.set_history(run.history)
    for task in range(TASKS):
        run.begin(0, task)
        run.metrics(0, [(run.step, task, "accuracy", 0.5)])
        view.refresh(run.history.take_changes())
        settle()
        run.advance(0, task, STEPS)
        run.finish(0, task)
        view.refresh(run.history.take_changes())
        settle()
        (panel,) = view.panels.values()
        shown = panel.plot.view.viewRect()
        items = [panel.plot.backdrop, *(curve.line for curve in panel.curves.values())]
        assert {item.boundingRect().getRect() for item in items} == {shown.getRect()}
