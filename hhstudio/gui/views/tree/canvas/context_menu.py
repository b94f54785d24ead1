"""Context menu of the canvas: for the nodes, slots or notes that are selected, or for the paper."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPointF
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.tree.topology import AnchorKind, Hypernetwork, LinkOverride, Solver
from hhstudio.gui.state.actions import ActionRegistry
from hhstudio.gui.views.tree.canvas.commands import TreeCommands
from hhstudio.gui.views.tree.canvas.fix_menu import FixMenu
from hhstudio.gui.widgets.markup import plain

_ANCHORS: dict[AnchorKind, str] = {
    "seeded": "Drawn from the seed: neither stored nor trained",
    "learned": "Stored and trained for this edge alone",
    "shared": "Stored and trained once for all targets that are built alike",
    "parent": "The weights of the hypernetwork that generates it, which must be built alike: nothing stored",
}


class ContextMenu(QMenu):
    """``at``: the place on the paper; ``for_solver``: actions, by id, that the menu of one solver has, too.
    Deletes itself when it closes."""

    def __init__(
        self,
        registry: ActionRegistry,
        commands: TreeCommands,
        parent: QWidget,
        at: QPointF | None = None,
        for_solver: tuple[str, ...] = (),
    ) -> None:
        super().__init__(parent)
        self._registry, self._commands, self._editor = registry, commands, commands.editor
        self.aboutToHide.connect(self.deleteLater)
        self.setToolTipsVisible(True)
        registry.refresh()
        scene = commands.scene
        if scene.selected_nodes:
            self._list_for_nodes(for_solver)
        elif scene.selected_slots:
            self._list_for_slots(scene.selected_slots)
        elif scene.selected_annotations:
            self._put("rename", "cut", "copy", "duplicate")
            self._put_below("Colour", "color.")
            if len(scene.selected_annotations) > 1:
                self._put_below("Align", "align.")
            self.addSeparator()
            self._put("remove")
        else:
            self._list_for_paper(at)

    def _list_for_nodes(self, for_solver: tuple[str, ...]) -> None:
        topology, scene = self._editor.topology, self._commands.scene
        nodes = [topology.by_id[i] for i in scene.selected_nodes if i in topology.by_id]
        if nodes and isinstance(nodes[0], Hypernetwork):
            self._put("add_child", "add_solver", "palette")
            if self._registry["tree.make_root"].enabled:
                self._put("make_root")
            self.addSeparator()
        solvers = [node for node in nodes if isinstance(node, Solver)]
        if solvers and len(solvers) == len(nodes):
            self._list_architectures(solvers)
            if len(solvers) == 1:
                self.addActions([self._registry.qaction(action_id) for action_id in for_solver])
            self.addSeparator()
        if len(nodes) == 1 and (issues := scene.issues_of(nodes[0].id)):
            self.addMenu(FixMenu(self._editor, issues, self, "Fix"))
            self.addSeparator()
        self._put("rename", "cut", "copy", "paste", "duplicate")
        self.addSeparator()
        self._put("grow", "freeze", "fold", "remove_path")
        self.addSeparator()
        self._put("pin", "frame")
        if len(nodes) > 1:
            self._put_below("Align", "align.")
        self.addSeparator()
        self._put("remove")

    def _list_architectures(self, solvers: list[Solver]) -> None:
        """Those that the images are too small for are disabled."""
        below = self.addMenu("Architecture")
        below.setToolTipsVisible(True)
        ids = [node.id for node in solvers]
        shape = image_shape(self._editor.document.spec.stream)
        current = {node.architecture for node in solvers}
        titles = [(info.name, info.title) for info in ARCHITECTURES.values()]
        for name, title in ((None, "As set for all solvers"), *titles):
            entry = below.addAction(title)
            entry.setCheckable(True)
            entry.setChecked(current == {name})
            smallest = ARCHITECTURES[name].smallest if name else 1
            if shape is not None and min(shape[1:]) < smallest:
                entry.setEnabled(False)
                entry.setToolTip(plain(f"needs images of at least {smallest}×{smallest} pixels"))
            entry.triggered.connect(lambda _=False, name=name: self._editor.set_architecture(ids, name))
        below.setEnabled(not self._editor.locked)

    def _list_for_slots(self, slots: list[str]) -> None:
        topology = self._editor.topology
        links = {topology.slot_by_id[i].link for i in slots}
        targets = [topology.by_id[topology.slot_by_id[i].target] for i in slots]
        modes: list[tuple[str, LinkOverride | None, str]] = [
            ("Link as set for all", None, "What the settings say of links"),
            ("Direct", LinkOverride(mode="direct"), "The output is the weights"),
        ]
        for anchor, tip in _ANCHORS.items():
            if anchor != "parent" or all(isinstance(node, Hypernetwork) for node in targets):
                anchored = LinkOverride(mode="anchored", anchor=anchor)
                modes.append((f"Anchored, {anchor} anchor", anchored, tip))
        for title, link, tip in modes:
            entry = self._offer(title, partial(self._editor.set_link, slots, link))
            entry.setToolTip(plain(self._editor.locked or tip))
            entry.setCheckable(True)
            entry.setChecked(links == {link})
        self.addSeparator()
        self._put("disconnect")

    def _list_for_paper(self, at: QPointF | None) -> None:
        self._put("add_child", "palette", "paste")
        self.addSeparator()
        self._offer("Add a comment here", lambda: self._commands.add_comment(at))
        self._offer("Add a frame here", lambda: self._commands.add_frame(at))
        self.addSeparator()
        self._put("select_all", "tidy", "flip", "fit")

    def _offer(self, title: str, do: Callable[[], object]) -> QAction:
        entry = self.addAction(title)
        entry.triggered.connect(lambda: do())
        entry.setEnabled(not self._editor.locked)
        entry.setToolTip(plain(self._editor.locked))
        return entry

    def _put(self, *names: str) -> None:
        """Actions of the tree; those that are not registered are left out."""
        for name in names:
            if f"tree.{name}" in self._registry:
                self.addAction(self._registry.qaction(f"tree.{name}"))

    def _put_below(self, title: str, family: str) -> None:
        """A sub-menu of the actions of the tree whose names begin alike."""
        below = self.addMenu(title)
        below.addActions(
            [self._registry.qaction(a.id) for a in self._registry if a.id.startswith(f"tree.{family}")]
        )
