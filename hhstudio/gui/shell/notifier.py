"""Notifier: a word to somebody who looks elsewhere, when a run has ended or waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from hhstudio.core.run.events import Finished
from hhstudio.gui.views.runs.divergence_banner import TOPIC
from hhstudio.gui.widgets.formatting import with_names

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace

_MS = 10_000
_NO_MARKUP = str.maketrans("<>&", "‹›+")
"""Some desktops take a message for markup, others do not: neither escapes nor markup may be in it."""
_TITLES = {"finished": "Run finished", "stopped": "Run stopped", "failed": "Run failed", TOPIC: "Run paused"}


class Notifier(QObject):
    """Tells by the system's notifications where there are any, and otherwise marks the window. Without a
    sound; silent while the window is in front, and when the user does not want it."""

    def __init__(self, workspace: Workspace, window: QWidget) -> None:
        super().__init__(window)
        self._workspace, self._window = workspace, window
        self._tray: QSystemTrayIcon | None = None
        self._said = ""
        workspace.runs.ended.connect(self._ended)
        workspace.run_changed.connect(self._changed)

    def tell(self, topic: str, text: str) -> bool:
        """Whether anything was said. ``topic``: how the run ended, or ``diverged``."""
        window = self._window
        if not self._workspace.preferences.notify or window.isActiveWindow():
            return False
        QApplication.alert(window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            tray = self._shown()
            icon = QSystemTrayIcon.MessageIcon.Information
            if topic in ("failed", TOPIC):
                icon = QSystemTrayIcon.MessageIcon.Warning
            tray.showMessage(_TITLES[topic], text.translate(_NO_MARKUP), icon, _MS)
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
        path = self._workspace.session_path
        name = path.stem if path is not None else "The run"
        if end is not None:
            self.tell(end.state, with_names(end.message) or f"{name}: {end.step} steps")

    def _changed(self) -> None:
        history = self._workspace.history
        diverged = history.diverged if history is not None and self._workspace.paused else None
        message = diverged.message if diverged is not None else ""
        if message and message != self._said:
            self.tell(TOPIC, message)
        self._said = message
