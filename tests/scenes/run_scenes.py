"""Run scenes: before runs start, while they go on, where they go wrong, and as they grow."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from hhstudio.core.spec import spec as specs
from hhstudio.gui.screenshots.session import ScreenshotSession
from hhstudio.gui.views.accuracy.view import BOUNDS

from .demo_sessions import DemoSessions, small
from .scene import Look, Scene, open_copy, show_document


def _stop(shot: ScreenshotSession) -> None:
    shot.workspace.runs.queue.hold()
    shot.workspace.runs.stop()
    shot.until(lambda: not shot.workspace.running, "the end of the run")


def _train_until(shot: ScreenshotSession, step: int) -> None:
    """Start the document, and pause it after that many steps."""
    workspace = shot.workspace
    shot.after(lambda: _stop(shot))
    workspace.runs.start()
    shot.until(lambda: workspace.history is not None and workspace.history.step >= step, f"step {step}")
    _pause(shot)


def _pause(shot: ScreenshotSession) -> None:
    shot.workspace.runs.pause()
    shot.until(lambda: shot.workspace.paused, "the pause")


def _dialog(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """Timed, with baselines and early stopping chosen."""
    shot.workspace.use_preset("quickstart")
    dialog = shot.window.run_coordinator.prepare()
    assert dialog is not None
    for box in dialog.baselines.values():
        box.click()
    dialog.early.click()
    dialog.time_it()
    shot.until(dialog.measure.isEnabled, "the time of a step")
    return lambda: dialog


def _obstacles(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """More tasks than there are classes for, and a name that is taken."""
    shot.workspace.use_preset("quickstart")
    shot.workspace.edit("Tasks", {"stream.tasks": 9, "training.batch_size": 0})
    dialog = shot.window.run_coordinator.prepare()
    assert dialog is not None
    return lambda: dialog


def _running(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """Paused in its second task, so that the picture holds still; two others wait."""
    show_document(shot, small("first", training__steps=1000, training__lr=0.002, evaluation__every=10))
    _train_until(shot, 1500)
    queue = shot.workspace.runs.queue
    queue.add(small("wider", hypernetwork__hidden=[64, 64]))
    queue.add(small("a-name-that-is-rather-long-for-a-list-as-narrow-as-this", seed=1))

    def look() -> QWidget:
        shot.window.panels.show("runs")
        shot.canvas.fit()
        return shot.window

    return look


def _diverged(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """A rate far too high makes numbers that are not finite within a few steps."""
    workspace = shot.workspace
    show_document(shot, small("wild", training__lr=1e15, training__clip=0))
    shot.after(lambda: _stop(shot))
    workspace.runs.start()
    shot.until(
        lambda: workspace.history is not None and workspace.history.diverged is not None, "a divergence"
    )
    shot.until(lambda: workspace.paused, "the pause")
    return lambda: shot.window


def _grown(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """The preset ``growing``, a few steps after its first child has grown."""
    workspace = shot.workspace
    workspace.use_preset("growing")
    workspace.edit("Quicker", {"training.threads": 1})
    shot.after(lambda: _stop(shot))
    workspace.runs.start()
    shot.until(lambda: workspace.history is not None and workspace.history.growth, "the first growth")
    at = workspace.history.step if workspace.history is not None else 0
    shot.until(lambda: workspace.history is not None and workspace.history.step >= at + 60, "steps after it")
    _pause(shot)

    def look() -> QWidget:
        shot.canvas.fit()
        return shot.window

    return look


def _looked_back(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """The same run, looked at as it was shortly before the child grew: its only path, its accuracies then."""
    _grown(shot, demos)
    history = shot.workspace.history
    assert history is not None
    shot.window.selection.choose_step(history.growth[0].step - 50)

    def look() -> QWidget:
        shot.canvas.fit()
        return shot.window

    return look


def _many(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """Three paths of twenty tasks each: sixty curves."""
    spec = small("twenty-tasks", depth=3, stream__kind="permuted", stream__tasks=20, training__steps=20)
    fields = {"stream.classes_per_task": 10, "evaluation.limit": 60, "recording.snapshot_every": 0}
    open_copy(shot, demos.trained(specs.with_fields(spec, fields)))

    def look() -> QWidget:
        shot.window.panels.show("curves")
        shot.canvas.fit()
        return shot.window

    return look


def _matrix(shot: ScreenshotSession, demos: DemoSessions) -> Look:
    """A session with all three baselines."""
    kinds = ["scratch", "fine-tune", "joint"]
    open_copy(shot, demos.trained(small("with-bounds", baselines=kinds)))

    view = shot.window.panels.show("matrix")
    shot.settle()
    view.tabs.setCurrentIndex(next(n for n in range(view.tabs.count()) if view.tabs.tabData(n) == BOUNDS))
    return lambda: shot.alone("matrix", QSize(760, 300))


SCENES = (
    Scene("run-dialog", "Run with options, after timing a few steps", _dialog, whole=False),
    Scene("run-obstacles", "Run with options, where something is in the way", _obstacles, whole=False),
    Scene("runs-queue", "a run that is paused, with two that wait", _running),
    Scene("run-diverged", "a run whose numbers went wrong", _diverged),
    Scene("growing", "a child that has just grown in a run", _grown),
    Scene("timeline", "the same run, looked at as it was before it grew", _looked_back),
    Scene("curves-many", "sixty curves: three paths of twenty tasks each", _many),
    Scene("matrix-bounds", "the accuracy matrix with the bounds of its baselines", _matrix, whole=False),
)
