"""Theme that is on: the system's, or the one that the user chose."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from hhstudio.gui.state.preferences import Preferences, ThemeChoice
from hhstudio.gui.widgets import appearance
from hhstudio.gui.widgets.theme import DARK, LIGHT, Theme


class Theming(QObject):
    """Applies a theme to the application; Qt tells every widget."""

    def __init__(self, app: QApplication, preferences: Preferences) -> None:
        super().__init__(app)
        self._app = app
        self._preferences = preferences
        self.theme: Theme = self._wanted()
        appearance.apply(app, self.theme)
        app.styleHints().colorSchemeChanged.connect(self._follow)

    def choose(self, choice: ThemeChoice) -> None:
        """Take a theme from now on, and remember it."""
        self._preferences.theme = choice
        self._follow()

    def _follow(self, _scheme: object = None) -> None:
        wanted = self._wanted()
        if wanted is not self.theme:
            self.theme = wanted
            appearance.apply(self._app, wanted)

    def _wanted(self) -> Theme:
        choice = self._preferences.theme
        if choice == "system":
            dark = self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark
            return DARK if dark else LIGHT
        return DARK if choice == "dark" else LIGHT
