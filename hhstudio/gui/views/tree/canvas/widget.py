"""Canvas: the view on the tree with what floats over it, and what the window tells it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Signal
from PySide6.QtGui import QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec import rules
from hhstudio.core.spec.document import Diff, Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Solver
from hhstudio.gui.state.actions import Action, ActionRegistry, FocusKeys
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.commands import CANVAS, TreeCommands
from hhstudio.gui.views.tree.canvas.context_menu import ContextMenu
from hhstudio.gui.views.tree.canvas.cost_strip import CostStrip
from hhstudio.gui.views.tree.canvas.fix_menu import FixMenu
from hhstudio.gui.views.tree.canvas.minimap import Minimap
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.views.tree.canvas.note_field import NoteField
from hhstudio.gui.views.tree.canvas.overlays import AddButtons, EmptyHint, Message
from hhstudio.gui.views.tree.canvas.palette import Palette
from hhstudio.gui.views.tree.canvas.rename_field import RenameField
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.views.tree.canvas.view import TreeView
from hhstudio.gui.widgets.themed import Themed

READ_ONLY = "The tree is read-only while a run is on, but it can grow (G), freeze (Z) and fold (H)"
FIRST_STEPS = "Drag from the right side of a hypernetwork to add what it generates, or press Tab"
SMALL_TREE = 2
"""Trees up to this size still show how to go on."""
BUTTONS_FROM = 0.45
"""Zoom from which the add buttons are shown."""


class TreeCanvas(Themed, QWidget):
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
        self.commands = TreeCommands(self.editor, self.scene, self.view)
        self.registry: ActionRegistry | None = None
        self.for_solver: tuple[str, ...] = ()  # actions of the window, by id, in the menu of a solver
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
        self.note_field = NoteField(self.editor, self.view)
        self.palette_popup = Palette(self.editor, self)
        self._pinned = False
        self._announced: tuple[str, str] = ("", "")
        self._connect()
        self.follow_theme(recolour=False)
        self._show_hints()
        document.changed.connect(self._on_changed)
        over.installEventFilter(self)

    def _connect(self) -> None:
        self.view.said.connect(self._say)
        self.view.palette_requested.connect(self.open_palette)
        self.view.rename_requested.connect(self.rename)
        self.view.fixes_requested.connect(self.open_fixes)
        self.view.considered.connect(self.cost_strip.consider)
        self.cost_strip.said.connect(self._say)
        self.view.hovered_changed.connect(self._place_buttons)
        self.view.camera_changed.connect(self._on_camera)
        self.scene.arranged.connect(self._on_camera)
        for moved in (self.scene.arranged, self.scene.activity.glow_moved):
            moved.connect(self.minimap.forget_picture)
        self.scene.selectionChanged.connect(self._tell_selection)
        self.add_buttons.child_wanted.connect(self.commands.add_child)
        self.add_buttons.solver_wanted.connect(self.commands.add_solver)
        self.hint.start_wanted.connect(self.commands.start_single)
        self.hint.root_wanted.connect(lambda: self.editor.add_root())
        self.rename_field.said.connect(self._say)

    # what others use -----------------------------------------------------------------------------------

    def set_history(self, history: History | None) -> None:
        """Follow a run, live or reopened; None forgets it."""
        self.scene.set_history(history)

    def refresh(self, changes: Changes) -> None:
        """Show what changed in the run: accuracies, sparklines, the glow. Nothing is built anew."""
        self.scene.refresh(changes)

    def recolour(self) -> None:
        self.scene.recolour()

    def set_read_only(self, on: bool, reason: str = READ_ONLY, pinned: bool = False) -> None:
        """Refuse edits, with the reason, until it is turned off again. ``pinned``: the reason stays in view;
        that a run is on is said for a moment only."""
        is_new = on and reason != self.editor.locked
        self.editor.locked, self._pinned = reason if on else "", pinned
        if is_new and reason == READ_ONLY:
            self.message.say(reason)
        if on:
            self.view.cancel_gesture()
            self.palette_popup.hide()
            self.note_field.close_field(keep=False)
        self._show_hints()
        self._place_buttons()

    def look_back(self, step: int | None) -> None:
        """Show what the run did as it was at a step; None: as it is."""
        self.scene.activity.look_back(step)

    def show_instead(self, spec: Spec | None) -> None:
        """Draw another spec than the document's; None: the document again."""
        self.scene.show_instead(spec)

    @property
    def read_only(self) -> bool:
        return bool(self.editor.locked)

    def add_below(self, widget: QWidget) -> None:
        """Another widget, below the view."""
        self._column.addWidget(widget)

    def register(self, registry: ActionRegistry) -> None:
        """Put the canvas's commands into the table of actions; from now on their keys count here."""
        minimap = Action(
            "tree.minimap", "Show or hide the minimap", self.minimap.toggle, "M",
            lambda: bool(self.scene.nodes or self.scene.annotations.items),
            menu="View", group="camera", where=CANVAS,
        )  # fmt: skip
        registry.add(*self.commands.actions(), minimap)
        self.registry = registry
        FocusKeys(registry, "canvas", self.view, self._refuse)

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

    def show_selection(self, ids: list[str]) -> None:
        """Select what another view has selected; one node is scrolled to. Nodes that are not drawn are left
        out, and change nothing where none of them is."""
        drawn = [i for i in ids if i in self.scene.nodes or i in self.scene.annotations.items]
        if ids and not drawn:
            return
        if len(drawn) == 1 and drawn[0] in self.scene.nodes:
            self.select_node(drawn[0])
        else:
            self.scene.select(drawn)

    def fit(self) -> None:
        self.view.fit()

    # written and chosen in place -----------------------------------------------------------------------

    def rename(self, item_id: str) -> None:
        """Write in place: a node's name, a comment's text, a frame's title."""
        if item_id not in self.scene.nodes.keys() | self.scene.annotations.items.keys():
            return
        if self.editor.may_edit():
            (self.rename_field if item_id in self.scene.nodes else self.note_field).open(item_id)

    def open_fixes(self, node_id: str = "") -> None:
        """What can be done about a node's problems, or about the first ones of all."""
        place = self.view.viewport().rect().center()
        issues = rules.issues(self.document.spec)
        if node_id in self.scene.nodes:
            self.scene.select([node_id])
            issues = self.scene.issues_of(node_id)
            place = self.view.mapFromScene(self.scene.nodes[node_id].pos() + QPointF(WIDTH / 2, -HEIGHT / 2))
        menu = FixMenu(self.editor, issues, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.view.viewport().mapToGlobal(place))

    def open_palette(self, source: str, at: QPointF | None = None) -> None:
        """What ``source`` (empty: nothing) may generate, at a scene position or beside it."""
        if at is not None:
            place = self.view.mapFromScene(at)
        elif source in self.scene.nodes:
            corner = self.scene.nodes[source].pos() + QPointF(WIDTH / 2 + 10, -HEIGHT / 2)
            place = self._inside(self.view.mapFromScene(corner))
        else:
            place = self._inside(self.view.viewport().rect().center())
        self.palette_popup.open_for(source, at, self.view.viewport().mapToGlobal(place))

    def _inside(self, place: QPoint) -> QPoint:
        """The nearest place at which the palette does not hang over the view's right and lower sides."""
        room = self.view.viewport().rect().adjusted(0, 0, -self.palette_popup.width(), -40)
        return QPoint(min(max(place.x(), 0), room.right()), min(max(place.y(), 0), room.bottom()))

    def context_menu(self, at: QPointF | None = None) -> QMenu:
        """For what is selected; ``at``: the place on the paper. The canvas must have been registered."""
        assert self.registry is not None
        return ContextMenu(self.registry, self.commands, self, at, self.for_solver)

    # selection, messages, overlays ---------------------------------------------------------------------

    def _tell_selection(self) -> None:
        chosen = self.scene.selected_nodes
        self.selection_changed.emit(self.scene.selection)
        node = self.document.topology.by_id.get(chosen[0]) if len(chosen) == 1 else None
        path = node.name if isinstance(node, Solver) else ""
        before, self._announced = self._announced, (node.id if node else "", path)
        if self._announced[0] != before[0]:
            self.node_selected.emit(self._announced[0])
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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        place = self.view.viewport().mapFromGlobal(event.globalPos())
        by_mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        if self.registry is not None:
            self.context_menu(self.view.mapToScene(place) if by_mouse else None).popup(event.globalPos())
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
