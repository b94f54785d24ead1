"""Many runs: a sweep being set up, and its table, curves and parallel coordinates."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from hhstudio.gui.screenshots.material import Material
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage

_WIDE = QSize(1280, 520)


def _sweep(stage: Stage, _material: Material) -> Look:
    stage.workspace.use_preset("quickstart")
    made = stage.window.panels.show("compare").sweeps.ask(stage.window, stage.window.theming.theme)
    made.add_row("depth", "1, 2, 3")
    made.look()

    def look() -> QWidget:
        made.adjustSize()
        return made

    return look


def _compared(stage: Stage, material: Material) -> Any:
    """The compare view, with all runs of a sweep read."""
    folder = material.sweep()
    view = stage.window.panels.show("compare")
    view.compare_sweep(folder)
    stage.until(lambda: len(view.lines) > 1, "the sweep's table")
    stage.until(lambda: view.reading.pending == 0, "the sweep's curves")
    stage.pause(0.5)
    return view


def _curves(stage: Stage, material: Material) -> Look:
    view = _compared(stage, material)
    view.tabs.setCurrentWidget(view.overlay)
    return lambda: stage.alone("compare", _WIDE)


def _means(stage: Stage, material: Material) -> Look:
    view = _compared(stage, material)
    view.tabs.setCurrentWidget(view.overlay)
    view.controls.average = True
    view.controls.average_changed.emit()
    return lambda: stage.alone("compare", _WIDE)


def _settings(stage: Stage, material: Material) -> Look:
    """The upper half of the first axis is brushed with the mouse."""
    view = _compared(stage, material)
    view.tabs.setCurrentWidget(view.parallel)

    def look() -> QWidget:
        found = stage.alone("compare", _WIDE)
        plot = view.parallel
        plot.clear_brushes()
        x = round(plot.axis_x(len(plot.axes) - 1))
        ends = (QPoint(x, round(plot.place_y(1.0)) - 4), QPoint(x, round(plot.place_y(0.6))))
        QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=ends[0])
        QTest.mouseMove(plot, ends[1])
        QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=ends[1])
        return found

    return look


def _docked(stage: Stage, material: Material) -> Look:
    _compared(stage, material)

    def look() -> QWidget:
        stage.window.panels.show("compare")
        return stage.window

    return look


SCENES = (
    Scene("sweep-dialog", "a sweep of three fields being set up", _sweep, whole=False),
    Scene("compare-curves", "a sweep's table beside its curves", _curves, whole=False),
    Scene("compare-means", "the same as means over seeds, with standard errors", _means, whole=False),
    Scene(
        "compare-settings", "settings against final accuracy, the best runs brushed", _settings, whole=False
    ),
    Scene("compare-window", "the comparison where it stands in the window", _docked),
)
