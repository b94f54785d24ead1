"""Commands of the menu Edit: undo and redo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hhstudio.gui.shell.commands.reasons import RUNNING
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.core.spec.document import Command
    from hhstudio.gui.shell.context import AppContext


def actions(context: AppContext) -> list[Action]:
    workspace = context.workspace
    document = workspace.document

    def title(word: str, commands: Sequence[Command]) -> str:
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
