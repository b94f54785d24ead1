"""Runs under control: before they start, while they go on, one after the other, and when they end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.shell.notifier import Notifier
from hhstudio.gui.views.runs.divergence_banner import DivergenceBanner
from hhstudio.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow
    from hhstudio.gui.views.runs.run_dialog import RunDialog


class RunCoordinator(QObject):
    """What a window has to do with runs beside the buttons: options, rescue, notifications."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._workspace = window, window.workspace
        self.notifier = Notifier(window)
        self.rescue: DivergenceBanner | None = None

    def attach(self, banner: Banner) -> None:
        """Say there what went wrong with a run."""
        self.rescue = DivergenceBanner(self._workspace, banner)

    def prepare(self) -> RunDialog | None:
        """Open the dialog of options; None where there is no place for the session."""
        from hhstudio.gui.views.runs.run_dialog import RunDialog, calibration_with

        workspace, runs = self._workspace, self._workspace.runs
        try:
            out = runs.next_session
        except HHStudioError as error:
            workspace.tell("Run with options", error)
            return None
        preferences = workspace.preferences
        time_it = calibration_with(preferences.data_folder, workspace.allow_unverified, runs.trusted)
        dialog = RunDialog(
            workspace.document.spec,
            out,
            workspace.jobs,
            time_it,
            running=workspace.running,
            parent=self._window,
            theme=self._window.theming.theme,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.start_requested.connect(self._start)
        dialog.queue_requested.connect(self._queue)
        dialog.open()
        return dialog

    def toggle_notify(self) -> None:
        self._workspace.preferences.notify = not self._workspace.preferences.notify

    def _start(self, spec: Spec, out: Path) -> None:
        self._take_over(spec)
        self._workspace.runs.start(out)

    def _queue(self, spec: Spec, out: Path) -> None:
        """The document stays as it is while another run goes on: the canvas shows that one."""
        workspace = self._workspace
        if not workspace.running:
            self._take_over(spec)

        def add() -> None:
            workspace.runs.queueing.add(spec, out)

        if workspace.guarded("Queue", add):
            workspace.notice.emit(f"{out.stem} waits in the queue")
            self._window.docks.show("runs")

    def _take_over(self, spec: Spec) -> None:
        if spec != self._workspace.document.spec:
            self._workspace.document.apply("Set up the run", spec)
