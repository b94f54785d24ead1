"""Looks: parts of the window, theme, layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.shell.panels import Panel
from hhstudio.gui.state.actions import Action
from hhstudio.gui.state.preferences import ThemeChoice

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow


def actions(window: MainWindow) -> list[Action]:
    def choose(choice: ThemeChoice) -> Action:
        titles = {"system": "As the system", "light": "Light", "dark": "Dark"}
        return Action(
            f"view.theme.{choice}", titles[choice], lambda: window.choose_theme(choice),
            menu="View/Theme", group="looks",
            checked_when=lambda: window.workspace.preferences.theme == choice,
        )  # fmt: skip

    def dock(panel: Panel) -> Action:
        return Action(
            f"view.{panel.name}", panel.title, lambda: window.toggle_dock(panel.name), panel.key,
            menu=panel.menu, group="docks", tip=panel.tip,
            checked_when=lambda: not window.docks[panel.name].isHidden(),
        )  # fmt: skip

    return [
        Action(
            "view.palette", "Find a command …", window.open_palette, "Ctrl+Shift+P", icon="palette",
            menu="View", group="palette",
        ),
        *(dock(panel) for panel in window.panels.listed),
        choose("system"),
        choose("light"),
        choose("dark"),
        Action("view.reset", "Reset the layout", window.reset_layout, menu="View", group="window"),
        Action(
            "view.full_screen", "Full screen", window.toggle_full_screen, "F11", menu="View", group="window",
            checked_when=window.isFullScreen,
        ),
    ]  # fmt: skip
