"""What becomes of a sweep when its window is closed, and of one that needs code from elsewhere."""

import sys
import threading

import psutil
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from shell_helpers import PATIENCE, answer, message_box
from small_specs import tiny

from hhstudio.core.spec.spec import SolverDefaults
from hhstudio.gui.views.compare.sweep_dialog import SweepDialog
from hhstudio.service.sweep import table as tables

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


def press(dialog, text):
    QTest.mouseClick(next(b for b in dialog.findChildren(QPushButton) if b.text() == text), LEFT)


def type_into(widget, text):
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(widget, text)


def start_sweep(window, qtbot, seeds):
    """From the menu's key to the start of a sweep over seeds."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    QTest.keyClick(window, Qt.Key.Key_F5, CTRL | Qt.KeyboardModifier.ShiftModifier)
    (dialog,) = [found for found in window.findChildren(SweepDialog) if found.isVisible()]
    type_into(dialog.rows[0].values, seeds)
    QTest.mouseClick(dialog.rows[1].remove, LEFT)
    qtbot.waitUntil(lambda: " run" in dialog.preview.text() and "<b>" in dialog.preview.text(), timeout=5000)
    press(dialog, "Start the sweep")
    return window.panels["compare"]


def test_closing_asks_about_a_sweep_and_the_window_may_be_kept_or_the_sweep_stopped(window, qtbot):
    window.workspace.document.reset(tiny(steps=1_000_000))
    view = start_sweep(window, qtbot, "0")
    qtbot.waitUntil(lambda: any(line.entries[0].step for line in view.lines), timeout=2 * PATIENCE)
    for _ in range(3):
        window.close()
    assert message_box().text() == "A sweep is going on"
    answer("Keep the window")
    assert window.isVisible()
    assert view.sweeps.running
    folder = view.sessions.folder
    window.close()
    answer("Stop the sweep")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert not view.sweeps.running
    table = tables.read(folder)
    assert table.state == "stopped"
    assert table.runs[0].step > 0


def test_a_sweep_imports_code_that_was_agreed_to_and_finishes_without_its_window(
    window, qtbot, tmp_path, monkeypatch
):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "swept_net.py").write_text(
        "import torch\n\n\n"
        "class Net(torch.nn.Sequential):\n"
        "    def __init__(self, image_shape, outputs):\n"
        "        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, outputs))\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))
    window.workspace.document.reset(tiny(steps=2000, solver=SolverDefaults(architecture="swept_net:Net")))
    view = start_sweep(window, qtbot, "0")
    assert message_box().text() == "Import swept_net and run its code?"
    answer("Cancel")
    assert not view.sweeps.running
    view = start_sweep(window, qtbot, "0")
    answer("Import swept_net")
    assert view.sweeps.running
    assert "swept_net" not in sys.modules, "the window itself imports nothing"
    assert window.workspace.said == []
    qtbot.waitUntil(lambda: any(line.entries[0].step for line in view.lines), timeout=2 * PATIENCE)
    swept, sweep = view.sessions.folder, view.sweeps.pid
    window.close()
    answer("Go on in the background")
    assert not window.isVisible()
    assert tables.read(swept).state == "running"
    qtbot.waitUntil(lambda: tables.read(swept).state == "finished", timeout=PATIENCE)
    assert tables.read(swept).runs[0].state == "finished"
    psutil.Process(sweep).wait(PATIENCE / 1000)
    qtbot.waitUntil(
        lambda: not any(t.name == "hhstudio-sweep-stderr" for t in threading.enumerate()), timeout=PATIENCE
    )
