"""Gesture: it starts with a press, follows the mouse, and ends well or is cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtWidgets import QScrollBar

from hhstudio.core.tree.alignment import Guide
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.annotation_item import AnnotationItem
from hhstudio.gui.views.tree.canvas.node_item import NodeItem
from hhstudio.gui.views.tree.canvas.scene import TreeScene


class GestureHost(Protocol):
    """A view on a scene, as gestures see it: ``tree`` is the scene."""

    tree: TreeScene
    editor: TreeEditor

    @property
    def zoom(self) -> float: ...

    @property
    def visible_rect(self) -> QRectF: ...

    def horizontalScrollBar(self) -> QScrollBar: ...

    def verticalScrollBar(self) -> QScrollBar: ...

    def say(self, text: str, warn: bool = False) -> None: ...

    def show_band(self, band: QRectF | None) -> None: ...

    def show_draft(self, start: QPointF | None, end: QPointF | None, allowed: bool) -> None: ...

    def show_guides(self, guides: tuple[Guide, ...]) -> None: ...

    def is_free(self) -> bool: ...

    def ask_palette(self, source: str, at: QPointF) -> None: ...

    def consider(self, source: str, target: str) -> None: ...


@dataclass(frozen=True)
class Press:
    """A button that went down. ``node``: the card there; ``slots``: the hypernetwork with its slots there;
    ``note``: the comment or frame there, if no card is."""

    at: QPointF
    on_screen: QPoint
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier
    space: bool
    node: NodeItem | None
    slots: NodeItem | None
    note: AnnotationItem | None = None

    @property
    def adds(self) -> bool:
        """Shift or Ctrl is down: the selection is added to."""
        adding = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        return bool(self.modifiers & adding)


class Gesture:
    """Base: does nothing. Positions are scene coordinates, ``on_screen`` is in the viewport."""

    cursor = Qt.CursorShape.ArrowCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        """Whether this press begins the gesture."""
        raise NotImplementedError

    def __init__(self, view: GestureHost, press: Press) -> None:
        self.view, self.press = view, press

    def start(self) -> None:
        """The button is down."""

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        """The mouse is elsewhere."""

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        """The button is up: what was done counts."""

    def cancel(self) -> None:
        """Esc: everything is as before."""
