"""The real studio as a process of its own, to be killed: ``python studio_child.py SESSIONS``.

Opens its window, trains for minutes into SESSIONS/killed.h5, changes its document meanwhile, and says a line
each: ``window``; ``worker PID``; ``changed`` once the change is kept beside; from then on ``step S
SECONDS`` (of the monotonic clock) whenever it sees another step.
"""

import os
import sys
import time
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from small_specs import tiny

from hhstudio.gui.shell import app
from hhstudio.gui.shell.main_window import MainWindow
from hhstudio.gui.state import autosave

SESSION = "killed.h5"
DRAWN = "drawn and not saved"


def say(*words: object) -> None:
    print(*words, flush=True)


def begin(folder: Path) -> None:
    (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    say("window")
    workspace = window.workspace
    workspace.problem.connect(lambda *words: (say("problem", *words), os._exit(1)))
    workspace.preferences.sessions_folder = folder
    workspace.document.reset(tiny(steps=8000, tasks=5, checkpoint_seconds=0.3))
    workspace.runs.start(folder / SESSION)
    say("worker", workspace.runs.current.client.pid)
    workspace.document.apply("Name", replace(workspace.document.spec, name=DRAWN))
    seen, autosaved = 0, False

    def look() -> None:
        nonlocal seen, autosaved
        if not autosaved and autosave.default_folder().is_dir() and any(autosave.default_folder().iterdir()):
            autosaved = True
            say("changed")
        step = workspace.history.step if workspace.history else 0
        if autosaved and step != seen:
            seen = step
            say("step", step, time.monotonic())

    timer = QTimer(window, interval=30)
    timer.timeout.connect(look)
    timer.start()


if __name__ == "__main__":
    app.application()
    QTimer.singleShot(0, lambda: begin(Path(sys.argv[1])))
    sys.exit(app.main())
