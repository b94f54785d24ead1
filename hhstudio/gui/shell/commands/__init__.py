"""Commands of the window, by menu: each module lists the actions of one, see :func:`all_actions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.shell.commands import edit, file, help, run, sweep, view
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext

_AREAS = (file, edit, run, sweep, view, help)


def all_actions(context: AppContext) -> list[Action]:
    """The actions of every area, in the order in which they stand in the menus."""
    return [action for area in _AREAS for action in area.actions(context)]
