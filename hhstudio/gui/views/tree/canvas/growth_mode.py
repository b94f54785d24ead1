"""Growth mode of the canvas: growing, freezing, folding and looking back, also while the tree learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec import growth
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state.actions import Action
from hhstudio.gui.views.tree.canvas.commands import BOTH, CANVAS
from hhstudio.gui.views.tree.canvas.growth_cost import cost_of
from hhstudio.gui.views.tree.canvas.node_item import HEIGHT, WIDTH
from hhstudio.gui.views.tree.canvas.preview_card import PreviewCard
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.views.tree.timeline.replay import Replay, SnapshotSteps
from hhstudio.gui.widgets.toast import Toast

if TYPE_CHECKING:
    from hhstudio.gui.state.selection import Selection
    from hhstudio.gui.state.workspace import Workspace

FRESH_MS = 5000
"""How long what has grown is marked."""
_PREVIEW = "This is a preview: Enter accepts it, Esc dismisses it"


@dataclass(frozen=True)
class Preview:
    """A change that is only thought of: the tree before and after it, which nodes come and go, and how it
    will be called. ``sent``: a run has been asked for it."""

    before: Topology
    after: Topology
    new: tuple[str, ...]
    gone: tuple[str, ...]
    title: str
    sent: bool = False


class GrowthMode(QObject):
    """Belongs to a canvas. With a ``workspace``, changes go to the run while one is on, and what a run grows
    becomes the document's tree."""

    def __init__(
        self, canvas: TreeCanvas, workspace: Workspace | None = None, selection: Selection | None = None
    ) -> None:
        super().__init__(canvas)
        self.canvas, self._workspace = canvas, workspace
        over = canvas.view.viewport()
        self.card, self.toast = PreviewCard(over), Toast(over, floats=True)
        self.replay = Replay(canvas, self._unlock, selection)
        self.preview: Preview | None = None
        self._history: History | None = None
        self._ran = False
        self._fading = QTimer(self, singleShot=True, interval=FRESH_MS)
        self._fading.timeout.connect(self._fade)
        canvas.add_below(self.replay.timeline)
        self.card.accepted.connect(self.accept)
        self.card.dismissed.connect(self.dismiss)
        canvas.view.fold_clicked.connect(lambda node_id: canvas.scene.fold([node_id], False))
        canvas.view.camera_changed.connect(self._place)
        canvas.view.installEventFilter(self)
        over.installEventFilter(self)
        if workspace is not None:
            canvas.scene.activity.turn(workspace.preferences.live_tree)
            workspace.scheduler.add(self)
            workspace.shown.connect(self._show_history)
            workspace.source_changed.connect(self._find_snapshots)
            workspace.run_changed.connect(self._run_changed)

    @property
    def running(self) -> bool:
        return self._workspace is not None and self._workspace.running

    # what actions ask ----------------------------------------------------------------------------------

    def grow(self, below: str = "") -> None:
        """Preview a child of a hypernetwork (the selected one, else the root), with a solver."""
        topology = self.canvas.document.topology
        below = below or self.canvas.commands.selected_hypernetwork()
        if below not in topology.by_id or not self._free():
            return
        taken = self._history.paths if self._history is not None and self.running else ()
        grown = growth.grow(topology, below, taken=taken, tasks=self._tasks_to_come())
        child, giver = grown.topology.by_id[grown.child].name, topology.by_id[below].name
        words = f"{child} with its solver makes path {grown.path}."
        if self.running:
            words += " It grows at the next step; what has been learned stays as it is."
        self.canvas.scene.reveal(below)
        self._preview(
            Preview(topology, grown.topology, (grown.child, grown.solver), (), f"Grow {child} below {giver}"),
            words,
            "Grow",
            grown.path,
        )

    def remove_path(self) -> None:
        """Preview a run without the selected solver's path, or without a hypernetwork and what is below."""
        topology, chosen = self.canvas.document.topology, self.canvas.scene.selected_nodes
        if len(chosen) != 1 or chosen[0] == topology.root or not self._free():
            return
        name = topology.by_id[chosen[0]].name
        after, gone = growth.without_path(topology, chosen[0])
        words = (
            "What was learned there is forgotten, what others learned stays. The session keeps the curves."
        )
        self._preview(Preview(topology, after, (), gone, f"Remove {name} from the run"), words, "Remove", "")

    def toggle_frozen(self) -> None:
        """Freeze the selected nodes with everything below them, or release them."""
        topology, chosen = self.canvas.document.topology, self.canvas.scene.selected_nodes
        if not chosen or not self._free():
            return
        freeze = not all(topology.by_id[i].frozen for i in chosen)
        after = growth.set_frozen(topology, chosen, freeze)
        names = ", ".join(topology.by_id[i].name for i in chosen[:3]) + (" …" if len(chosen) > 3 else "")
        self._change(after, f"{'Freeze' if freeze else 'Release'} {names}")

    def toggle_fold(self) -> None:
        """Fold what is below the selected nodes away, or show it again."""
        scene, chosen = self.canvas.scene, self.canvas.scene.selected_nodes
        folded = [i for i in chosen if i in scene.folds.folded]
        if folded:
            scene.fold(folded, False)
        elif any(len(scene.topology.subtree(i)) > 1 for i in chosen):
            scene.fold(chosen, True)
        else:
            self._say("Select a hypernetwork that generates something")

    def unfold_all(self) -> None:
        scene = self.canvas.scene
        scene.fold(list(scene.folds.folded), False)

    def toggle_live(self) -> None:
        activity = self.canvas.scene.activity
        activity.turn(not activity.on)
        if self._workspace is not None:
            self._workspace.preferences.live_tree = activity.on

    # previews ------------------------------------------------------------------------------------------

    def accept(self) -> None:
        """Make the previewed change."""
        preview = self.preview
        if preview is None or preview.sent:
            return
        self.card.hide()
        if not self.running:
            self.canvas.document.apply_topology(preview.title, preview.after)
            self._close()
            self.canvas.scene.select([i for i in preview.new[:1] if i in self.canvas.scene.nodes])
            return
        self.preview = dataclasses.replace(preview, sent=True)
        self._ask(preview.after, f"{preview.title}, by hand", preview.gone)

    def dismiss(self) -> None:
        """As if it had not been thought of."""
        if self.preview is not None:
            self._close()

    def _preview(self, preview: Preview, words: str, verb: str, path: str) -> None:
        spec = self.canvas.document.spec
        after = replace(spec, topology=preview.after)
        scene = self.canvas.scene
        self.preview = preview
        self.canvas.set_read_only(True, _PREVIEW)
        if preview.new:
            scene.show_instead(after, preview.new)
        for node_id in preview.gone:
            scene.nodes[node_id].show_state(doomed=True)
        cost = cost_of(spec, after, path, self._history, self.canvas.cost_strip.step_seconds)
        self.card.fill(preview.title, cost.rows(), words, verb)
        if not self.canvas.view.stay_fitted() and not self._around().isEmpty():
            self.canvas.view.ensureVisible(self._around(), 60, 60)
        self._place()
        self.canvas.view.setFocus()

    def _close(self) -> None:
        preview, self.preview = self.preview, None
        self.card.hide()
        scene = self.canvas.scene
        for node_id in preview.gone if preview is not None else ():
            if node_id in scene.nodes:
                scene.nodes[node_id].show_state(doomed=False)
        scene.show_instead(None)
        self._unlock()
        self.canvas.view.stay_fitted()

    def _around(self) -> QRectF:
        """What the preview is about, in scene coordinates."""
        assert self.preview is not None
        scene, box = self.canvas.scene, QRectF()
        for node_id in self.preview.new or self.preview.gone:
            if node_id in scene.places():
                middle = scene.goal(node_id)
                box = box.united(QRectF(middle.x() - WIDTH / 2, middle.y() - HEIGHT / 2, WIDTH, HEIGHT))
        return box

    def _place(self) -> None:
        self.toast.place()
        if self.preview is not None and not self.preview.sent:
            box = self._around()
            self.card.show_beside(self._on_screen(box), self._cards())

    def _cards(self) -> list[QRect]:
        """Where cards are that can be seen, in pixels."""
        half, view = QPointF(WIDTH / 2, HEIGHT / 2), self.canvas.view
        seen = view.visible_rect
        middles = [QPointF(*at) for at in self.canvas.scene.places().values()]
        return [self._on_screen(QRectF(at - half, at + half)) for at in middles if seen.contains(at)]

    def _tasks_to_come(self) -> tuple[int, ...] | None:
        """What a path that grows now can learn where each task comes once; None: all, in its turn."""
        progress = self._history.progress if self._history is not None and self.running else None
        if progress is None or self.canvas.document.spec.stream.order == "path-major":
            return None
        assert self._history is not None
        return tuple(range(progress.task + 1, len(self._history.tasks))) or (progress.task,)

    def _on_screen(self, box: QRectF) -> QRect:
        view = self.canvas.view
        return QRect(view.mapFromScene(box.topLeft()), view.mapFromScene(box.bottomRight()))

    def _free(self) -> bool:
        """Whether the tree as it is can be changed now; ends a look back, says why not otherwise."""
        self.replay.end()
        if self.preview is not None:
            self._say(_PREVIEW)
        elif self._workspace is not None and self.running and self._history is None:
            self._say("The run has not begun yet")
        else:
            return True
        return False

    # changes without a preview, and the run ------------------------------------------------------------

    def _change(self, after: Topology, title: str) -> None:
        if self.running:
            self._ask(after, f"{title}, by hand", ())
        else:
            self.canvas.document.apply_topology(title, after)

    def _ask(self, after: Topology, reason: str, gone: tuple[str, ...]) -> None:
        assert self._workspace is not None
        self._workspace.runs.grow(after, reason, gone)
        self._say("It will be done at the next step")

    def refresh(self, changes: Changes) -> None:
        for refused in changes.refused:
            if refused.command == "grow":
                self.dismiss()
                self.toast.say(f"The tree stays as it is: {refused.reason}", bad=True)
        if changes.topology:
            self._follow()
        self.replay.refresh(changes)

    def _follow(self) -> None:
        """The run has another tree: it becomes the document's."""
        history, document = self._history, self.canvas.document
        topology = history.topology if history is not None else None
        if history is None or topology is None or topology == document.topology:
            return
        old, scene = document.topology.by_id.keys(), self.canvas.scene
        reason = history.growth[-1].reason if history.growth else "the run went back"
        document.apply_topology(reason.partition(":")[0], topology)
        document.mark_saved()  # the session keeps it
        self.dismiss()
        self.toast.say(reason)
        new = [i for i in topology.by_id if i not in old]
        for node_id in new:
            scene.reveal(node_id)
            if node_id in scene.nodes:  # not while one looks back
                scene.nodes[node_id].show_state(fresh=True)
        if new:
            self._fading.start()
            self.canvas.view.stay_fitted()

    def _fade(self) -> None:
        for item in self.canvas.scene.nodes.values():
            item.show_state(fresh=False)

    def _show_history(self) -> None:
        assert self._workspace is not None
        self.dismiss()
        self._history = self._workspace.history
        self.replay.follow(self._history)
        self._find_snapshots()

    def _find_snapshots(self) -> None:
        """Read when weights were kept, beside the window's work: there may be many conditions."""
        assert self._workspace is not None
        source, history = self._workspace.source, self._history
        if source is None:
            return

        def show(steps: SnapshotSteps) -> None:
            if history is self._history:
                self.replay.set_snapshots(steps)

        # a session that another one has replaced is closed
        self._workspace.jobs.submit(source.snapshot_steps, show, lambda _error: None)

    def _run_changed(self) -> None:
        if self.running != self._ran:
            self._ran = self.running
            self.dismiss()
            self.replay.end()

    def _unlock(self) -> None:
        self.canvas.set_read_only(self.running)

    def _say(self, text: str) -> None:
        self.canvas.message.say(text)

    # keys ----------------------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        """Rows for the table of actions."""
        document, scene = self.canvas.document, self.canvas.scene

        def selected() -> bool:
            return bool(scene.selected_nodes)

        def removable() -> bool:
            nodes = scene.selected_nodes
            return self.running and len(nodes) == 1 and nodes[0] != document.topology.root

        def previewing() -> str:
            return _PREVIEW if self.preview is not None else ""

        def why_not_removable() -> str:
            reason = "Select one node below the root" if self.running else "There is no run: use Remove"
            return previewing() or reason

        tree: dict[str, Any] = {"menu": "Tree", "group": "grow", "where": BOTH}
        return [
            Action(
                "tree.grow", "Grow a child…", self.grow, "G", icon="add", **tree,
                enabled_when=lambda: bool(document.topology.root),
                tip="Preview a child of the selected hypernetwork and its cost; also while a run is on",
            ),
            Action(
                "tree.freeze", "Freeze or release", self.toggle_frozen, "Z", enabled_when=selected, **tree,
                reason_when_disabled=previewing,
                tip="What is stored for the selected nodes, and for all below them, stops changing; what is "
                "generated for them still follows what generates it",
            ),
            Action(
                "tree.fold", "Fold or unfold the subtree", self.toggle_fold, "H", **tree,
                enabled_when=selected, reason_when_disabled=previewing,
                tip="Hide what is below the selected nodes",
            ),
            Action(
                "tree.unfold_all", "Unfold everything", self.unfold_all, "Shift+H", **tree,
                enabled_when=lambda: bool(scene.folds.folded),
            ),
            Action(
                "tree.remove_path", "Remove from the run…", self.remove_path, "Shift+Del", **tree,
                enabled_when=removable, reason_when_disabled=why_not_removable, icon="trash",
                tip="Go on without the selected path or subtree; what others learned stays",
            ),
            Action(
                "view.live", "Live tree", self.toggle_live, "L", menu="View", group="camera", where=CANVAS,
                checked_when=lambda: scene.activity.on,
                tip="Show accuracies, the path at work and its gradients on the tree while it learns",
            ),
        ]  # fmt: skip

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        if self.preview is not None and isinstance(event, QKeyEvent) and watched is self.canvas.view:
            answer = _KEYS.get(Qt.Key(event.key()))
            if answer is not None and event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if answer is not None and event.type() == QEvent.Type.KeyPress:
                answer(self)
                return True
        return False


_KEYS: dict[Qt.Key, Callable[[GrowthMode], None]] = {
    Qt.Key.Key_Return: GrowthMode.accept,
    Qt.Key.Key_Enter: GrowthMode.accept,
    Qt.Key.Key_Escape: GrowthMode.dismiss,
}
