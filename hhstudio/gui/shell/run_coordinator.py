"""Runs under control: before they start, while they go on, one after the other, and when they end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.shell.notifier import Notifier
from hhstudio.gui.views.runs.divergence_banner import Rescue
from hhstudio.gui.widgets.banner import Banner

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow
    from hhstudio.gui.views.runs.run_dialog import RunDialog


class Running(QObject):
    """What a window has to do with runs beside the buttons: options, rescue, notifications."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._studio = window, window.studio
        self.notifier = Notifier(window)
        self.rescue: Rescue | None = None

    def attach(self, banner: Banner) -> None:
        """Say there what went wrong with a run."""
        self.rescue = Rescue(self._studio, banner)

    def prepare(self) -> RunDialog | None:
        """Open the dialog of options; None where there is no place for the session."""
        from hhstudio.gui.views.runs.run_dialog import RunDialog, calibration_with

        studio, runs = self._studio, self._studio.runs
        try:
            out = runs.next_session
        except HHStudioError as error:
            studio.tell("Run with options", error)
            return None
        preferences = studio.preferences
        time_it = calibration_with(preferences.data_folder, studio.allow_unverified, runs.trusted)
        dialog = RunDialog(
            studio.document.spec,
            out,
            studio.jobs,
            time_it,
            running=studio.running,
            parent=self._window,
            theme=self._window.theming.theme,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.start_requested.connect(self._start)
        dialog.queue_requested.connect(self._queue)
        dialog.open()
        return dialog

    def toggle_notify(self) -> None:
        self._studio.preferences.notify = not self._studio.preferences.notify

    def _start(self, spec: Spec, out: Path) -> None:
        self._take_over(spec)
        self._studio.runs.start(out)

    def _queue(self, spec: Spec, out: Path) -> None:
        """The document stays as it is while another run goes on: the canvas shows that one."""
        studio = self._studio
        if not studio.running:
            self._take_over(spec)

        def add() -> None:
            studio.runs.queueing.add(spec, out)

        if studio.guarded("Queue", add):
            studio.notice.emit(f"{out.stem} waits in the queue")
            self._window.docks.show("runs")

    def _take_over(self, spec: Spec) -> None:
        if spec != self._studio.document.spec:
            self._studio.document.apply("Set up the run", spec)
