"""Files: new, open, save, folders, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.actions import Action
from hhstudio.gui.commands.words import RUNNING

if TYPE_CHECKING:
    from hhstudio.gui.main_window import MainWindow


def actions(window: MainWindow) -> list[Action]:
    studio = window.studio
    files = window.files
    idle = {
        "enabled_when": lambda: not studio.running,
        "reason_when_disabled": lambda: RUNNING,
        "menu": "File",
    }
    return [
        Action("file.new", "New tree", files.new, "Ctrl+N", icon="new", group="open", **idle),
        Action("file.open", "Open …", files.choose, "Ctrl+O", icon="open", group="open", **idle),
        Action(
            "file.save", "Save settings and tree", files.save, "Ctrl+S", icon="save",
            menu="File", group="save",
        ),
        Action(
            "file.save_as", "Save settings and tree as …", files.save_as, "Ctrl+Shift+S",
            menu="File", group="save",
        ),
        Action(
            "data.settings", "Data folder and trust …", window.run_bar_data, icon="folder", group="folders",
            tip="Where the data are, and which files may be read", **idle,
        ),
        Action("file.sessions", "Sessions folder …", files.choose_sessions_folder, group="folders", **idle),
        Action("file.quit", "Quit", window.close, "Ctrl+Q", menu="File", group="quit"),
    ]  # fmt: skip
