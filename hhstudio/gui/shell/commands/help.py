"""Commands of the menu Help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.state.actions import Action
from hhstudio.gui.widgets import dialogs

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext


def actions(context: AppContext) -> list[Action]:
    return [
        Action(
            "help.guide",
            "Guide",
            context.shell.show_guide,
            "F1",
            menu="Help",
            group="guide",
            tip="The guide, at the panel that has the keyboard, or at the term whose tool tip is shown",
        ),
        Action(
            "help.what",
            "What is this?",
            context.shell.what_is_this,
            "Shift+F1",
            menu="Help",
            group="guide",
            tip="Click on something to be told what it is",
        ),
        Action("help.welcome", "First steps", context.shell.show_welcome, menu="Help", group="help"),
        Action(
            "help.shortcuts",
            "Keyboard shortcuts …",
            context.shell.show_shortcuts,
            "Ctrl+F1",
            menu="Help",
            group="help",
            tip="Look keys up and change them",
        ),
        Action(
            "help.about",
            "About hhstudio",
            lambda: dialogs.about(context.shell.window()),
            icon="info",
            menu="Help",
            group="about",
        ),
    ]
