"""The canvas's context menus: for nodes, slots, notes and the paper, and the fixes of a problem."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from hhstudio.core.issues import Issue
from hhstudio.core.spec import rules
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.spec.fixes import fixes
from hhstudio.core.tree.topology import AnchorKind, Hypernetwork, LinkOverride, Solver
from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.widget import TreeCanvas


def context_menu(canvas: TreeCanvas, at: QPointF | None = None) -> QMenu:
    """For what is selected; ``at``: the place on the paper. Deletes itself when it closes."""
    menu = _menu(canvas)
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
        if len(solvers) == 1:
            more = {action.id: action for action in canvas.for_solvers}
            _put(menu, more, *more)
        menu.addSeparator()
    if nodes:
        if len(nodes) == 1 and canvas.scene.issues_of(nodes[0].id):
            _fix_entries(menu.addMenu("Fix"), canvas, canvas.scene.issues_of(nodes[0].id))
            menu.addSeparator()
        _put(menu, known, "rename")
        _put(menu, known, "cut", "copy", "paste", "duplicate")
        menu.addSeparator()
        _put(menu, known, *(name for name in ("grow", "freeze", "fold", "remove_path") if name in known))
        menu.addSeparator()
        _put(menu, known, "pin", "frame")
        if len(nodes) > 1:
            _align_menu(menu, known)
        menu.addSeparator()
        _put(menu, known, "remove")
    elif slots:
        _slot_menu(menu, canvas, slots)
    elif canvas.scene.selected_annotations:
        _put(menu, known, "rename", "cut", "copy", "duplicate")
        below = menu.addMenu("Colour")
        _put(below, known, *(name for name in known if name.startswith("color.")))
        if len(canvas.scene.selected_annotations) > 1:
            _align_menu(menu, known)
        menu.addSeparator()
        _put(menu, known, "remove")
    else:
        _put(menu, known, "add_child", "palette", "paste")
        menu.addSeparator()
        _plain(menu, canvas, "Add a comment here", lambda: canvas.notes.add_comment(at))
        _plain(menu, canvas, "Add a frame here", lambda: canvas.notes.add_frame(at))
        menu.addSeparator()
        _put(menu, known, "select_all", "tidy", "flip", "fit")
    return menu


def fix_menu(canvas: TreeCanvas, node_id: str) -> QMenu:
    """What is wrong with a node (empty: with anything), and what can be done about it."""
    found = canvas.scene.issues_of(node_id) if node_id else rules.issues(canvas.document.spec)
    menu = _menu(canvas)
    _fix_entries(menu, canvas, found[:8])
    return menu


def _fix_entries(menu: QMenu, canvas: TreeCanvas, found: list[Issue]) -> None:
    menu.setToolTipsVisible(True)
    for issue in found:
        head = menu.addAction(_wrapped(issue.message))
        head.setEnabled(False)
        head.setToolTip(issue.message)
        offered = fixes(canvas.document.spec, issue)
        for fix in offered:
            _plain(menu, canvas, f"Fix: {fix.title}", partial(canvas.editor.fix, fix.title, fix.spec))
        if not offered:
            nothing = menu.addAction("Nothing to do by itself: change it in the properties")
            nothing.setEnabled(False)
        if issue is not found[-1]:
            menu.addSeparator()


def _wrapped(text: str) -> str:
    """The beginning of a message, short enough for a menu."""
    return text if len(text) <= 90 else f"{text[:88]}…"


def _menu(canvas: TreeCanvas) -> QMenu:
    menu = QMenu(canvas)
    menu.aboutToHide.connect(menu.deleteLater)
    menu.setToolTipsVisible(True)
    return menu


def _align_menu(menu: QMenu, known: dict[str, Action]) -> None:
    below = menu.addMenu("Align")
    _put(below, known, *(name for name in known if name.startswith("align.")))


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
        if action.checked_when is not None:
            shown.setCheckable(True)
            shown.setChecked(action.checked_when())
        shown.triggered.connect(lambda _=False, callback=action.callback: callback())
