"""What several tests of the window do."""

from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

PATIENCE = 60_000
"""Milliseconds that a worker may take to start or to stop, on a machine that is busy."""


def message_boxes():
    """All questions and messages that are on screen."""
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]


def message_box():
    """The question or message that is on screen."""
    boxes = message_boxes()
    assert len(boxes) == 1, boxes
    return boxes[0]


def answer(word):
    """Press the button of that name in the message box."""
    box = message_box()
    next(b for b in box.findChildren(QPushButton) if b.text().replace("&", "") == word).click()
    QApplication.processEvents()


def settled(window):
    """Whether a window has done what it does by itself once it is there: the views in sight are made, and the
    list of sessions is read."""
    sight = [name for name, dock in window.docks if dock.isVisible() and not dock.visibleRegion().isEmpty()]
    sessions = window.panels.made("sessions")
    made = bool(sight) and all(window.panels.made(name) is not None for name in sight)
    return made and not (sessions is not None and sessions.model.unread)
