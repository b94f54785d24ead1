"""SIGKILL of the window, and of window and worker, at any moment: what is found afterwards."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from shell_helpers import PATIENCE, answer
from studio_child import DRAWN, SESSION

from hhstudio.core.errors import SessionError
from hhstudio.gui.state import autosave
from hhstudio.store.session.session import open as open_session

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")
CHILD = Path(__file__).with_name("studio_child.py")
MOST_LOST = 1.0
"""Seconds of curves."""


class Killed:
    """A studio that ran and was killed. ``lines``: what it said; ``session``: what it was recording."""

    def __init__(self, folder: Path, *, both: bool, after: str, moment: float) -> None:
        """Kill it ``moment`` seconds after the first line that begins with ``after``; the worker goes with
        it (``both``), or is left to itself."""
        self.folder, self.lines, self.worker = folder, [], None
        self.session = folder / SESSION
        environment = {
            **os.environ,
            "QT_QPA_PLATFORM": "offscreen",
            "PYTHONPATH": os.pathsep.join(map(str, (CHILD.parents[2], CHILD.parents[3]))),
            **{f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "STATE", "DATA", "CACHE")},
        }
        process = subprocess.Popen(
            [sys.executable, str(CHILD), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env=environment,
        )  # fmt: skip
        for line in process.stdout:
            self._take(line)
            if line.startswith(after):
                break
        assert process.poll() is None, self.lines[-1:]
        reader = threading.Thread(target=lambda: [self._take(line) for line in process.stdout])
        reader.start()
        time.sleep(moment)  # the moment is what is tested, not a wait for anything
        self.when = time.monotonic()
        process.kill()
        if both and self.worker is not None:
            self.worker.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        assert process.returncode == -signal.SIGKILL, "it ended before it was killed"

    def _take(self, line: str) -> None:
        if not line.endswith("\n"):
            return  # it was killed within the line
        self.lines.append(line.split())
        if self.lines[-1][0] == "worker":
            self.worker = psutil.Process(int(self.lines[-1][1]))

    def said(self, word: str) -> list[list[str]]:
        return [line for line in self.lines if line[0] == word]

    def recovery_folder(self) -> Path:
        return self.folder / "STATE" / "hhstudio" / "recovery"


def check(killed: Killed, both: bool) -> None:
    if killed.worker is not None:
        killed.worker.wait(PATIENCE / 1000)  # raises where it lives on without its window
    if not killed.session.exists():
        assert not killed.said("step")
        with pytest.raises(SessionError, match="no such file"):
            open_session(killed.session)
        return
    with open_session(killed.session) as session:
        assert not session.live, "the lock of the killed one was not recognised"
        assert session.state == ("failed" if both else "stopped")
        last = session.history.step
        lost = [float(seconds) for _, step, seconds in killed.said("step") if int(step) > last]
        assert max([0.0, *(killed.when - moment for moment in lost)]) <= MOST_LOST
        ended = [m for m in session.history.marks if m.stop is not None]
        assert {(m.path, m.task) for m in ended} <= session.available()
        if not both and killed.said("step"):
            assert session.trainer_state().step == last
    if killed.said("changed"):
        (left,) = autosave.leftovers(killed.recovery_folder())
        assert left.document.spec.name == DRAWN


@pytest.mark.parametrize("both", [False, True], ids=["window", "window and worker"])
def test_after_a_kill_document_and_session_are_offered_and_the_run_goes_on(window, qtbot, tmp_path, both):
    folder = window.workspace.preferences.sessions_folder
    killed = Killed(folder, both=both, after="step", moment=0.7)
    check(killed, both)
    (left,) = autosave.leftovers(killed.recovery_folder())
    window.files.offer_leftover(left)
    answer("Restore")
    assert window.workspace.document.spec.name == DRAWN
    with qtbot.waitSignal(window.workspace.shown, timeout=PATIENCE):
        window.workspace.open(killed.session)
    banner = window.run_bar.banner
    assert banner.isVisible() == both  # one that could still save has nothing to complain of
    assert not both or "Continue" in banner.buttons[0].text()
    assert window.workspace.can_continue
    before = window.workspace.history.step
    window.workspace.resume_session()
    qtbot.waitUntil(lambda: window.workspace.history.step > before, timeout=PATIENCE)
    window.workspace.runs.stop()
    qtbot.waitUntil(lambda: not window.workspace.running, timeout=PATIENCE)
    assert window.workspace.history.end.state == "stopped"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("both", [False, True], ids=["window", "window and worker"])
def test_killed_at_random_moments_the_studio_leaves_what_can_be_gone_on_with(tmp_path, both):
    moments = random.Random(20250102)
    places = {"window": 4.0, "worker": 4.0, "step": 3.0}
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        after = list(places)[number % 3]
        check(Killed(folder, both=both, after=after, moment=moments.uniform(0.0, places[after])), both)
    print("12 kills; no worker was left, every session that had begun opens")
