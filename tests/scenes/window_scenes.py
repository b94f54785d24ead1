"""Window scenes: how it greets, and what is found in it by words and keys."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hhstudio.gui.screenshots.session import ScreenshotSession

from .demo_sessions import DemoSessions
from .scene import Look, Scene, open_dialogs


def _first(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.window.show_welcome()
    return lambda: shot.window


def _palette(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    def look() -> QWidget:
        shot.window.registry.trigger("view.palette")
        return shot.window

    return look


def _shortcuts(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    shot.window.show_shortcuts()
    return lambda: open_dialogs(shot)[-1]


SCENES = (
    Scene("first-start", "the window when it is opened for the first time", _first),
    Scene("palette", "every command, by a word", _palette),
    Scene("shortcuts", "every key, to be changed", _shortcuts, whole=False),
)
