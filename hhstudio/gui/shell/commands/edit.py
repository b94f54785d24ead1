"""Undo and redo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.shell.commands.words import RUNNING
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow


def actions(window: MainWindow) -> list[Action]:
    workspace = window.workspace
    document = workspace.document

    def title(word: str, commands: tuple) -> str:  # type: ignore[type-arg]
        return f"{word}: {commands[-1].title}" if commands else f"Nothing to {word.lower()}"

    return [
        Action(
            "edit.undo", "Undo", document.undo, "Ctrl+Z", icon="undo", menu="Edit", group="undo",
            enabled_when=lambda: bool(document.done) and not workspace.running,
            reason_when_disabled=lambda: RUNNING if workspace.running else title("Undo", document.done),
        ),
        Action(
            "edit.redo", "Redo", document.redo, "Ctrl+Shift+Z; Ctrl+Y", icon="redo",
            menu="Edit", group="undo",
            enabled_when=lambda: bool(document.undone) and not workspace.running,
            reason_when_disabled=lambda: RUNNING if workspace.running else title("Redo", document.undone),
        ),
    ]  # fmt: skip
