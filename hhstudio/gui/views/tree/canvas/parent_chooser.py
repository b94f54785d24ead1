"""Parent chooser: which hypernetwork shall generate nodes from now on, found by typing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtWidgets import QWidget

from hhstudio.core.tree.topology import Hypernetwork
from hhstudio.gui.state.tree_editor import TreeEditor
from hhstudio.gui.widgets.chooser import Chooser, ChooserItem


def choose_parent(editor: TreeEditor, node_ids: Iterable[str], window: QWidget) -> Chooser | None:
    """Offer all hypernetworks that may generate the nodes; None, with the reason said, where none may."""
    topology = editor.topology
    nodes = [i for i in node_ids if i in topology.by_id and i != topology.root]
    if not nodes:
        editor.say("Select what shall stand below another hypernetwork")
        return None
    if not editor.may_edit():
        return None
    inside = {below for node in nodes for below in topology.subtree(node)}
    entries = [
        ChooserItem(f"Below {other.name}", partial(editor.move_below, nodes, other.id))
        for other in topology.nodes
        if isinstance(other, Hypernetwork) and other.id not in inside
    ]
    if not entries:
        editor.say("There is no other hypernetwork")
        return None
    names = topology.by_id[nodes[0]].name if len(nodes) == 1 else f"{len(nodes)} nodes"
    chooser = Chooser(entries, f"Which hypernetwork generates {names}?", window)
    chooser.show()
    return chooser
