"""A spec that trains in about a second, and what several tests of the window do."""

from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from hhstudio.core import edits
from hhstudio.core.spec import (
    Evaluation,
    HypernetworkDefaults,
    Recording,
    SolverDefaults,
    Spec,
    Stream,
    Training,
)

PATIENCE = 60_000
"""Milliseconds that a worker may take to start or to stop, on a machine that is busy."""


def tiny(steps=40, tasks=2):
    """Digits, one path, an MLP of a few hundred weights."""
    return Spec(
        name="tiny",
        stream=Stream(dataset="digits", tasks=tasks, classes_per_task=2, train_limit=200, test_limit=50),
        solver=SolverDefaults(architecture="mlp", options={"hidden": (8,)}),
        hypernetwork=HypernetworkDefaults(hidden=(8,), chunk=64, task_embedding=4, chunk_embedding=4),
        training=Training(steps=steps, batch_size=16, threads=1),
        evaluation=Evaluation(every=20, limit=20),
        recording=Recording(checkpoint_seconds=1.0),
        topology=edits.single(),
    )


def message_box():
    """The question or message that is on screen."""
    boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]
    assert len(boxes) == 1, boxes
    return boxes[0]


def answer(word):
    """Press the button of that name in the message box."""
    box = message_box()
    next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == word).click()
    QApplication.processEvents()
