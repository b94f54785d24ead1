"""However a run ends, bar, status line, list, Compare, queue and `show` tell the same end in one word."""

import os
import signal

import psutil
import pytest
from PySide6.QtWidgets import QApplication
from shell_helpers import PATIENCE, message_boxes
from small_specs import tiny

import hhstudio
from hhstudio.cli.tables import overview
from hhstudio.gui.views.compare.model import _state_text
from hhstudio.gui.views.sessions.descriptions import state_of


def endings(window, qtbot, out):
    """What each place says; None where the session is not there to be told of."""
    sessions, compare = window.panels["sessions"], window.panels.show("compare")
    with qtbot.waitSignal(sessions.model.read, timeout=10_000):
        sessions.look()
    listed = {entry.session.path.name: state_of(entry.session) for entry in sessions.model.rows}
    compared = shown = None
    if out.exists():
        compare.compare([out])
        qtbot.waitUntil(lambda: bool(compare.lines), timeout=PATIENCE)
        compared = _state_text(compare.lines[0])
        with hhstudio.open(out) as session:
            shown = overview("", session.summary()).partition(",")[0].removeprefix(": ")
    queue = window.panels.show("runs").queue
    window.panels["runs"]._fill()
    return {
        "bar": window.run_bar.status.state.text().lower(),
        "status line": window.statusBar().currentMessage().partition(":")[0].lower(),
        "list": listed.get(out.name),
        "compare": compared,
        "queue": queue.topLevelItem(0).text(1),
        "show": shown,
    }


@pytest.fixture
def queued(window):
    """A run that was started from the queue."""
    window.panels.show("runs")
    out = window.workspace.preferences.sessions_folder / "ended.h5"
    window.workspace.runs.queue.add(tiny(steps=100_000), out)
    return out


def stop(window, qtbot):
    window.workspace.runs.stop()
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
    QApplication.processEvents()


def test_a_run_that_is_stopped_before_anything_was_kept(window, queued, qtbot):
    qtbot.waitUntil(lambda: window.workspace.running, timeout=PATIENCE)
    stop(window, qtbot)
    assert not queued.exists()
    said = endings(window, qtbot, queued)
    nowhere = dict.fromkeys(("list", "compare", "show"))
    assert said == dict.fromkeys(("bar", "status line", "queue"), "stopped") | nowhere
    assert "kept as" not in window.statusBar().currentMessage()
    assert window.workspace.session_path is None


def test_a_run_that_is_stopped_while_it_trains(window, queued, qtbot):
    qtbot.waitUntil(lambda: (h := window.workspace.history) is not None and h.step > 0, timeout=PATIENCE)
    stop(window, qtbot)
    assert set(endings(window, qtbot, queued).values()) == {"stopped"}


def test_a_run_that_does_not_answer_and_is_ended(window, queued, qtbot):
    """Its worker stands still, as one does that imports or waits for a device."""
    qtbot.waitUntil(lambda: (h := window.workspace.history) is not None and h.step > 0, timeout=PATIENCE)
    worker = psutil.Process(window.workspace.runs.current.client.pid)
    os.kill(worker.pid, signal.SIGSTOP)
    stop(window, qtbot)
    assert set(endings(window, qtbot, queued).values()) == {"stopped"}
    assert "did not answer" in window.workspace.history.state_detail


def test_a_run_whose_worker_dies(window, queued, qtbot):
    qtbot.waitUntil(lambda: (h := window.workspace.history) is not None and h.step > 0, timeout=PATIENCE)
    os.kill(window.workspace.runs.current.client.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
    QApplication.processEvents()
    for box in message_boxes():
        box.close()
    said = endings(window, qtbot, queued)
    del said["status line"]  # a banner says it
    assert set(said.values()) == {"failed"}
