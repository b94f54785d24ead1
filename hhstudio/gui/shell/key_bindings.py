"""Key bindings that a user chooses: what may not be given twice, and what is remembered."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence

from hhstudio.gui.state.actions import ActionRegistry, key_sequences
from hhstudio.gui.state.preferences import Preferences

FORBIDDEN = {"Esc": "Esc cancels what is going on", "Return": "Return confirms", "Space": "Space pans"}


class KeyBindings:
    """Made once the registry is full: what was chosen earlier holds from then on."""

    def __init__(self, registry: ActionRegistry, preferences: Preferences) -> None:
        self.registry, self._preferences = registry, preferences
        self._defaults = {action.id: action.shortcut for action in registry}
        for action_id, shortcut in preferences.shortcuts.items():
            usable = action_id in registry and not any(
                self.conflict(action_id, key.toString()) for key in key_sequences(shortcut)
            )
            if usable:
                registry.rebind(action_id, shortcut)

    def default(self, action_id: str) -> str:
        return self._defaults[action_id]

    def is_changed(self, action_id: str) -> bool:
        return self.registry[action_id].shortcut != self._defaults[action_id]

    def conflict(self, action_id: str, key: str) -> str:
        """Why an action cannot have a key (portable text); empty when it can.

        Keys that count in one area of the window only may be the same in another.
        """
        wanted = QKeySequence(key)
        if wanted.isEmpty():
            return "press a key first"
        text = wanted.toString()
        if text in FORBIDDEN:
            return FORBIDDEN[text]
        holder = self.registry.holder(self.registry[action_id], wanted)
        if holder is None:
            return ""
        shown = wanted.toString(QKeySequence.SequenceFormat.NativeText)
        return f"{shown} already belongs to “{holder.title}”: take it away there first"

    def choose(self, action_id: str, shortcut: str) -> str:
        """Give an action its keys and remember them. Returns why not, when it cannot have them."""
        for key in key_sequences(shortcut):
            problem = self.conflict(action_id, key.toString())
            if problem:
                return problem
        self.registry.rebind(action_id, shortcut)
        chosen = self._preferences.shortcuts
        if self.is_changed(action_id):
            chosen[action_id] = shortcut
        else:
            chosen.pop(action_id, None)
        self._preferences.shortcuts = chosen
        return ""

    def reset(self, action_id: str) -> str:
        """Back to the keys that it came with. Returns why not."""
        return self.choose(action_id, self._defaults[action_id])

    def reset_all(self) -> None:
        """All actions back to the keys that they came with, which are known to go together."""
        self._preferences.shortcuts = {}
        for action_id, shortcut in self._defaults.items():
            self.registry.rebind(action_id, shortcut)
