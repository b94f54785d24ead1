"""Commands of the menu View: panels, theme, layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.shell.command_palette import command_palette
from hhstudio.gui.shell.panel import Panel
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.state.actions import Action
from hhstudio.gui.state.preferences import ThemeChoice

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext


def actions(context: AppContext) -> list[Action]:
    shell = context.shell

    def toggle_full_screen() -> None:
        window = shell.window()
        (window.showNormal if window.isFullScreen() else window.showFullScreen)()

    def choose(choice: ThemeChoice) -> Action:
        titles = {"system": "As the system", "light": "Light", "dark": "Dark"}
        return Action(
            f"view.theme.{choice}", titles[choice], lambda: context.theming.choose(choice),
            menu="View/Theme", group="looks",
            checked_when=lambda: context.preferences.theme == choice,
        )  # fmt: skip

    def dock(panel: Panel) -> Action:
        return Action(
            f"view.{panel.name}", panel.title, lambda: shell.toggle_panel(panel.name), panel.key,
            menu=panel.menu, group="docks", tip=panel.tip,
            checked_when=lambda: shell.has_panel(panel.name),
        )  # fmt: skip

    return [
        Action(
            "view.palette", "Find a command …",
            lambda: command_palette(context.registry, shell.window()).show(), "Ctrl+Shift+P", icon="palette",
            menu="View", group="palette",
        ),
        *(dock(panel) for panel in PANELS),
        choose("system"),
        choose("light"),
        choose("dark"),
        Action("view.reset", "Reset the layout", shell.reset_layout, menu="View", group="window"),
        Action(
            "view.full_screen", "Full screen", toggle_full_screen, "F11", menu="View", group="window",
            checked_when=lambda: shell.window().isFullScreen(),
        ),
    ]  # fmt: skip
