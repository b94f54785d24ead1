"""Commands of the tree: what can be done with it and with what is selected, and their rows in the table of
actions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QPointF, QRectF

from hhstudio.core.spec import rules
from hhstudio.core.tree.alignment import ALIGNMENTS, Alignment, Box
from hhstudio.core.tree.annotations import COLORS, AnnotationColor
from hhstudio.core.tree.topology import Hypernetwork
from hhstudio.gui.state.actions import Action
from hhstudio.gui.state.tree_clipboard import TreeClipboard
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.views.tree.canvas.parent_chooser import choose_parent
from hhstudio.gui.views.tree.canvas.scene import TreeScene
from hhstudio.gui.views.tree.canvas.view import TreeView

CANVAS, OUTLINE = ("canvas",), ("outline",)
BOTH = (*CANVAS, *OUTLINE)
"""Areas of the window in which keys of the tree count."""


class TreeCommands:
    """Act on what is selected in ``scene`` through ``editor``; what is new is selected and brought into
    ``view``."""

    def __init__(self, editor: TreeEditor, scene: TreeScene, view: TreeView) -> None:
        self.editor, self.scene, self.view = editor, scene, view
        self.clipboard = TreeClipboard(editor)

    # nodes ---------------------------------------------------------------------------------------------

    def start_single(self) -> None:
        """A root with one solver, on an empty canvas."""
        if self.editor.start_single():
            self.view.fit()

    def selected_hypernetwork(self) -> str:
        """The hypernetwork to which something is added: the selected one, the one that generates the
        selected solver, else the root; or empty."""
        topology = self.editor.topology
        for node_id in self.scene.selected_nodes:
            if isinstance(topology.by_id.get(node_id), Hypernetwork):
                return node_id
            parent = topology.parent(node_id)
            if parent is not None:
                return parent.id
        return topology.root or ""

    def add_child(self, parent: str = "") -> None:
        parent = parent or self.selected_hypernetwork()
        self._show_added(self.editor.add_child(parent) if parent else self.editor.add_root())

    def add_solver(self, parent: str = "") -> None:
        parent = parent or self.selected_hypernetwork()
        if parent:
            self._show_added(self.editor.add_solver(parent))
        else:
            self.editor.say("Select a hypernetwork: it generates the solver")

    def open_palette(self) -> None:
        """What can be added below the selected hypernetwork."""
        self.view.palette_requested.emit(self.selected_hypernetwork(), None)

    def rename(self) -> None:
        """Write in place: a node's name, a comment's text, a frame's title."""
        items = [*self.scene.selected_nodes, *self.scene.selected_annotations]
        if len(items) == 1:
            self.view.rename_requested.emit(items[0])

    def open_fixes(self) -> None:
        """What can be done about the selected node's problems, or about the first ones of all."""
        nodes = self.scene.selected_nodes
        one = nodes[0] if len(nodes) == 1 and self.scene.issues_of(nodes[0]) else ""
        self.view.fixes_requested.emit(one)

    def remove(self) -> None:
        self.editor.remove(self.scene.selection)

    def move_among(self, by: int) -> None:
        """Earlier (-1) or later (1) among its siblings."""
        for node_id in self.scene.selected_nodes[:1]:
            self.editor.move_among(node_id, by)

    def move_below(self) -> None:
        """Choose which hypernetwork shall generate the selected nodes from now on."""
        choose_parent(self.editor, self.scene.selected_nodes, self.view.window())

    def disconnect_selected(self) -> None:
        """Take the selected slots away, and those that generate the selected nodes."""
        incoming = self.editor.topology.incoming
        above = [incoming[i].id for i in self.scene.selected_nodes if i in incoming]
        self.editor.remove(dict.fromkeys([*self.scene.selected_slots, *above]))

    def make_root(self) -> None:
        self.editor.make_root(self._loose_hypernetwork())

    # clipboard and selection ---------------------------------------------------------------------------

    def cut(self) -> None:
        self.clipboard.cut(self.scene.selection)

    def copy(self) -> None:
        if self.clipboard.copy(self.scene.selection):
            self.view.say("Copied: paste it here or in another window")

    def paste(self) -> None:
        self._show_pasted(self.clipboard.paste(self.scene.selection))

    def duplicate(self) -> None:
        self._show_pasted(self.clipboard.duplicate(self.scene.selection))

    def select_all(self) -> None:
        self.scene.select([*self.scene.nodes, *self.scene.annotations.items])

    def select_subtree(self) -> None:
        topology = self.editor.topology
        self.scene.select([below for i in self.scene.selected_nodes for below in topology.subtree(i)])

    # places and notes ----------------------------------------------------------------------------------

    def pin(self) -> None:
        """Pin the selected nodes where they are, or release them when all are pinned."""
        goals = self.scene.placement.goals
        places = {i: goals[i] for i in self.scene.selected_nodes if i in goals}
        self.editor.pin(places, not self._all_pinned())

    def align(self, how: Alignment) -> None:
        self.editor.align(self._selected_boxes(), how)

    def nudge(self, dx: int, dy: int) -> None:
        """Move what is selected by a step of the grid."""
        self.editor.nudge(self.scene.selection, self.scene.placement.goals, dx, dy)

    def flip(self) -> None:
        """Let the tree grow in the other direction."""
        if self.editor.turn():
            self.view.fit()

    def add_comment(self, at: QPointF | None = None) -> None:
        """A comment there, or in the middle of the view, ready to be written."""
        self._write_new(self.editor.add_annotation("comment", self._place(at)))

    def add_frame(self, at: QPointF | None = None) -> None:
        """A frame around what is selected; with nothing selected there, or in the middle of the view."""
        boxes = self._selected_boxes()
        if boxes and at is None:
            self._write_new(self.editor.add_frame(boxes.values()))
        else:
            self._write_new(self.editor.add_annotation("frame", self._place(at), text="Frame"))

    # what is new ---------------------------------------------------------------------------------------

    def _show_added(self, node_id: str | None) -> None:
        if node_id is not None:
            self.scene.reveal(node_id)
            self.scene.select([node_id])
            goal = self.scene.goal(node_id)
            card = QRectF(goal.x() - WIDTH / 2, goal.y() - HEIGHT / 2, WIDTH, HEIGHT)
            self.view.ensureVisible(card, 40, 40)

    def _show_pasted(self, ids: Iterable[str]) -> None:
        if ids:
            self.scene.select(ids)
            self.scene.settle()
            for item in self.scene.selectedItems()[:1]:
                self.view.ensureVisible(item, 60, 60)

    def _write_new(self, annotation_id: str | None) -> None:
        if annotation_id is not None:
            self.scene.select([annotation_id])
            self.view.rename_requested.emit(annotation_id)

    def _place(self, at: QPointF | None) -> tuple[int, int]:
        place = at if at is not None else self.view.mapToScene(self.view.viewport().rect().center())
        return round(place.x()), round(place.y())

    def _selected_boxes(self) -> dict[str, Box]:
        """Left, top, width, height of selected cards and notes."""
        scene = self.scene
        boxes: dict[str, Box] = {i: scene.annotations.items[i].box for i in scene.selected_annotations}
        for i in scene.selected_nodes:
            middle = scene.goal(i)
            boxes[i] = middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2, WIDTH, HEIGHT
        return boxes

    def _loose_hypernetwork(self) -> str:
        """The selected node, if it may become the root; or empty."""
        topology, nodes = self.editor.topology, self.scene.selected_nodes
        if len(nodes) != 1 or nodes[0] in topology.incoming or nodes[0] == topology.root:
            return ""
        return nodes[0] if isinstance(topology.by_id.get(nodes[0]), Hypernetwork) else ""

    def _all_pinned(self) -> bool:
        by_id = self.editor.topology.by_id
        nodes = [by_id[i] for i in self.scene.selected_nodes if i in by_id]
        return bool(nodes) and all(node.pinned for node in nodes)

    # the table -----------------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        """Every command with its title and its keys."""
        editor, scene, view = self.editor, self.scene, self.view

        def row(
            name: str,
            title: str,
            keys: str,
            do: Callable[[], object],
            when: Callable[[], bool],
            group: str,
            menu: str = "Tree",
            where: tuple[str, ...] = BOTH,
            **more: Any,
        ) -> Action:
            return Action(
                f"tree.{name}", title, do, keys, when, reason_when_disabled=lambda: editor.locked,
                menu=menu, group=group, where=where, **more,
            )  # fmt: skip

        def editable() -> bool:
            return not editor.locked

        def any_nodes() -> bool:
            return bool(scene.nodes or scene.annotations.items)

        def selected() -> bool:
            return bool(scene.selection)

        def removable() -> bool:
            return editable() and selected()

        def movable() -> bool:
            return editable() and bool(scene.selected_nodes or scene.selected_annotations)

        def nodes_selected() -> bool:
            return editable() and bool(scene.selected_nodes)

        def disconnectable() -> bool:
            return editable() and bool(scene.selected_nodes or scene.selected_slots)

        def one_node() -> bool:
            return editable() and len(scene.selected_nodes) == 1

        def one_thing() -> bool:
            return editable() and len(scene.selected_nodes) + len(scene.selected_annotations) == 1

        def has_problems() -> bool:
            return editable() and bool(rules.issues(editor.document.spec))

        def can_have_solver() -> bool:
            return editable() and bool(self.selected_hypernetwork())

        def align(how: Alignment, keys: str = "") -> Action:
            title = ALIGNMENTS[how]
            return row(f"align.{how}", title, keys, lambda: self.align(how), movable, "align", "Tree/Align")

        def nudge(side: str, dx: int, dy: int) -> Action:
            return row(
                f"nudge.{side}", f"Move {side} by a step", f"Ctrl+{side.capitalize()}",
                lambda: self.nudge(dx, dy), movable, "align", "Tree/Move by a step", CANVAS,
            )  # fmt: skip

        def color(name: AnnotationColor) -> Action:
            return row(
                f"color.{name}", name.capitalize(), "",
                lambda: editor.color_annotations(scene.selected_annotations, name),
                lambda: editable() and bool(scene.selected_annotations), "notes", "Tree/Colour of notes",
            )  # fmt: skip

        return [
            row("add_child", "Add child hypernetwork", "C; Ins", self.add_child, editable, "add",
                tip="Add a hypernetwork that the selected one generates", icon="hypernetwork"),
            row("add_solver", "Add solver", "S; Shift+Ins", self.add_solver, can_have_solver, "add",
                tip="Add a solver to the selected hypernetwork, and with it a path", icon="solver"),
            row("palette", "Add from palette…", "Tab", self.open_palette, editable, "add", where=CANVAS),
            row("rename", "Rename", "F2", self.rename, one_thing, "edit",
                tip="Rename a node, or write in a comment or frame"),
            row("fix", "Fix a problem…", "Ctrl+.", self.open_fixes, has_problems, "edit",
                tip="What can be done about what is wrong with the selected node, or with the tree"),
            row("remove", "Remove with its subtree", "Del; Backspace", self.remove, removable, "edit",
                icon="trash"),
            row("cut", "Cut", "Ctrl+X", self.cut, movable, "clipboard", "Edit",
                tip="Copy nodes with what is below them, and remove them"),
            row("copy", "Copy", "Ctrl+C", self.copy, selected, "clipboard", "Edit",
                tip="Copy nodes with what is below them, as text that another window can paste"),
            row("paste", "Paste", "Ctrl+V", self.paste, editable, "clipboard", "Edit",
                tip="Paste below the selected hypernetwork"),
            row("duplicate", "Duplicate", "Ctrl+D", self.duplicate, movable, "clipboard", "Edit"),
            row("select_all", "Select everything", "Ctrl+A", self.select_all, any_nodes, "select", "Edit"),
            row("select_subtree", "Select the subtree", "Ctrl+Shift+A", self.select_subtree,
                lambda: bool(scene.selected_nodes), "select", "Edit"),
            row("earlier", "Earlier among its siblings", "Ctrl+Up", lambda: self.move_among(-1), one_node,
                "order", where=OUTLINE),
            row("later", "Later among its siblings", "Ctrl+Down", lambda: self.move_among(1), one_node,
                "order", where=OUTLINE),
            row("move_below", "Move below…", "Ctrl+M", self.move_below, nodes_selected, "order",
                tip="Choose which hypernetwork generates the selected nodes"),
            row("disconnect", "Disconnect", "Ctrl+Shift+X", self.disconnect_selected, disconnectable,
                "order", tip="Make the selected nodes loose: nothing generates them any more"),
            row("make_root", "Make it the root", "", self.make_root,
                lambda: editable() and bool(self._loose_hypernetwork()), "order"),
            row("comment", "Add a comment", "N", self.add_comment, editable, "notes",
                tip="A text on the canvas"),
            row("frame", "Frame the selection", "Ctrl+G", self.add_frame, editable, "notes",
                tip="A titled rectangle that takes along what stands in it"),
            *map(color, COLORS),
            align("left", "Ctrl+Alt+Left"),
            align("centre"),
            align("right", "Ctrl+Alt+Right"),
            align("top", "Ctrl+Alt+Up"),
            align("middle"),
            align("bottom", "Ctrl+Alt+Down"),
            align("across"),
            align("down"),
            nudge("left", -1, 0),
            nudge("right", 1, 0),
            nudge("up", 0, -1),
            nudge("down", 0, 1),
            row("pin", "Pinned in its place", "P", self.pin, nodes_selected, "layout",
                checked_when=self._all_pinned,
                tip="Pinned nodes stay where they are when the tree is tidied"),
            row("tidy", "Tidy layout", "Ctrl+L", editor.tidy, editable, "layout",
                tip="Give every node that is not pinned back to the automatic layout"),
            row("flip", "Grow downwards or to the right", "Ctrl+Shift+L", self.flip, editable, "layout"),
            row("fit", "Fit the tree", "F", view.fit, any_nodes, "camera", "View", CANVAS),
            row("fit_selection", "Fit the selection", "Shift+F", lambda: view.fit(selection_only=True),
                any_nodes, "camera", "View", CANVAS),
            row("zoom_in", "Zoom in", "Ctrl++; Ctrl+=", lambda: view.zoom_by(1.25), any_nodes, "camera",
                "View", CANVAS),
            row("zoom_out", "Zoom out", "Ctrl+-", lambda: view.zoom_by(0.8), any_nodes, "camera",
                "View", CANVAS),
        ]  # fmt: skip
