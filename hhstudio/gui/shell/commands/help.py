"""Help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow


def actions(window: MainWindow) -> list[Action]:
    return [
        Action("help.welcome", "First steps", window.show_welcome, menu="Help", group="help"),
        Action(
            "help.shortcuts",
            "Keyboard shortcuts …",
            window.show_shortcuts,
            "F1",
            menu="Help",
            group="help",
            tip="Look keys up and change them",
        ),
        Action("help.about", "About hhstudio", window.show_about, icon="info", menu="Help", group="about"),
    ]
