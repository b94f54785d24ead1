"""The canvas as one widget: the view, what floats over it, and the ways in and out."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QRectF, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, Solver
from hhstudio.gui.state.actions import Action
from hhstudio.gui.state.tree_clipboard import TreeClipboard
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.actions import actions
from hhstudio.gui.views.tree.canvas.cost_strip import CostStrip
from hhstudio.gui.views.tree.canvas.menus import context_menu, fix_menu
from hhstudio.gui.views.tree.canvas.minimap import Minimap
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.views.tree.canvas.note_field import NoteField
from hhstudio.gui.views.tree.canvas.notes import Annotating
from hhstudio.gui.views.tree.canvas.overlays import AddButtons, EmptyHint, Message, Overlay
from hhstudio.gui.views.tree.canvas.palette import Palette
from hhstudio.gui.views.tree.canvas.rename import RenameField
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.views.tree.canvas.view import TreeView
from hhstudio.gui.widgets.theme import LIGHT, Theme

READ_ONLY = "The tree is read-only while a run is on, but it can grow (G), freeze (Z) and fold (H)"
FIRST_STEPS = "Drag from the right side of a hypernetwork to add what it generates, or press Tab"
SMALL_TREE = 2
"""Trees up to this size still show how to go on."""
BUTTONS_FROM = 0.45
"""Zoom from which the add buttons are shown."""


class TreeCanvas(QWidget):
    """Shows and edits a document's tree; lives with a run's history.

    Signals: ``path_selected`` name of the path whose solver was selected (or the one that was last
    selected alone); ``node_selected`` id of the one selected node, empty for none or several;
    ``selection_changed`` ids of all nodes, slots and annotations that are selected;
    ``status_message`` what a user should read, empty when that is over.
    """

    path_selected = Signal(str)
    node_selected = Signal(str)
    selection_changed = Signal(object)
    status_message = Signal(str)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document = document
        self.editor = TreeEditor(document, self._refuse)
        self.scene = TreeScene(document)
        self.scene.setParent(self)
        self.view = TreeView(self.scene, self.editor, self)
        self.drawing = self.view.drawing
        self.clipping = TreeClipboard(self.editor)
        self.notes = Annotating(self)
        self.view.key_handler = self._handle_key
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.view, 1)
        self.cost_strip = CostStrip(document, self)
        column.addWidget(self.cost_strip)
        self.setFocusProxy(self.view)
        over = self.view.viewport()
        self.add_buttons = AddButtons(over)
        self.message = Message(over)
        self.hint = EmptyHint(over)
        self.minimap = Minimap(self.view, over)
        self.rename_field = RenameField(self.editor, self.view)
        self.note_field = NoteField(self.drawing, self.view)
        self.palette_popup = Palette(self.editor, self)
        self._actions = actions(self)
        self.for_solvers: tuple[Action, ...] = ()  # the window's, in the menu of a solver
        self._overlays: list[Overlay] = []
        self._pinned = False
        self._told: tuple[str, str] = ("", "")
        self._connect()
        self.set_theme(LIGHT)
        self._show_hints()
        document.changed.connect(self._on_changed)
        over.installEventFilter(self)

    def _connect(self) -> None:
        self.view.said.connect(self._say)
        self.view.palette_requested.connect(self._open_palette)
        self.view.rename_requested.connect(self.rename)
        self.view.badge_clicked.connect(self.open_fixes)
        self.view.considered.connect(self.cost_strip.consider)
        self.cost_strip.said.connect(self._say)
        self.view.hovered_changed.connect(self._place_buttons)
        self.view.camera_changed.connect(self._on_camera)
        self.scene.arranged.connect(self._on_camera)
        for moved in (self.scene.arranged, self.scene.glow_moved):
            moved.connect(self.minimap.forget_picture)
        self.scene.selectionChanged.connect(self._tell_selection)
        self.add_buttons.child_wanted.connect(self.add_child)
        self.add_buttons.solver_wanted.connect(self.add_solver)
        self.hint.start_wanted.connect(self.start_single)
        self.hint.root_wanted.connect(lambda: self.editor.add_root())
        self.rename_field.said.connect(self._say)

    # what others use -----------------------------------------------------------------------------------

    def set_history(self, history: History | None) -> None:
        """Follow a run, live or reopened; None forgets it."""
        self.scene.set_history(history)

    def refresh(self, changes: Changes) -> None:
        """Show what changed in the run: accuracies, sparklines, the glow. Nothing is built anew."""
        self.scene.refresh(changes)

    def set_theme(self, theme: Theme) -> None:
        self.scene.set_theme(theme)
        for part in (
            self.add_buttons, self.message, self.hint, self.minimap, self.rename_field, self.note_field,
            self.palette_popup, self.cost_strip,
        ):  # fmt: skip
            part.set_theme(theme)
        for overlay in self._overlays:
            overlay.set_theme(theme)
        self.view.viewport().update()

    def set_read_only(self, on: bool, reason: str = READ_ONLY, pinned: bool = False) -> None:
        """Refuse edits, with the reason, until it is turned off again. ``pinned``: the reason stays in view;
        that a run is on is said for a moment only."""
        news = on and reason != self.editor.locked
        self.editor.locked, self._pinned = reason if on else "", pinned
        if news and reason == READ_ONLY:
            self.message.say(reason)
        if on:
            self.view.cancel_gesture()
            self.palette_popup.hide()
            self.note_field.close_field(keep=False)
        self._show_hints()
        self._place_buttons()

    @property
    def read_only(self) -> bool:
        return bool(self.editor.locked)

    def add_overlay(self, overlay: Overlay, below: bool = False) -> None:
        """Another widget that wears the canvas's theme, over the view or ``below`` it."""
        self._overlays.append(overlay)
        overlay.set_theme(self.scene.paints.theme)
        if below:
            self._column.addWidget(overlay)  # type: ignore[arg-type]

    def add_actions(self, more: list[Action]) -> None:
        """Have keys of others work here, too. Before the actions are registered."""
        self._actions = [*self._actions, *more]

    def actions(self) -> list[Action]:  # type: ignore[override]
        """What can be done here, for the registry (scope "widget")."""
        return list(self._actions)

    def rebind(self, action_id: str, shortcut: str) -> None:
        """The user chose other keys for an action."""
        self._actions = [a.with_keys(shortcut) if a.id == action_id else a for a in self._actions]

    def select_path(self, name: str) -> None:
        """Select the solver of a path and scroll to it; unknown names are ignored."""
        for path in self.document.topology.paths:
            if path.name == name and path.solver in self.scene.nodes:
                self.scene.reveal(path.solver)
                self.scene.select([path.solver])
                self.view.show_node(self.scene.nodes[path.solver])

    def select_node(self, node_id: str) -> None:
        if node_id in self.scene.nodes:
            self.scene.reveal(node_id)
            self.scene.select([node_id])
            self.view.show_node(self.scene.nodes[node_id])

    def fit(self) -> None:
        self.view.fit()

    # commands ------------------------------------------------------------------------------------------

    def start_single(self) -> None:
        if self.editor.may_edit():
            self.document.apply_topology("Start with a root and a solver", editing.single())
            self.view.fit()

    def selected_hypernetwork(self) -> str:
        """The hypernetwork to which something is added: the selected one, the one that generates the
        selected solver, else the root; or empty."""
        topology = self.document.topology
        for node_id in self.scene.selected_nodes:
            if isinstance(topology.by_id.get(node_id), Hypernetwork):
                return node_id
            parent = topology.parent(node_id)
            if parent is not None:
                return parent.id
        return topology.root or ""

    def add_child(self, parent: str = "") -> None:
        parent = parent or self.selected_hypernetwork()
        self._added(self.editor.add_child(parent) if parent else self.editor.add_root())

    def add_solver(self, parent: str = "") -> None:
        parent = parent or self.selected_hypernetwork()
        if parent:
            self._added(self.editor.add_solver(parent))
        else:
            self._refuse("Select a hypernetwork: it generates the solver")

    def remove_selected(self) -> None:
        self.editor.remove(self.scene.selection)

    def copy(self) -> None:
        if self.clipping.copy(self.scene.selection):
            self._say("Copied: paste it here or in another window", False)

    def cut(self) -> None:
        self.clipping.cut(self.scene.selection)

    def paste(self) -> None:
        self._show_new(self.clipping.paste(self.scene.selection))

    def duplicate(self) -> None:
        self._show_new(self.clipping.duplicate(self.scene.selection))

    def select_all(self) -> None:
        self.scene.select([*self.scene.nodes, *self.scene.annotations.items])

    def select_subtree(self) -> None:
        topology = self.document.topology
        self.scene.select([below for i in self.scene.selected_nodes for below in topology.subtree(i)])

    def open_fixes(self, node_id: str = "") -> None:
        """What can be done about a node's problems, or about the first ones of all."""
        chosen = self.scene.selected_nodes
        if not node_id and len(chosen) == 1 and self.scene.issues_of(chosen[0]):
            node_id = chosen[0]
        place = self.view.viewport().rect().center()
        if node_id in self.scene.nodes:
            self.scene.select([node_id])
            place = self.view.mapFromScene(self.scene.nodes[node_id].pos() + QPointF(WIDTH / 2, -HEIGHT / 2))
        fix_menu(self, node_id).popup(self.view.viewport().mapToGlobal(place))

    def rename(self, item_id: str = "") -> None:
        """Write in place: a node's name, a comment's text, a frame's title."""
        chosen = [*self.scene.selected_nodes, *self.scene.selected_annotations]
        item_id = item_id or (chosen[0] if len(chosen) == 1 else "")
        if item_id in self.scene.annotations.items:
            self.notes.write(item_id)
        if item_id not in self.scene.nodes or not self.editor.may_edit():
            return
        self.scene.settle()
        item = self.scene.nodes[item_id]
        corner = self.view.mapFromScene(item.pos() + QPointF(-WIDTH / 2 + 44, -HEIGHT / 2 + 4))
        width = max(120, int((WIDTH - 52) * self.view.zoom))
        self.rename_field.open(
            item_id, QRect(corner, corner + QPoint(width, max(26, int(26 * self.view.zoom))))
        )

    def _show_new(self, ids: tuple[str, ...]) -> None:
        """Select what was pasted, and scroll there."""
        if ids:
            self.scene.select(ids)
            self.scene.settle()
            for item in self.scene.selectedItems()[:1]:
                self.view.ensureVisible(item, 60, 60)

    def open_palette(self) -> None:
        """The palette for the selected hypernetwork, near it."""
        source = self.selected_hypernetwork()
        place = self.view.viewport().rect().center()
        if source in self.scene.nodes:
            place = self.view.mapFromScene(
                self.scene.nodes[source].pos() + QPointF(WIDTH / 2 + 10, -HEIGHT / 2)
            )
        inside = self.view.viewport().rect().adjusted(0, 0, -self.palette_popup.width(), -40)
        place = QPoint(min(max(place.x(), 0), inside.right()), min(max(place.y(), 0), inside.bottom()))
        self.palette_popup.open(source, None, self.view.viewport().mapToGlobal(place))

    def flip(self) -> None:
        """Let the tree grow in the other direction."""
        if self.drawing.turn():
            self.view.fit()

    # selection, messages, overlays ---------------------------------------------------------------------

    def _added(self, node_id: str | None) -> None:
        if node_id is not None:
            self.scene.reveal(node_id)
            self.scene.select([node_id])
            goal = self.scene.goal(node_id)
            self.view.ensureVisible(
                QRectF(goal.x() - WIDTH / 2, goal.y() - HEIGHT / 2, WIDTH, HEIGHT), 40, 40
            )

    def _open_palette(self, source: str, at: QPointF) -> None:
        self.palette_popup.open(source, at, self.view.viewport().mapToGlobal(self.view.mapFromScene(at)))

    def _tell_selection(self) -> None:
        chosen = self.scene.selected_nodes
        self.selection_changed.emit(self.scene.selection)
        node = self.document.topology.by_id.get(chosen[0]) if len(chosen) == 1 else None
        path = node.name if isinstance(node, Solver) else ""
        told = (node.id if node else "", path)
        before, self._told = self._told, told
        if told[0] != before[0]:
            self.node_selected.emit(told[0])
        if path and path != before[1]:
            self.path_selected.emit(path)
        self._place_buttons()

    def _refuse(self, text: str) -> None:
        self._say(text, True)

    def _say(self, text: str, warn: bool) -> None:
        self.message.say(text, warn)
        self.status_message.emit(text)

    def _on_changed(self, diff: Diff) -> None:
        self.view.forget_hover()
        if self.rename_field.node_id and self.rename_field.node_id not in self.document.topology.by_id:
            self.rename_field.hide()
        self._show_hints()
        if diff.removed:
            self._tell_selection()
        if not (self.document.done or self.document.undone):  # another document was opened
            self.view.fit()

    def _show_hints(self) -> None:
        topology = self.document.topology
        empty = not topology.nodes and not topology.annotations
        self.hint.setVisible(empty and not self.read_only)
        self.hint.place()
        if self.read_only:
            self.message.pin(self.editor.locked if self._pinned else "")
        else:
            self.message.pin(FIRST_STEPS if 0 < len(topology.nodes) <= SMALL_TREE else "")

    def _on_camera(self) -> None:
        self._place_buttons()
        self.minimap.follow()
        self.hint.place()  # scrolling has moved what lies on the paper
        self.message.place()
        if self.rename_field.node_id:
            self.rename_field.hide()
        self.note_field.close_field(keep=True)

    def _place_buttons(self, _hovered: str = "") -> None:
        """Beside the hovered hypernetwork, or the selected one."""
        item = self.view.hovered
        chosen = self.scene.selected_nodes
        if (item is None or item.text.kind != "hypernetwork") and len(chosen) == 1:
            item = self.scene.nodes.get(chosen[0])
        fits = item is not None and item.text.kind == "hypernetwork" and self.view.zoom >= BUTTONS_FROM
        if not fits or self.read_only or self.view.gesture is not None:
            self.add_buttons.hide()
            return
        assert item is not None
        side = HEIGHT / 2 if self.scene.orientation == "horizontal" else -HEIGHT / 2
        corner = item.pos() + QPointF(WIDTH / 2 - 8, side)
        self.add_buttons.show_at(item.node_id, self.view.mapFromScene(corner))

    # events --------------------------------------------------------------------------------------------

    def _handle_key(self, event: QKeyEvent) -> bool:
        """Keys work here without a menu bar, too."""
        pressed = QKeySequence(event.keyCombination())
        for action in self._actions:
            if action.shortcut and pressed in QKeySequence.listFromString(action.shortcut):
                if action.enabled:
                    action.callback()
                return True
        return False

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self.view.viewport().mapFromGlobal(event.globalPos())
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        menu: QMenu = context_menu(self, self.view.mapToScene(place) if by_mouse else None)
        menu.popup(event.globalPos())
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.hint.place()
            self.message.place()
            self.minimap.follow()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.minimap.follow()

    def release(self) -> None:
        """Stop following the document; for when the window goes."""
        self.document.changed.disconnect(self._on_changed, missing_ok=True)
        self.scene.release()
        self.cost_strip.release()
