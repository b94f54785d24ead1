"""Rerun command: the command line that runs a session again, onto the clipboard."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication

from hhstudio.gui.state import opening, session_files
from hhstudio.gui.state.workspace import Workspace

TITLE = "Copy the command that runs it again"


def copy_command(workspace: Workspace, path: Path) -> None:
    """Read the session off the window's thread; say what was copied, or why nothing was."""
    from hhstudio.core.run.rerun_command import command_of_session

    def work() -> str:
        session = opening.open_session(path)
        try:
            return command_of_session(session.history, session_files.shown_path(path))
        finally:
            session.close()

    def done(command: str) -> None:
        QGuiApplication.clipboard().setText(command)
        workspace.notice.emit(f"Copied: {command.splitlines()[0]}")

    workspace.jobs.submit(work, done, lambda error: workspace.tell("Copy the command", error))
