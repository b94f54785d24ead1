"""Application context: what the makers of panels and commands can reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hhstudio.gui.shell.files import Files
    from hhstudio.gui.shell.run_coordinator import RunCoordinator
    from hhstudio.gui.shell.shell import Shell
    from hhstudio.gui.state.actions import ActionRegistry
    from hhstudio.gui.state.analysis import Analysis
    from hhstudio.gui.state.preferences import Preferences
    from hhstudio.gui.state.selection import Selection
    from hhstudio.gui.state.theming import Theming
    from hhstudio.gui.state.workspace import Workspace
    from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


@dataclass(frozen=True)
class AppContext:
    """One for a window. ``shell``: for what only the window itself can do."""

    workspace: Workspace
    selection: Selection
    analysis: Analysis
    theming: Theming
    registry: ActionRegistry
    files: Files
    run_coordinator: RunCoordinator
    canvas: TreeCanvas
    shell: Shell

    @property
    def preferences(self) -> Preferences:
        return self.workspace.preferences
