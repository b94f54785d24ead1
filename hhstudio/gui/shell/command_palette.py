"""Command palette: everything that can be done, by typing some letters of its name."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QWidget

from hhstudio.gui.state.actions import Action, ActionRegistry
from hhstudio.gui.widgets.chooser import Chooser, ChooserItem


def command_palette(registry: ActionRegistry, parent: QWidget) -> Chooser:
    """The actions that can be done now, with their keys."""
    return Chooser([_entry(registry, a) for a in registry if a.enabled], "Type what you want to do", parent)


def _entry(registry: ActionRegistry, action: Action) -> ChooserItem:
    first = action.shortcut.split(";")[0].strip()
    keys = QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText)
    above = action.menu.replace("/", " › ")
    return ChooserItem(
        f"{above} › {action.title}" if above else action.title,
        lambda: registry.trigger(action.id),
        keys,
        registry.qaction(action.id).icon() if action.icon else None,
        action.tip,
    )
