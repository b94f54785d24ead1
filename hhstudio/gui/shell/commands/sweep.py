"""Commands for many runs: compare sessions, set up sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext
    from hhstudio.gui.views.compare.sweep_controller import SweepController


def actions(context: AppContext) -> list[Action]:
    workspace, shell = context.workspace, context.shell

    def view() -> Any:  # the compare view, made now if it has not been
        return shell.show_panel("compare")

    def sweeps() -> SweepController | None:
        compare = shell.made_panel("compare")
        return compare.sweeps if compare is not None else None

    def running() -> bool:
        controller = sweeps()
        return controller is not None and controller.running

    def selected() -> list[Path]:
        sessions = shell.made_panel("sessions")
        return sessions.selected_paths() if sessions is not None else []

    def why_not() -> str:
        if running():
            return "A sweep is going on: stop it first"
        return workspace.first_error.message if workspace.first_error else ""

    def stop() -> None:
        controller = sweeps()
        if controller is not None:
            controller.stop()

    def open_folder() -> None:
        start = str(workspace.preferences.sessions_folder)
        folder = QFileDialog.getExistingDirectory(shell.window(), "Open the folder of a sweep", start)
        if folder:
            view().compare_sweep(Path(folder))

    return [
        Action(
            "sweep.new", "New sweep …", lambda: view().sweeps.ask(shell.window()),
            "Ctrl+Shift+F5", menu="Run", group="sweep", reason_when_disabled=why_not,
            tip="Run this document with several values of its settings",
            enabled_when=lambda: not running() and workspace.first_error is None,
        ),
        Action(
            "sweep.stop", "Stop the sweep", stop, menu="Run", group="sweep", enabled_when=running,
            tip="Save checkpoints and end; it can go on later",
            reason_when_disabled=lambda: "No sweep was started in this window",
        ),
        Action(
            "sweep.open", "Open a sweep …", open_folder, menu="Run", group="sweep",
            tip="Compare the runs of a sweep's folder, and follow it while it goes on",
        ),
        Action(
            "sweep.compare", "Compare the selected sessions", lambda: view().compare(selected()),
            "Ctrl+Shift+M", menu="Run", group="compare", enabled_when=lambda: len(selected()) > 1,
            tip="Their settings, figures and curves side by side",
            reason_when_disabled=lambda: "Select several sessions in the list (Ctrl+click, Shift+click)",
        ),
    ]  # fmt: skip
