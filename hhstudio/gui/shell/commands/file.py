"""Commands of the menu File: new, open, save, folders, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hhstudio.core.spec import examples
from hhstudio.gui.shell.commands.reasons import RUNNING
from hhstudio.gui.shell.commands.weights import save_weights
from hhstudio.gui.state import rerun_command
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext
    from hhstudio.gui.shell.files import Files


def actions(context: AppContext) -> list[Action]:
    workspace, files = context.workspace, context.files
    idle: dict[str, Any] = {
        "enabled_when": lambda: not workspace.running,
        "reason_when_disabled": lambda: RUNNING,
        "menu": "File",
    }

    def copy_rerun_command() -> None:
        if workspace.session_path is not None:
            rerun_command.copy_command(workspace, workspace.session_path)

    return [
        Action("file.new", "New tree", files.new, "Ctrl+N", icon="new", group="open", **idle),
        Action("file.open", "Open …", files.choose, "Ctrl+O", icon="open", group="open", **idle),
        Action(
            "file.recent", "Open recent …", files.choose_recent, "Ctrl+Shift+O", group="open",
            tip="What was opened or saved lately", **idle,
        ),
        *(_example(files, name, idle) for name in examples.example_names()),
        Action(
            "file.save", "Save settings and tree", files.save, "Ctrl+S", icon="save",
            menu="File", group="save",
        ),
        Action(
            "file.save_as", "Save settings and tree as …", files.save_as, "Ctrl+Shift+S",
            menu="File", group="save",
        ),
        Action(
            "file.revert", "Revert to what was saved", workspace.revert, menu="File", group="save",
            tip="Back to the tree and settings as they were saved or opened; can be undone",
            enabled_when=lambda: workspace.document.modified and not workspace.running,
            reason_when_disabled=lambda: RUNNING if workspace.running else "Nothing has changed",
        ),
        Action(
            "file.export_tree", "Export the tree …", lambda: files.export_tree(context.canvas.scene),
            "Ctrl+E", menu="File", group="save",
            tip="As a picture that holds the document (SVG, PNG), as JSON, or as a graph (GraphML)",
        ),
        save_weights(context),
        Action(
            "file.copy_command", rerun_command.TITLE,
            copy_rerun_command,
            menu="File", group="save",
            tip="The session that is open: with its settings, device and threads, ready for a shell",
            enabled_when=lambda: workspace.session_path is not None,
            reason_when_disabled=lambda: "Train or open a session first",
        ),
        Action(
            "data.settings", "Data folder and trust …", context.run_coordinator.choose_data,
            icon="folder", group="folders",
            tip="Where the data are, and which files may be read", **idle,
        ),
        Action("file.sessions", "Sessions folder …", files.choose_sessions_folder, group="folders", **idle),
        Action("file.quit", "Quit", context.shell.window().close, "Ctrl+Q", menu="File", group="quit"),
    ]  # fmt: skip


def _example(files: Files, name: str, idle: dict[str, Any]) -> Action:
    topology = examples.example(name)
    return Action(
        f"file.example.{name}", topology.name, lambda: files.new_from(name), group="open", tip=topology.notes,
        **{**idle, "menu": "File/New from an example"},
    )  # fmt: skip
