"""What can be done on the canvas, as actions for menus and keys, and its context menu."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from hhstudio.core.architectures import ARCHITECTURES
from hhstudio.core.costs import image_shape
from hhstudio.core.topology import AnchorKind, Hypernetwork, LinkOverride, Solver
from hhstudio.gui.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.canvas.widget import TreeCanvas


def actions(canvas: TreeCanvas) -> list[Action]:
    """Every action with its key; callbacks hold the canvas."""
    scene, view, editor = canvas.scene, canvas.view, canvas.editor

    def editable() -> bool:
        return not editor.locked

    def has_nodes() -> bool:
        return bool(scene.nodes)

    def chosen() -> bool:
        return editable() and bool(scene.selected_nodes or scene.selected_slots)

    def one_node() -> bool:
        return editable() and len(scene.selected_nodes) == 1

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
    ) -> Action:
        return Action(
            id=f"tree.{name}",
            title=title,
            callback=callback,
            shortcut=key,
            enabled_when=when,
            reason_when_disabled=reason,
            menu=menu,
            group=group,
            tip=tip,
            icon=image,
            scope="widget",
        )

    return [
        make("add_child", "Add child hypernetwork", "C", lambda: canvas.add_child(), editable, "add",
             tip="Add a hypernetwork that the selected one generates", image="hypernetwork"),
        make("add_solver", "Add solver", "S", lambda: canvas.add_solver(), may_grow, "add",
             tip="Add a solver to the selected hypernetwork, and with it a path", image="solver"),
        make("palette", "Add from palette…", "Tab", canvas.open_palette, editable, "add"),
        make("rename", "Rename", "F2", lambda: canvas.rename(), one_node, "edit"),
        make("remove", "Remove with its subtree", "Del; Backspace", canvas.remove_selected, chosen, "edit",
             image="trash"),
        make("select_all", "Select all nodes", "Ctrl+A", lambda: scene.select(scene.nodes), has_nodes,
             "edit"),
        make("tidy", "Tidy layout", "Ctrl+L", editor.tidy, editable, "layout"),
        make("flip", "Grow downwards or to the right", "Ctrl+Shift+L", canvas.flip, None, "layout"),
        make("fit", "Fit the tree", "F", canvas.fit, has_nodes, "camera", "View"),
        make("fit_selection", "Fit the selection", "Shift+F", lambda: view.fit(selection_only=True),
             has_nodes, "camera", "View"),
        make("zoom_in", "Zoom in", "Ctrl++; Ctrl+=", lambda: view.zoom_by(1.25), has_nodes, "camera", "View"),
        make("zoom_out", "Zoom out", "Ctrl+-", lambda: view.zoom_by(0.8), has_nodes, "camera", "View"),
        make("minimap", "Show or hide the minimap", "M", canvas.minimap.toggle, has_nodes, "camera", "View"),
    ]  # fmt: skip


def context_menu(canvas: TreeCanvas) -> QMenu:
    """For what is selected; deletes itself when it closes."""
    menu = QMenu(canvas)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.setToolTipsVisible(True)
    topology = canvas.document.topology
    nodes = [topology.by_id[i] for i in canvas.scene.selected_nodes if i in topology.by_id]
    slots = canvas.scene.selected_slots
    known = {action.id.removeprefix("tree."): action for action in canvas.actions()}
    if nodes and isinstance(nodes[0], Hypernetwork):
        _put(menu, known, "add_child", "add_solver", "palette")
        if len(nodes) == 1 and nodes[0].id not in topology.incoming and nodes[0].id != topology.root:
            _plain(menu, canvas, "Make it the root", lambda: canvas.editor.make_root(nodes[0].id))
        menu.addSeparator()
    solvers = [node for node in nodes if isinstance(node, Solver)]
    if solvers and len(solvers) == len(nodes):
        _solver_menu(menu, canvas, solvers)
        menu.addSeparator()
    if nodes:
        _put(menu, known, "rename", "remove")
    elif slots:
        _slot_menu(menu, canvas, slots)
    else:
        _put(menu, known, "add_child", "palette")
        menu.addSeparator()
        _put(menu, known, "select_all", "tidy", "flip", "fit")
    return menu


def _solver_menu(menu: QMenu, canvas: TreeCanvas, solvers: list[Solver]) -> None:
    """The architecture, with those that the images are too small for disabled."""
    below = menu.addMenu("Architecture")
    below.setToolTipsVisible(True)
    ids = [node.id for node in solvers]
    shape = image_shape(canvas.document.spec.stream)
    current = {node.architecture for node in solvers}
    for name, title in (
        (None, "As set for all solvers"),
        *((i.name, i.title) for i in ARCHITECTURES.values()),
    ):
        shown = below.addAction(title)
        shown.setCheckable(True)
        shown.setChecked(current == {name})
        smallest = ARCHITECTURES[name].smallest if name else 1
        if shape is not None and min(shape[1:]) < smallest:
            shown.setEnabled(False)
            shown.setToolTip(f"needs images of at least {smallest}×{smallest} pixels")
        shown.triggered.connect(lambda _=False, chosen=name: canvas.editor.set_architecture(ids, chosen))
    below.setEnabled(not canvas.read_only)


_ANCHORS: dict[AnchorKind, str] = {
    "seeded": "Drawn from the seed: neither stored nor trained",
    "learned": "Stored and trained for this edge alone",
    "shared": "Stored and trained once for all targets that are built alike",
    "parent": "The weights of the hypernetwork that generates it, which must be built alike: nothing stored",
}


def _slot_menu(menu: QMenu, canvas: TreeCanvas, slots: list[str]) -> None:
    editor = canvas.editor
    topology = canvas.document.topology
    links = {topology.slot_by_id[i].link for i in slots}
    targets = [topology.by_id[topology.slot_by_id[i].target] for i in slots]
    modes: list[tuple[str, LinkOverride | None, str]] = [
        ("Link as set for all", None, "What the settings say of links"),
        ("Direct", LinkOverride(mode="direct"), "The output is the weights"),
    ]
    for anchor, tip in _ANCHORS.items():
        if anchor != "parent" or all(isinstance(node, Hypernetwork) for node in targets):
            modes.append((f"Anchored, {anchor} anchor", LinkOverride(mode="anchored", anchor=anchor), tip))
    for title, link, tip in modes:
        shown = _plain(menu, canvas, title, partial(editor.set_link, slots, link))
        shown.setToolTip(canvas.editor.locked or tip)
        shown.setCheckable(True)
        shown.setChecked(links == {link})
    menu.addSeparator()
    _plain(menu, canvas, "Disconnect", canvas.remove_selected)


def _plain(menu: QMenu, canvas: TreeCanvas, title: str, callback: Callable[[], object]) -> QAction:
    shown = menu.addAction(title)
    shown.triggered.connect(lambda: callback())
    shown.setEnabled(not canvas.read_only)
    shown.setToolTip(canvas.editor.locked)
    return shown


def _put(menu: QMenu, known: dict[str, Action], *names: str) -> None:
    for name in names:
        action = known[name]
        shown = menu.addAction(action.title)
        keys = QKeySequence.listFromString(action.shortcut)
        if keys:
            shown.setShortcut(keys[0])
        shown.setEnabled(action.enabled)
        shown.triggered.connect(lambda _=False, callback=action.callback: callback())
