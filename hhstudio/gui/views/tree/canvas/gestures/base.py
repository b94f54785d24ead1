"""What every gesture is: it starts with a press, follows the mouse, and ends well or is cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt

from hhstudio.gui.views.tree.canvas.annotation_item import AnnotationItem
from hhstudio.gui.views.tree.canvas.node_item import NodeItem

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.view import TreeView


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
        held = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        return bool(self.modifiers & held)


class Gesture:
    """Base: does nothing. Positions are scene coordinates, ``on_screen`` is in the viewport."""

    cursor = Qt.CursorShape.ArrowCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        """Whether this press begins the gesture."""
        raise NotImplementedError

    def __init__(self, view: TreeView, press: Press) -> None:
        self.view, self.press = view, press

    def start(self) -> None:
        """The button is down."""

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        """The mouse is elsewhere."""

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        """The button is up: what was done counts."""

    def cancel(self) -> None:
        """Esc: everything is as before."""
