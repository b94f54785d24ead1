"""What can be done in the outline, each by a key and in the menu that the menu key opens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu

from hhstudio.core.tree.topology import Hypernetwork
from hhstudio.gui.state.actions import Action
from hhstudio.gui.widgets.chooser import Chooser, Entry

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.outline.view import TreeOutline


class _Entry(NamedTuple):
    title: str
    keys: str
    do: Callable[[], object]


def entries(outline: TreeOutline) -> list[_Entry]:
    """In the order of the menu; an empty title is a line between groups."""
    clipping, chosen = outline.clipping, outline.selected_nodes
    line = _Entry("", "", lambda: None)
    return [
        _Entry("Add child hypernetwork", "Ins", lambda: outline.add(solver=False)),
        _Entry("Add solver", "Shift+Ins", lambda: outline.add(solver=True)),
        _Entry("Rename", "F2", lambda: outline.edit(outline.currentIndex().siblingAtColumn(0))),
        line,
        _Entry("Cut", "Ctrl+X", lambda: clipping.cut(chosen)),
        _Entry("Copy", "Ctrl+C", lambda: clipping.copy(chosen)),
        _Entry("Paste", "Ctrl+V", lambda: outline.choose(clipping.paste(chosen))),
        _Entry("Duplicate", "Ctrl+D", lambda: outline.choose(clipping.duplicate(chosen))),
        line,
        _Entry("Earlier among its siblings", "Ctrl+Up", lambda: outline.shift(-1)),
        _Entry("Later among its siblings", "Ctrl+Down", lambda: outline.shift(1)),
        _Entry("Move below…", "Ctrl+M", outline.move_below),
        _Entry("Disconnect", "Ctrl+Shift+X", outline.disconnect_chosen),
        line,
        _Entry("Remove with its subtree", "Del; Backspace", lambda: outline.editor.remove(chosen)),
    ]


def is_lent(action: Action) -> bool:
    """Whether a command of the canvas is offered in the outline, where it has no other way to it."""
    area, _, name = action.id.partition(".")
    return area == "tree" and name.partition(".")[0] not in _OWN


_OWN = {
    "rename", "remove", "cut", "copy", "paste", "duplicate", "select_all", "select_subtree", "palette",
    "fit", "fit_selection", "zoom_in", "zoom_out", "minimap",
}  # fmt: skip
"""Names of the canvas's commands that the outline has itself, or that move the canvas's camera."""


def handle_key(outline: TreeOutline, event: QKeyEvent) -> bool:
    """Do what a key means; False when it means nothing here."""
    pressed = QKeySequence(event.keyCombination())
    for entry in entries(outline):
        keys = "" if entry.title == "Rename" else entry.keys  # the view's own edit key
        if keys and pressed in QKeySequence.listFromString(keys):
            entry.do()
            return True
    for action in outline.commands():
        if action.shortcut and pressed in QKeySequence.listFromString(action.shortcut):
            outline.command(action)
            return True
    return event.key() == Qt.Key.Key_F2 and outline.write_note()


def menu_of(outline: TreeOutline) -> QMenu:
    """The menu for what is selected; deletes itself when it closes."""
    menu = QMenu(outline)
    menu.aboutToHide.connect(menu.deleteLater)
    for entry in entries(outline):
        if not entry.title:
            menu.addSeparator()
            continue
        shown = menu.addAction(entry.title)
        shown.setShortcut(QKeySequence.listFromString(entry.keys)[0])
        shown.setEnabled(not outline.editor.locked or entry.title == "Copy")
        shown.triggered.connect(lambda _=False, do=entry.do: do())
    node = loose_hypernetwork(outline)
    if node:
        root = menu.addAction("Make it the root")
        root.setEnabled(not outline.editor.locked)
        root.triggered.connect(lambda _=False: outline.editor.make_root(node))
    below: dict[str, QMenu] = {}
    for action in outline.commands():
        if not below:
            menu.addSeparator()
            below[""] = menu
        where = action.menu.partition("/")[2]
        if where not in below:
            below[where] = menu.addMenu(where)
        shown = below[where].addAction(action.title)
        keys = QKeySequence.listFromString(action.shortcut)
        if keys:
            shown.setShortcut(keys[0])
        shown.triggered.connect(lambda _=False, action=action: outline.command(action))
    return menu


def loose_hypernetwork(outline: TreeOutline) -> str:
    """The selected node, if it may become the root; or empty."""
    topology, chosen = outline.document.topology, outline.selected_nodes
    if len(chosen) != 1 or chosen[0] in topology.incoming or chosen[0] == topology.root:
        return ""
    return chosen[0] if isinstance(topology.by_id.get(chosen[0]), Hypernetwork) else ""


def open_parents(outline: TreeOutline) -> Chooser | None:
    """All hypernetworks that may generate the selected nodes, to be searched by typing."""
    topology, editor = outline.document.topology, outline.editor
    nodes = [i for i in outline.selected_nodes if i in topology.by_id and i != topology.root]
    if not nodes:
        editor.say("Select what shall stand below another hypernetwork")
        return None
    if not editor.may_edit():
        return None
    inside = {below for node in nodes for below in topology.subtree(node)}
    found = [
        Entry(f"Below {other.name}", partial(editor.move_below, nodes, other.id))
        for other in topology.nodes
        if isinstance(other, Hypernetwork) and other.id not in inside
    ]
    if not found:
        editor.say("There is no other hypernetwork")
        return None
    names = topology.by_id[nodes[0]].name if len(nodes) == 1 else f"{len(nodes)} nodes"
    chooser = Chooser(found, f"Which hypernetwork generates {names}?", outline.window())
    chooser.show()
    return chooser
