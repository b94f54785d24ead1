"""Text field over a comment, or over a frame's title: written in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit

from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.camera import CameraView

LONGEST = 2000
"""Characters of a comment."""


class NoteField(QPlainTextEdit):
    """Ctrl+Enter (in a frame's title Enter alone) or leaving keeps the text, Esc does not."""

    def __init__(self, editor: TreeEditor, view: CameraView) -> None:
        super().__init__(view)
        self._editor, self._view = editor, view
        self.annotation_id = ""
        self._single = False
        self._before = ""
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.hide()

    def open(self, annotation_id: str) -> None:
        """Over a comment, or over the title of a frame, which is one line."""
        note, zoom = self._editor.topology.annotation_by_id[annotation_id], self._view.zoom
        single = note.kind == "frame"
        self.annotation_id, self._single, self._before = annotation_id, single, note.text
        left, top, width, height = self._view.tree.annotations.items[annotation_id].box
        corner = self._view.mapFromScene(QPointF(left + 4, top + 4))
        size = QPoint(max(160, int((width - 8) * zoom)), 32 if single else max(64, int((height - 8) * zoom)))
        self.setAccessibleName("Title of the frame" if single else "Text of the comment")
        self.setPlainText(note.text)
        self.setGeometry(QRect(corner, corner + size))
        self.show()
        self.raise_()
        self.selectAll()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while one writes, keys are letters, not commands of the canvas
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape:
            self.close_field(keep=False)
        elif enter and (self._single or event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.close_field(keep=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.close_field(keep=True)

    def close_field(self, keep: bool) -> None:
        """Go away, with or without the text that was written."""
        annotation_id, text = self.annotation_id, self.toPlainText().strip()[:LONGEST]
        if not annotation_id:
            return
        self.annotation_id = ""
        self.hide()
        self._view.setFocus()
        if keep and text != self._before:
            self._editor.write_annotation(annotation_id, " ".join(text.split()) if self._single else text)
