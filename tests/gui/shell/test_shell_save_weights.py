"""Saving weights from the menu of a solver, and from the menu File."""

import numpy as np
from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QMenu
from shell_helpers import PATIENCE

import hhstudio


def test_a_solvers_menu_saves_its_weights(window, finished_session, tmp_path, qtbot):
    assert not window.registry["weights.save"].enabled
    window.workspace.load(finished_session)
    qtbot.waitUntil(lambda: window.registry["weights.save"].enabled, timeout=PATIENCE)
    with hhstudio.open(finished_session) as opened:
        path, task = sorted(opened.available())[-1]
        expected = opened.weights(path, task)
    topology = window.workspace.history.topology
    window.canvas.select_node(topology.path(path).solver)
    window.selection.choose_condition(path, task)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(window.canvas, event)
    menu = next(m for m in window.canvas.findChildren(QMenu) if m.isVisible())
    next(action for action in menu.actions() if action.text() == "Save weights …").trigger()
    menu.close()
    dialog = window.findChild(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(tmp_path / "w.npz"))
    with qtbot.waitSignal(window.workspace.notice, timeout=PATIENCE) as said:
        dialog.accept()
    assert said.args[0] == f"Saved {tmp_path / 'w.npz'}"
    with np.load(tmp_path / "w.npz") as found:
        assert all(np.array_equal(found[name], values) for name, values in expected.items())
