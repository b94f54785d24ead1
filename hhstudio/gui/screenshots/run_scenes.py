"""Runs: before they start, while they go on, where they go wrong, and as they grow."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from hhstudio.core.spec import spec as specs
from hhstudio.gui.screenshots.material import Material, small
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage
from hhstudio.gui.views.accuracy.view import BOUNDS


def _stop(stage: Stage) -> None:
    stage.workspace.runs.queue.hold()
    stage.workspace.runs.stop()
    stage.until(lambda: not stage.workspace.running, "the end of the run")


def _train_until(stage: Stage, step: int) -> None:
    """Start the document, and pause it after that many steps."""
    workspace = stage.workspace
    stage.after(lambda: _stop(stage))
    workspace.runs.start()
    stage.until(lambda: workspace.history is not None and workspace.history.step >= step, f"step {step}")
    _pause(stage)


def _pause(stage: Stage) -> None:
    stage.workspace.runs.pause()
    stage.until(lambda: stage.workspace.paused, "the pause")


def _dialog(stage: Stage, _material: Material) -> Look:
    """Timed, with baselines and early stopping chosen."""
    stage.workspace.use_preset("quickstart")
    made = stage.window.run_coordinator.prepare()
    assert made is not None
    for box in made.baselines.values():
        box.click()
    made.early.click()
    made.time_it()
    stage.until(made.measure.isEnabled, "the time of a step")
    return lambda: made


def _obstacles(stage: Stage, _material: Material) -> Look:
    """More tasks than there are classes for, and a name that is taken."""
    stage.workspace.use_preset("quickstart")
    stage.workspace.edit("Tasks", {"stream.tasks": 9, "training.batch_size": 0})
    made = stage.window.run_coordinator.prepare()
    assert made is not None
    return lambda: made


def _running(stage: Stage, _material: Material) -> Look:
    """Paused in its second task, so that the picture holds still; two others wait."""
    stage.show_document(small("first", training__steps=1000, training__lr=0.002, evaluation__every=10))
    _train_until(stage, 1500)
    queue = stage.workspace.runs.queue
    queue.add(small("wider", hypernetwork__hidden=[64, 64]))
    queue.add(small("a-name-that-is-rather-long-for-a-list-as-narrow-as-this", seed=1))

    def look() -> QWidget:
        stage.window.panels.show("runs")
        stage.canvas.fit()
        return stage.window

    return look


def _diverged(stage: Stage, _material: Material) -> Look:
    """A rate far too high makes numbers that are not finite within a few steps."""
    workspace = stage.workspace
    stage.show_document(small("wild", training__lr=1e15, training__clip=0))
    stage.after(lambda: _stop(stage))
    workspace.runs.start()
    stage.until(
        lambda: workspace.history is not None and workspace.history.diverged is not None, "a divergence"
    )
    stage.until(lambda: workspace.paused, "the pause")
    return lambda: stage.window


def _grown(stage: Stage, _material: Material) -> Look:
    """The preset ``growing``, a few steps after its first child has grown."""
    workspace = stage.workspace
    workspace.use_preset("growing")
    workspace.edit("Quicker", {"training.threads": 1})
    stage.after(lambda: _stop(stage))
    workspace.runs.start()
    stage.until(lambda: workspace.history is not None and workspace.history.growth, "the first growth")
    at = workspace.history.step if workspace.history is not None else 0
    stage.until(lambda: workspace.history is not None and workspace.history.step >= at + 60, "steps after it")
    _pause(stage)

    def look() -> QWidget:
        stage.canvas.fit()
        return stage.window

    return look


def _looked_back(stage: Stage, material: Material) -> Look:
    """The same run, looked at as it was shortly before the child grew: its only path, its accuracies then."""
    _grown(stage, material)
    history = stage.workspace.history
    assert history is not None
    stage.window.selection.choose_step(history.growth[0].step - 50)

    def look() -> QWidget:
        stage.canvas.fit()
        return stage.window

    return look


def _many(stage: Stage, material: Material) -> Look:
    """Three paths of twenty tasks each: sixty curves."""
    spec = small("twenty-tasks", depth=3, stream__kind="permuted", stream__tasks=20, training__steps=20)
    fields = {"stream.classes_per_task": 10, "evaluation.limit": 60, "recording.snapshot_every": 0}
    stage.open(material.trained(specs.with_fields(spec, fields)))

    def look() -> QWidget:
        stage.window.panels.show("curves")
        stage.canvas.fit()
        return stage.window

    return look


def _matrix(stage: Stage, material: Material) -> Look:
    """A session with all three baselines."""
    kinds = ["scratch", "fine-tune", "joint"]
    stage.open(material.trained(small("with-bounds", baselines=kinds)))

    view = stage.window.panels.show("matrix")
    stage.settle()
    view.tabs.setCurrentIndex(next(n for n in range(view.tabs.count()) if view.tabs.tabData(n) == BOUNDS))
    return lambda: stage.alone("matrix", QSize(760, 300))


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
