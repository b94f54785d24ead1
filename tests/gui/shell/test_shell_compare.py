"""From the session list to the comparison, and a sweep started, followed and stopped from the window."""

import shutil

from by_palette import choose
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from shell_helpers import PATIENCE
from small_specs import tiny

from hhstudio.gui.views.compare.sweep_dialog import SweepDialog

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


def dialog_of(window):
    (found,) = [dialog for dialog in window.findChildren(SweepDialog) if dialog.isVisible()]
    return found


def type_into(widget, text):
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(widget, text)


def press_start(dialog):
    button = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Start the sweep")
    QTest.mouseClick(button, LEFT)


def test_sessions_chosen_in_the_list_are_compared(window, qtbot, finished_session):
    folder = window.workspace.preferences.sessions_folder
    for name in ("one", "two"):
        shutil.copy(finished_session, folder / f"{name}.h5")
    sessions = window.panels["sessions"]
    qtbot.waitUntil(lambda: sessions.model.rowCount() == 2, timeout=10_000)
    assert not window.registry["sweep.compare"].enabled
    for row, modifier in ((0, Qt.KeyboardModifier.NoModifier), (1, CTRL)):
        place = sessions.list.visualRect(sessions.model.index(row, 0)).center()
        QTest.mouseClick(sessions.list.viewport(), LEFT, modifier, place)
    assert window.registry["sweep.compare"].enabled
    QTest.keyClick(window, Qt.Key.Key_M, CTRL | Qt.KeyboardModifier.ShiftModifier)
    view = window.panels["compare"]
    qtbot.waitUntil(lambda: len(view.lines) == 2, timeout=10_000)
    assert window.docks["compare"].isVisible()
    with qtbot.waitSignal(window.workspace.shown, timeout=10_000):
        view.table.selectRow(1)
        view.table.setCurrentIndex(view.sorted.index(1, 0))
        QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert window.workspace.session_path.parent == folder


def test_a_sweep_is_set_up_run_followed_and_finished_in_the_window(window, qtbot):
    window.workspace.document.reset(tiny(steps=30))
    choose(window, "new sweep")
    dialog = dialog_of(window)
    type_into(dialog.rows[0].values, "0, 1")
    QTest.mouseClick(dialog.rows[1].remove, LEFT)
    qtbot.waitUntil(lambda: "<b>2 runs</b>" in dialog.preview.text(), timeout=5000)
    press_start(dialog)
    view = window.panels["compare"]
    assert view.sweeps.running
    assert not window.registry["sweep.new"].enabled
    seen = set()
    view.sessions.changed.connect(lambda: seen.update(line.state for line in view.lines))
    qtbot.waitUntil(lambda: not view.sweeps.running, timeout=2 * PATIENCE)
    qtbot.waitUntil(
        lambda: (
            [line.state for line in view.lines] == ["finished"] * 2
            and all(line.entries[0].curves for line in view.lines)
        ),
        timeout=PATIENCE,
    )
    assert "running" in seen
    assert [line.settings for line in view.lines] == [{"seed": 0}, {"seed": 1}]
    assert window.workspace.said == []
    assert (window.workspace.preferences.sessions_folder / "tiny-sweep" / "sweep.csv").exists()


def test_a_sweep_that_is_stopped_keeps_what_it_has_and_says_how_it_goes_on(window, qtbot):
    window.workspace.document.reset(tiny(steps=1_000_000))
    said = []
    window.workspace.notice.connect(said.append)
    choose(window, "new sweep")
    dialog = dialog_of(window)
    type_into(dialog.rows[0].values, "0")
    type_into(dialog.rows[1].values, "0.1")
    qtbot.waitUntil(lambda: "<b>1 run</b>" in dialog.preview.text(), timeout=5000)
    press_start(dialog)
    view = window.panels["compare"]
    qtbot.waitUntil(lambda: any(line.entries[0].step for line in view.lines), timeout=2 * PATIENCE)
    choose(window, "stop the sweep")
    qtbot.waitUntil(lambda: not view.sweeps.running, timeout=PATIENCE)
    assert "goes on" in said[-1]
    qtbot.waitUntil(lambda: view.sessions.sweep.state == "stopped", timeout=PATIENCE)
    qtbot.waitUntil(lambda: view.lines[0].state == "stopped", timeout=PATIENCE)
