"""View on the tree: gestures, hovering, walking by keys, and what is drawn behind and before the items."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPixmapCache,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from hhstudio.core.tree.alignment import Guide
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas import grid
from hhstudio.gui.views.tree.canvas.annotation_item import GRIP_CURSORS, AnnotationItem
from hhstudio.gui.views.tree.canvas.camera import CameraView
from hhstudio.gui.views.tree.canvas.edge_item import EdgeItem, curve
from hhstudio.gui.views.tree.canvas.gestures import GESTURES, Gesture, PanGesture, Press
from hhstudio.gui.views.tree.canvas.navigation import neighbour
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH, NodeItem
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.views.tree.canvas.task_drop import TaskDrop

PICTURES_KB = 64 * 1024
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class TreeView(CameraView):
    """Turns mouse and keys into gestures; edits through ``editor`` only."""

    palette_requested = Signal(str, object)
    """Id of the hypernetwork that shall generate what is chosen (empty: none), scene position (None: beside
    it, where the layout puts what is added)."""
    rename_requested = Signal(str)
    """Id of a node or of an annotation that is written in place."""
    fixes_requested = Signal(str)
    """Id of a node with a problem; empty for any."""
    considered = Signal(str, str)
    """A slot that may be drawn: ids of its source (empty: none) and its target (empty: something new)."""
    fold_clicked = Signal(str)
    hovered_changed = Signal(str)
    said = Signal(str, bool)
    """A message for the user; whether it is a refusal."""

    def __init__(self, scene: TreeScene, editor: TreeEditor, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.editor = editor
        self._tasks = TaskDrop(scene, editor)
        self.setAcceptDrops(True)
        self.gesture: Gesture | None = None
        self.hovered: NodeItem | None = None
        self._hovered_edge: EdgeItem | None = None
        self._hovered_note: AnnotationItem | None = None
        self._space = False
        self._band: QRectF | None = None
        self._draft: tuple[QPointF, QPointF, bool] | None = None
        self._guides: tuple[Guide, ...] = ()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        # Every card keeps its picture; the default of 10 MB is not enough for a thousand.
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), PICTURES_KB))
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setAutoFillBackground(False)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontSavePainterState)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        for turn_off in (self.setHorizontalScrollBarPolicy, self.setVerticalScrollBarPolicy):
            turn_off(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Tree of hypernetworks and solvers")
        self.setAccessibleDescription(
            "Arrow keys walk between nodes, with Ctrl they move what is selected; "
            "Enter renames, Delete removes"
        )

    def sizeHint(self) -> QSize:
        return QSize(900, 600)

    # what gestures show --------------------------------------------------------------------------------

    def say(self, text: str, warn: bool = False) -> None:
        self.said.emit(text, warn)

    def ask_palette(self, source: str, at: QPointF) -> None:
        """Something new shall be chosen there, for a hypernetwork to generate."""
        self.palette_requested.emit(source, at)

    def consider(self, source: str, target: str) -> None:
        """A slot that may be drawn; see :attr:`considered`."""
        self.considered.emit(source, target)

    def show_band(self, band: QRectF | None) -> None:
        self._band = band
        self.viewport().update()

    def show_draft(self, start: QPointF | None, end: QPointF | None, allowed: bool) -> None:
        """A slot that is being drawn; None takes it away."""
        self._draft = (start, end, allowed) if start is not None and end is not None else None
        self.viewport().update()

    @property
    def guides(self) -> tuple[Guide, ...]:
        """The lines that are shown because a dragged card has snapped to them."""
        return self._guides

    def show_guides(self, guides: tuple[Guide, ...]) -> None:
        """The lines to which a dragged card has snapped."""
        if guides or self._guides:
            self._guides = guides
            self.viewport().update()

    def is_free(self) -> bool:
        """Whether Alt is held: neither grid nor neighbours hold a drag."""
        return bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)

    # mouse ---------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.gesture is not None:
            return
        press = self._press(event)
        if press.node is not None and press.node.is_at_fold(press.at):
            self.fold_clicked.emit(press.node.node_id)
            event.accept()
            return
        if press.node is not None and press.node.is_at_badge(press.at):
            self.fixes_requested.emit(press.node.node_id)
            event.accept()
            return
        for kind in GESTURES:
            if kind.wants(press):
                self.gesture = kind(self, press)
                self.gesture.start()
                self._camera_moved |= kind is PanGesture
                if kind is PanGesture or press.slots is not None:
                    self.viewport().setCursor(kind.cursor)
                break
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        on_screen = event.position().toPoint()
        if self.gesture is not None:
            self.gesture.move(self.mapToScene(on_screen), on_screen)
        else:
            self._hover(self.mapToScene(on_screen))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture = self.gesture
        if gesture is not None and event.button() == gesture.press.button:
            self.gesture = None
            on_screen = event.position().toPoint()
            gesture.finish(self.mapToScene(on_screen), on_screen)
            self._rest_cursor(self.mapToScene(on_screen))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        press = self._press(event)
        if event.button() == Qt.MouseButton.LeftButton and press.node is not None:
            self.rename_requested.emit(press.node.node_id)
        elif event.button() == Qt.MouseButton.LeftButton and press.note is not None:
            self.rename_requested.emit(press.note.annotation_id)
        elif event.button() == Qt.MouseButton.LeftButton and press.slots is None:
            self.palette_requested.emit("", press.at)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.cancel_gesture()
        at = self.mapToScene(event.pos())
        item = self.tree.node_at(at) or self.tree.edge_at(at) or self.tree.annotations.at(at)
        if event.reason() == QContextMenuEvent.Reason.Mouse and (item is None or not item.isSelected()):
            self.tree.select([_id_of(item)] if item is not None else [])
        event.ignore()  # the widget around us shows the menu

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        if not self.viewport().rect().contains(self.viewport().mapFromGlobal(self.cursor().pos())):
            self._hover(None)

    def cancel_gesture(self) -> bool:
        """Esc: as if the gesture had not begun. False when there was none."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
            self._rest_cursor(None)
        return gesture is not None

    def _press(self, event: QMouseEvent) -> Press:
        on_screen = event.position().toPoint()
        at = self.mapToScene(on_screen)
        node, slots = self.tree.node_at(at), self.tree.slots_at(at)
        note = self.tree.annotations.at(at) if node is None and slots is None else None
        if note is not None and self.tree.edge_at(at) is not None:
            note = None
        return Press(at, on_screen, event.button(), event.modifiers(), self._space, node, slots, note)

    def _hover(self, at: QPointF | None) -> None:
        node = self.tree.node_at(at) if at is not None else None
        if node is None and at is not None and self.hovered is not None:
            reach = 16 / self.zoom
            room = QRectF(-WIDTH / 2, -HEIGHT / 2, WIDTH, HEIGHT).adjusted(-reach, -reach, reach, reach)
            if self.hovered.scene() is not None and room.contains(at - self.hovered.pos()):
                node = self.hovered  # on the way to its buttons
        self._set_hovered(node)
        edge = self.tree.edge_at(at) if at is not None and node is None else None
        if edge is not self._hovered_edge:
            for item, on in ((self._hovered_edge, False), (edge, True)):
                if item is not None:
                    item.show_state(hovered=on)
            self._hovered_edge = edge
        note = self.tree.annotations.at(at) if at is not None and node is None and edge is None else None
        if note is not self._hovered_note:
            for shown, on in ((self._hovered_note, False), (note, True)):
                if shown is not None:
                    shown.show_state(hovered=on)
            self._hovered_note = note
        self._rest_cursor(at)

    def _set_hovered(self, node: NodeItem | None) -> None:
        if node is self.hovered:
            return
        if self.hovered is not None:
            self.hovered.show_state(hovered=False)
        self.hovered = node
        if node is not None:
            node.show_state(hovered=True)
        self.hovered_changed.emit(node.node_id if node is not None else "")

    def forget_hover(self) -> None:
        """Items may be gone: hold on to none."""
        if self.hovered is not None and self.hovered.scene() is None:
            self.hovered = None
            self.hovered_changed.emit("")
        self._hovered_edge = self._hovered_note = None

    def _rest_cursor(self, at: QPointF | None) -> None:
        shape = Qt.CursorShape.ArrowCursor
        if self._space:
            shape = Qt.CursorShape.OpenHandCursor
        elif at is not None and self.tree.slots_at(at) is not None:
            shape = Qt.CursorShape.CrossCursor
        elif at is not None and self._hovered_note is not None:
            shape = GRIP_CURSORS.get(self._hovered_note.grip_at(at), Qt.CursorShape.SizeAllCursor)
        if self.viewport().cursor().shape() != shape:
            self.viewport().setCursor(shape)

    # tasks dropped onto paths --------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._tasks.takes(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()  # a file: the window's business

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        what = self._tasks.hover(self.mapToScene(event.position().toPoint()), event.mimeData())
        self.say(what, warn=bool(what) and what == self.editor.locked)
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(bool(what) and not self.editor.locked)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._tasks.leave()
        self.say("")

    def dropEvent(self, event: QDropEvent) -> None:
        self.say("")
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(self._tasks.drop(self.mapToScene(event.position().toPoint()), event.mimeData()))

    # keys ----------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self.gesture is not None:
            event.accept()  # until the gesture ends, keys are no commands
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if key == Qt.Key.Key_Escape:
            if not self.cancel_gesture():
                self.tree.clearSelection()
        elif key == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self._space = True
                self._rest_cursor(None)
        elif self.gesture is not None:
            pass
        elif plain and key in _ARROWS:
            self._walk(*_ARROWS[key])
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(self.tree.selection) == 1:
            self.rename_requested.emit(self.tree.selection[0])
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._rest_cursor(None)
            event.accept()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)

    def _walk(self, dx: int, dy: int) -> None:
        """Select the nearest card in a direction; the root (or the first card) when none is selected."""
        chosen = self.tree.selected_nodes
        seen = [item for item in self.tree.nodes.values() if item.isVisible()]
        places = {item.node_id: (item.pos().x(), item.pos().y()) for item in seen}
        if chosen:
            node = neighbour(self.editor.topology, places, chosen[-1], (dx, dy), self.tree.orientation)
        else:
            node = self.editor.topology.root or next(iter(places), None)
        if node is not None and node in self.tree.nodes:
            self.tree.select([node])
            self.show_node(self.tree.nodes[node])

    # painting ------------------------------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        grid.paint_paper(painter, QRectF(rect), self.tree.paints, self.zoom)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        paints = self.tree.paints
        if self._draft is not None:
            start, end, allowed = self._draft
            line = curve(start, end, self.tree.orientation)
            grid.paint_draft(painter, paints, line, end, allowed)
        if self._guides:
            grid.paint_guides(painter, paints, self._guides)
        if self._band is not None:
            grid.paint_band(painter, paints, self._band)


def _id_of(item: NodeItem | EdgeItem | AnnotationItem) -> str:
    if isinstance(item, NodeItem):
        return item.node_id
    return item.slot_id if isinstance(item, EdgeItem) else item.annotation_id
