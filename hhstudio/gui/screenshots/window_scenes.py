"""The window itself: how it greets, and what is found in it by words and keys."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hhstudio.gui.screenshots.material import Material
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage


def _first(stage: Stage, _material: Material) -> Look:
    stage.window.show_welcome()
    return lambda: stage.window


def _palette(stage: Stage, _material: Material) -> Look:
    def look() -> QWidget:
        stage.window.registry.trigger("view.palette")
        return stage.window

    return look


def _shortcuts(stage: Stage, _material: Material) -> Look:
    stage.window.show_shortcuts()
    return lambda: stage.open_dialogs[-1]


SCENES = (
    Scene("first-start", "the window when it is opened for the first time", _first),
    Scene("palette", "every command, by a word", _palette),
    Scene("shortcuts", "every key, to be changed", _shortcuts, whole=False),
)
