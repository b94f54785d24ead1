"""Name field over a card: a node is renamed in place."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

from hhstudio.core.spec import rules
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.camera import CameraView
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.widgets.themed import set_style_property


class RenameField(QLineEdit):
    """A line over the card: Enter or leaving keeps the name, Esc does not; says at once what is wrong."""

    said = Signal(str, bool)

    def __init__(self, editor: TreeEditor, view: CameraView) -> None:
        super().__init__(view)
        self._editor, self._view = editor, view
        self.node_id = ""
        self.setMaxLength(rules.LONGEST_NAME)
        self.setAccessibleName("Name of the node")
        self.textChanged.connect(self._judge)
        self.hide()

    def open(self, node_id: str) -> None:
        """Over the card of a node."""
        tree, zoom = self._view.tree, self._view.zoom
        tree.settle()
        title = tree.nodes[node_id].pos() + QPointF(-WIDTH / 2 + 44, -HEIGHT / 2 + 4)
        corner = self._view.mapFromScene(title)
        size = QPoint(max(120, int((WIDTH - 52) * zoom)), max(26, int(26 * zoom)))
        self.node_id = node_id
        self.setText(self._editor.topology.by_id[node_id].name)
        self.setGeometry(QRect(corner, corner + size))
        self.show()
        self.raise_()
        self.selectAll()
        self.setFocus()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while a name is typed, keys are letters, not commands of the canvas
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._close()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not self._problem():
                self._keep()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.PopupFocusReason or not self.node_id:
            return
        if self._problem():
            self._close()
        else:
            self._keep()

    def _keep(self) -> None:
        node_id, name = self.node_id, self.text()
        self._close()
        self._editor.rename(node_id, name)

    def _close(self) -> None:
        self.node_id = ""
        self.hide()
        self.said.emit("", False)
        self._view.setFocus()

    def _problem(self) -> str:
        if self.node_id not in self._editor.topology.by_id:
            return "the node is gone"
        return rules.name_problem(self._editor.topology, self.node_id, self.text())

    def _judge(self) -> None:
        problem = self._problem() if self.node_id else ""
        if self.node_id:
            self.said.emit(problem, bool(problem))
        set_style_property(self, "wrong", bool(problem))
