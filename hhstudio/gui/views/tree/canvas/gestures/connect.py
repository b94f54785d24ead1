"""Slot gesture: from a hypernetwork's edge to a node, or to empty canvas for something new."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from hhstudio.core.spec import rules
from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, Press
from hhstudio.gui.views.tree.canvas.node_item import NodeItem


class ConnectGesture(Gesture):
    """While hovering over a node, its border and a message say whether it can be the target."""

    cursor = Qt.CursorShape.CrossCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        return press.button == Qt.MouseButton.LeftButton and press.slots is not None and not press.adds

    def start(self) -> None:
        assert self.press.slots is not None
        self._source = self.press.slots
        self._over: NodeItem | None = None
        self._allowed = True
        self._started = False
        self.view.tree.select([self._source.node_id])

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        if not self._started:
            if not self.view.editor.may_edit():
                return
            self._started = True
            self._judge(None)
        over = self.view.tree.node_at(at)
        if over is not self._over:
            self._judge(over)
        start = self._source.slot_point(0, 1)
        end = over.entry_point() if over is not None and self._allowed else at
        self.view.show_draft(start, end, self._allowed)

    def finish(self, at: QPointF, on_screen: QPoint) -> None:
        over, allowed = self._over, self._allowed
        self._clear()
        if not self._started:
            return
        if over is None:
            self.view.ask_palette(self._source.node_id, at)
        elif over is not self._source and allowed:
            self.view.editor.connect(self._source.node_id, over.node_id)

    def cancel(self) -> None:
        self._clear()

    def _judge(self, over: NodeItem | None) -> None:
        if self._over is not None:
            self._over.show_state(verdict_ok=False, verdict_bad=False)
        self._over = over
        if over is None or over is self._source:
            self._allowed = over is None
            self.view.say("Let go to choose what to generate" if over is None else "")
            self.view.consider(self._source.node_id if over is None else "", "")
            return
        verdict = rules.can_connect(self.view.editor.topology, self._source.node_id, over.node_id)
        self._allowed = verdict.ok
        over.show_state(verdict_ok=verdict.ok, verdict_bad=not verdict.ok)
        self.view.consider(self._source.node_id if verdict.ok else "", over.node_id)
        self.view.say(
            verdict.reason or f"{self._source.text.name} will generate {over.text.name}", warn=not verdict.ok
        )

    def _clear(self) -> None:
        if self._over is not None:
            self._over.show_state(verdict_ok=False, verdict_bad=False)
        self._over = None
        self.view.show_draft(None, None, True)
        self.view.consider("", "")
        self.view.say("")
