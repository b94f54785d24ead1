"""Sweep controller: sweeps that the window starts, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from hhstudio.core.errors import WriteError
from hhstudio.core.spec import consent
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.sweep import Sweep
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.views.compare.sweep_dialog import SweepDialog, seconds_a_step
from hhstudio.gui.widgets import dialogs
from hhstudio.gui.widgets.dialogs import ROLE
from hhstudio.service.sweep.process import SweepProcess

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace

_LOOK_MS = 300
_PATIENCE = 3.0
"""Seconds that the closing window waits for a sweep that saves its checkpoints; it ends without it too."""


class SweepController(QObject):
    """One sweep at a time. ``began`` carries its folder; ``changed``: it began or ended; ``notice`` a word;
    ``problem`` a title and a text."""

    began = Signal(object)
    changed = Signal()
    notice = Signal(str)
    problem = Signal(str, str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._process: SweepProcess | None = None
        self._folder = Path()
        self._goes_on = False
        self._stopping = False
        self._then: Callable[[], object] | None = None
        self._question = dialogs.Question()
        self._timer = QTimer(self, interval=_LOOK_MS)
        self._timer.timeout.connect(self._look)

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int | None:
        """Of the process that runs the sweep; None where none runs."""
        return None if self._process is None else self._process.pid

    def ask(self, parent: QWidget) -> SweepDialog:
        """The dialog, over the document at hand."""
        workspace = self._workspace
        rate = seconds_a_step(workspace.history)
        dialog = SweepDialog(workspace.document.spec, workspace.preferences.sessions_folder, rate, parent)
        dialog.wanted.connect(self.start)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def start(self, sweep: Sweep, folder: Path, jobs: int, goes_on: bool) -> None:
        """Run a sweep; what is finished in its folder is kept. Nothing is done while another one runs."""
        if self.running:
            self.problem.emit(
                "A sweep is going on", "Stop it, or wait for its end, before you start another."
            )
            return
        workspace = self._workspace
        names = tuple(dict.fromkeys(n for run in sweeps.expand(sweep) for n in consent.imported(run.spec)))
        if not workspace.trust.covers(names, lambda: self.start(sweep, folder, jobs, goes_on)):
            return
        try:
            self._process = SweepProcess(
                sweep,
                folder,
                jobs=jobs,
                data=workspace.preferences.data_folder,
                allow_unverified=workspace.trust.unverified_data,
                allow_imports=names,
                tied=not goes_on,
            )
        except WriteError as error:
            self.problem.emit("The sweep could not be started", str(error))
            return
        except OSError as error:
            self.problem.emit("The sweep could not be started", f"{folder}: {error.strerror or error}")
            return
        self._folder = folder
        self._goes_on, self._stopping = goes_on, False
        self._timer.start()
        self.began.emit(folder)
        self.changed.emit()

    def stop(self) -> None:
        """Save checkpoints and end; started again, it goes on."""
        if self._process is not None:
            self._stopping = True
            self._process.stop()
            self.notice.emit("The sweep saves its checkpoints …")

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether the window may close now. Where a sweep would end with it, what is to become of that is
        asked, and ``close`` called when it may."""
        if self._process is None or self._goes_on or self._then is not None:
            return True

        def go_on() -> None:
            self._goes_on = True
            if self._process is not None:
                self._process.let_go()
            close()

        def stop() -> None:
            if self._process is None:
                close()
            else:
                self._then = close
                self.stop()

        self._question.ask(
            self._window(),
            "A sweep is going on",
            f"It can go on in the background, into {shown_path(self._folder)}: open that folder later with "
            "Run › Open a sweep … to see how far it is. Stopped, it keeps checkpoints, and goes on from them "
            "when it is started again.",
            [
                ("Go on in the background", ROLE.AcceptRole, go_on),
                ("Stop the sweep", ROLE.DestructiveRole, stop),
                ("Keep the window", ROLE.RejectRole, None),
            ],
        )
        return False

    def close(self) -> None:
        """The window closes."""
        self._timer.stop()
        process, self._process = self._process, None
        if process is not None and not self._goes_on:
            process.stop()
            process.wait(_PATIENCE)

    def _window(self) -> QWidget:
        view = self.parent()
        assert isinstance(view, QWidget)
        return view.window()

    def _look(self) -> None:
        process = self._process
        if process is None or process.alive:
            return
        self._timer.stop()
        self._process = None
        then, self._then = self._then, None
        if then is not None:
            then()
            return
        status, said = process.status, process.complaint()
        if self._stopping:
            self.notice.emit("The sweep was stopped; started again in its folder, it goes on")
        elif status == 0:
            self.notice.emit("The sweep is finished")
        elif status == 1 and (process.out / "sweep.json").exists():
            self.problem.emit("Some runs of the sweep failed", said)
        else:
            self.problem.emit("The sweep could not be run", said or "It ended without a word.")
        self.changed.emit()
