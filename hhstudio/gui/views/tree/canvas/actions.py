"""What can be done on the canvas, as actions for menus, palette and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hhstudio.core.spec import rules
from hhstudio.core.tree.alignment import ALIGNMENTS, Alignment
from hhstudio.core.tree.annotations import COLORS, AnnotationColor
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


def actions(canvas: TreeCanvas) -> list[Action]:
    """Every action with its key; callbacks hold the canvas."""
    scene, view, editor = canvas.scene, canvas.view, canvas.editor

    def editable() -> bool:
        return not editor.locked

    def has_nodes() -> bool:
        return bool(scene.nodes or scene.annotations.items)

    def chosen() -> bool:
        return editable() and bool(scene.selection)

    def has_problems() -> bool:
        return editable() and bool(rules.issues(canvas.document.spec))

    def may_grow() -> bool:
        return editable() and bool(canvas.selected_hypernetwork())

    def reason() -> str:
        return editor.locked

    def make(
        name: str,
        title: str,
        key: str,
        callback: Callable[[], object],
        when: Callable[[], bool] | None = None,
        group: str = "",
        menu: str = "Tree",
        tip: str = "",
        image: str = "",
        checked: Callable[[], bool] | None = None,
    ) -> Action:
        return Action(
            id=f"tree.{name}",
            title=title,
            callback=callback,
            shortcut=key,
            enabled_when=when,
            checked_when=checked,
            reason_when_disabled=reason,
            menu=menu,
            group=group,
            tip=tip,
            icon=image,
            scope="widget",
        )

    def selected() -> bool:
        return bool(scene.selection)

    def movable() -> bool:
        return editable() and bool(scene.selected_nodes or scene.selected_annotations)

    def nodes_chosen() -> bool:
        return editable() and bool(scene.selected_nodes)

    def one_thing() -> bool:
        return editable() and len(scene.selected_nodes) + len(scene.selected_annotations) == 1

    def all_pinned() -> bool:
        by_id = canvas.document.topology.by_id
        chosen = [by_id[i] for i in scene.selected_nodes if i in by_id]
        return bool(chosen) and all(node.pinned for node in chosen)

    def pin() -> None:
        canvas.drawing.pin(scene.selected_nodes, not all_pinned())

    def align(how: Alignment, key: str = "") -> Action:
        return make(
            f"align.{how}",
            ALIGNMENTS[how],
            key,
            lambda: canvas.notes.align(how),
            movable,
            "align",
            "Tree/Align",
        )

    def color(name: AnnotationColor) -> Action:
        return make(
            f"color.{name}", name.capitalize(), "",
            lambda: canvas.drawing.color(scene.selected_annotations, name),
            lambda: editable() and bool(scene.selected_annotations), "notes", "Tree/Colour of notes",
        )  # fmt: skip

    return [
        make("add_child", "Add child hypernetwork", "C", lambda: canvas.add_child(), editable, "add",
             tip="Add a hypernetwork that the selected one generates", image="hypernetwork"),
        make("add_solver", "Add solver", "S", lambda: canvas.add_solver(), may_grow, "add",
             tip="Add a solver to the selected hypernetwork, and with it a path", image="solver"),
        make("palette", "Add from palette…", "Tab", canvas.open_palette, editable, "add"),
        make("rename", "Rename", "F2", lambda: canvas.rename(), one_thing, "edit",
             tip="Rename a node, or write in a comment or frame"),
        make("fix", "Fix a problem…", "Ctrl+.", canvas.open_fixes, has_problems, "edit",
             tip="What can be done about what is wrong with the selected node, or with the tree"),
        make("remove", "Remove with its subtree", "Del; Backspace", canvas.remove_selected, chosen, "edit",
             image="trash"),
        make("cut", "Cut", "Ctrl+X", canvas.cut, movable, "clipboard", "Edit",
             tip="Copy nodes with what is below them, and remove them"),
        make("copy", "Copy", "Ctrl+C", canvas.copy, selected, "clipboard", "Edit",
             tip="Copy nodes with what is below them, as text that another window can paste"),
        make("paste", "Paste", "Ctrl+V", canvas.paste, editable, "clipboard", "Edit",
             tip="Paste below the selected hypernetwork"),
        make("duplicate", "Duplicate", "Ctrl+D", canvas.duplicate, movable, "clipboard", "Edit"),
        make("select_all", "Select everything", "Ctrl+A", canvas.select_all, has_nodes, "select", "Edit"),
        make("select_subtree", "Select the subtree", "Ctrl+Shift+A", canvas.select_subtree,
             lambda: bool(scene.selected_nodes), "select", "Edit"),
        make("comment", "Add a comment", "N", lambda: canvas.notes.add_comment(), editable, "notes",
             tip="A text on the canvas"),
        make("frame", "Frame the selection", "Ctrl+G", lambda: canvas.notes.add_frame(), editable, "notes",
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
        make("pin", "Pinned in its place", "P", pin, nodes_chosen, "layout", checked=all_pinned,
             tip="Pinned nodes stay where they are when the tree is tidied"),
        make("tidy", "Tidy layout", "Ctrl+L", editor.tidy, editable, "layout",
             tip="Give every node that is not pinned back to the automatic layout"),
        make("flip", "Grow downwards or to the right", "Ctrl+Shift+L", canvas.flip, editable, "layout"),
        make("fit", "Fit the tree", "F", canvas.fit, has_nodes, "camera", "View"),
        make("fit_selection", "Fit the selection", "Shift+F", lambda: view.fit(selection_only=True),
             has_nodes, "camera", "View"),
        make("zoom_in", "Zoom in", "Ctrl++; Ctrl+=", lambda: view.zoom_by(1.25), has_nodes, "camera", "View"),
        make("zoom_out", "Zoom out", "Ctrl+-", lambda: view.zoom_by(0.8), has_nodes, "camera", "View"),
        make("minimap", "Show or hide the minimap", "M", canvas.minimap.toggle, has_nodes, "camera", "View"),
    ]  # fmt: skip
