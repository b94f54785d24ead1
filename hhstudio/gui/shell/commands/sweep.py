"""Many runs: compare sessions, set up sweeps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow
    from hhstudio.gui.views.compare.sweep_controller import Sweeping


def actions(window: MainWindow) -> list[Action]:
    studio = window.studio

    def view() -> Any:  # the compare view, made now if it has not been
        return window.parts.show("compare")

    def sweeping() -> Sweeping | None:
        return next((part.sweeping for part in window.parts if hasattr(part, "sweeping")), None)

    def running() -> bool:
        found = sweeping()
        return found is not None and found.running

    def selected() -> list[Path]:
        made = next((part for part in window.parts if hasattr(part, "selected_paths")), None)
        return made.selected_paths() if made is not None else []

    def why_not() -> str:
        if running():
            return "A sweep is going on: stop it first"
        return studio.first_error.message if studio.first_error else ""

    def stop() -> None:
        found = sweeping()
        if found is not None:
            found.stop()

    def open_folder() -> None:
        start = str(studio.preferences.sessions_folder)
        folder = QFileDialog.getExistingDirectory(window, "Open the folder of a sweep", start)
        if folder:
            view().compare_sweep(Path(folder))

    return [
        Action(
            "sweep.new", "New sweep …", lambda: view().sweeping.ask(window, window.theming.theme),
            "Ctrl+Shift+F5", menu="Run", group="sweep", reason_when_disabled=why_not,
            tip="Run this document with several values of its settings",
            enabled_when=lambda: not running() and studio.first_error is None,
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
