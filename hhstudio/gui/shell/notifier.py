"""A word to somebody who looks elsewhere: a run has ended, or waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from hhstudio.core.run.events import Finished
from hhstudio.gui.views.runs.divergence_banner import TOPIC
from hhstudio.gui.widgets.formatting import with_names

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow

_MS = 10_000
_TITLES = {"finished": "Run finished", "stopped": "Run stopped", "failed": "Run failed", TOPIC: "Run paused"}


class Notifier(QObject):
    """Tells by the system's notifications where there are any, and otherwise marks the window. Without a
    sound; silent while the window is in front, and when the user does not want it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._tray: QSystemTrayIcon | None = None
        self._waiting = ""
        window.workspace.runs.ended.connect(self._ended)
        window.workspace.run_changed.connect(self._changed)

    def tell(self, what: str, text: str) -> bool:
        """Whether anything was said. ``what``: how the run ended, or ``diverged``."""
        window = self._window
        if not window.workspace.preferences.notify or window.isActiveWindow():
            return False
        QApplication.alert(window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            tray = self._shown()
            icon = QSystemTrayIcon.MessageIcon.Information
            if what in ("failed", TOPIC):
                icon = QSystemTrayIcon.MessageIcon.Warning
            tray.showMessage(_TITLES[what], text, icon, _MS)
        return True

    def _shown(self) -> QSystemTrayIcon:
        if self._tray is None:
            self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self._tray.activated.connect(self._raise)
            self._tray.messageClicked.connect(self._raise)
        self._tray.show()
        return self._tray

    def _raise(self) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()
        if self._tray is not None:
            self._tray.hide()

    def _ended(self, end: Finished | None) -> None:
        path = self._window.workspace.session_path
        name = path.stem if path is not None else "The run"
        if end is not None:
            self.tell(end.state, with_names(end.message) or f"{name}: {end.step} steps")

    def _changed(self) -> None:
        history = self._window.workspace.history
        found = history.diverged if history is not None and self._window.workspace.paused else None
        message = found.message if found is not None else ""
        if message and message != self._waiting:
            self.tell(TOPIC, message)
        self._waiting = message
