"""Gestures of the mouse on the canvas: one class each."""

from hhstudio.gui.views.tree.canvas.gestures.band import BandGesture
from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, GestureHost, Press
from hhstudio.gui.views.tree.canvas.gestures.connect import ConnectGesture
from hhstudio.gui.views.tree.canvas.gestures.move import MoveGesture
from hhstudio.gui.views.tree.canvas.gestures.pan import PanGesture
from hhstudio.gui.views.tree.canvas.gestures.resize import ResizeGesture

GESTURES: tuple[type[Gesture], ...] = (
    PanGesture,
    ConnectGesture,
    ResizeGesture,
    MoveGesture,
    BandGesture,
)
"""In the order in which they are asked whether a press is theirs."""

__all__ = [
    "GESTURES",
    "BandGesture",
    "ConnectGesture",
    "Gesture",
    "GestureHost",
    "MoveGesture",
    "PanGesture",
    "Press",
    "ResizeGesture",
]
