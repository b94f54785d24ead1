"""Run coordinator: the dialogs about runs, and the word at the end of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from hhstudio.core.errors import HHStudioError
from hhstudio.core.session_names import default_folder
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.shell.notifier import Notifier
from hhstudio.gui.views.runs.data_settings import DataSettings

if TYPE_CHECKING:
    from hhstudio.gui.shell.shell import Shell
    from hhstudio.gui.state.workspace import Workspace
    from hhstudio.gui.views.runs.run_dialog import RunDialog


class RunCoordinator(QObject):
    """What a window has to do with runs beside the buttons: options, data, notifications."""

    def __init__(self, workspace: Workspace, shell: Shell) -> None:
        super().__init__(shell.window())
        self._workspace, self._shell = workspace, shell
        self.notifier = Notifier(workspace, shell.window())

    def prepare(self) -> RunDialog | None:
        """Open the dialog of options; None where there is no place for the session."""
        from hhstudio.gui.views.runs.run_dialog import RunDialog, calibration_with

        workspace, trust = self._workspace, self._workspace.trust
        try:
            out = workspace.runs.next_session
        except HHStudioError as error:
            workspace.tell("Run with options", error)
            return None
        data = workspace.preferences.data_folder
        dialog = RunDialog(
            workspace.document.spec,
            out,
            workspace.jobs,
            calibration_with(data, trust.unverified_data, trust.imports),
            running=workspace.running,
            parent=self._shell.window(),
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.start_requested.connect(self._start)
        dialog.queue_requested.connect(self._queue)
        dialog.open()
        return dialog

    def choose_data(self) -> DataSettings:
        """Open the dialog of data folder and trust."""
        preferences, trust = self._workspace.preferences, self._workspace.trust
        dialog = DataSettings(preferences.data_folder, trust.unverified_data, self._shell.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.folder_chosen.connect(lambda folder: setattr(preferences, "data_folder", folder))
        dialog.unverified_chosen.connect(lambda allowed: setattr(trust, "unverified_data", allowed))
        dialog.open()
        return dialog

    def choose_place(self) -> QFileDialog:
        """Ask where a run goes on whose session cannot be written where it is."""
        workspace = self._workspace
        dialog = QFileDialog(self._shell.window(), "Go on in another place", "", "Sessions (*.h5)")
        dialog.setDirectory(str(_nearest(default_folder())))
        dialog.selectFile(workspace.session_name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # what is there is never replaced
        dialog.setDefaultSuffix("h5")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: workspace.runs.move_to(Path(name)))
        dialog.open()
        return dialog

    def toggle_notify(self) -> None:
        preferences = self._workspace.preferences
        preferences.notify = not preferences.notify

    def _start(self, spec: Spec, out: Path) -> None:
        self._take_over(spec)
        self._workspace.runs.start(out)

    def _queue(self, spec: Spec, out: Path) -> None:
        """The document stays as it is while another run goes on: the canvas shows that one."""
        workspace = self._workspace
        if not workspace.running:
            self._take_over(spec)
        if workspace.guarded("Queue", lambda: workspace.runs.queue.add(spec, out)):
            workspace.notice.emit(f"{out.stem} waits in the queue")
            self._shell.show_panel("runs")

    def _take_over(self, spec: Spec) -> None:
        if spec != self._workspace.document.spec:
            self._workspace.document.apply("Set up the run", spec)


def _nearest(folder: Path) -> Path:
    """The folder, or the first above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path.home())
