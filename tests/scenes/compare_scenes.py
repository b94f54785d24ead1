"""Sweep scenes: one being set up, and its table, curves and parallel coordinates."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from hhstudio.gui.screenshots.session import ScreenshotSession

from .demo_sessions import DemoSessions
from .scene import Look, Scene

_WIDE = QSize(1280, 520)


def _sweep(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.workspace.use_preset("quickstart")
    dialog = shot.window.panels.show("compare").sweeps.ask(shot.window)
    dialog.add_row("depth", "1, 2, 3")
    dialog.look()

    def look() -> QWidget:
        dialog.adjustSize()
        return dialog

    return look


def _compared(shot: ScreenshotSession, demos: DemoSessions) -> Any:
    """The compare view, with all runs of a sweep read."""
    return shot.compare_sweep(demos.sweep())


def _curves(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    view = _compared(shot, demos)
    view.tabs.setCurrentWidget(view.overlay)
    return lambda: shot.alone("compare", _WIDE)


def _means(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    view = _compared(shot, demos)
    view.tabs.setCurrentWidget(view.overlay)
    view.controls.average = True
    view.controls.average_changed.emit()
    return lambda: shot.alone("compare", _WIDE)


def _settings(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """The upper half of the first axis is brushed with the mouse."""
    view = _compared(shot, demos)
    view.tabs.setCurrentWidget(view.parallel)

    def look() -> QWidget:
        view_alone = shot.alone("compare", _WIDE)
        plot = view.parallel
        plot.clear_brushes()
        x = round(plot.axis_x(len(plot.axes) - 1))
        ends = (QPoint(x, round(plot.place_y(1.0)) - 4), QPoint(x, round(plot.place_y(0.6))))
        QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=ends[0])
        QTest.mouseMove(plot, ends[1])
        QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=ends[1])
        return view_alone

    return look


def _docked(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    _compared(shot, demos)

    def look() -> QWidget:
        shot.window.panels.show("compare")
        return shot.window

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
