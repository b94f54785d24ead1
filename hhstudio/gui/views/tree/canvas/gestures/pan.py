"""Pan gesture of the camera: the middle button, or space and the left one."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt

from hhstudio.gui.views.tree.canvas.gestures.base import Gesture, Press


class PanGesture(Gesture):
    """The paper follows the hand."""

    cursor = Qt.CursorShape.ClosedHandCursor

    @classmethod
    def wants(cls, press: Press) -> bool:
        if press.button == Qt.MouseButton.MiddleButton:
            return True
        return press.space and press.button == Qt.MouseButton.LeftButton

    def start(self) -> None:
        bars = self.view.horizontalScrollBar(), self.view.verticalScrollBar()
        self._bars = tuple((bar, bar.value()) for bar in bars)

    def move(self, at: QPointF, on_screen: QPoint) -> None:
        by = on_screen - self.press.on_screen
        for (bar, value), distance in zip(self._bars, (by.x(), by.y()), strict=True):
            bar.setValue(value - distance)

    def cancel(self) -> None:
        for bar, value in self._bars:
            bar.setValue(value)
