"""What can be done with growth, as actions for menus, palette and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.views.tree.canvas.growth_mode import GrowthMode


def actions(growing: GrowthMode) -> list[Action]:
    canvas = growing.canvas
    scene = canvas.scene

    def chosen() -> bool:
        return bool(scene.selected_nodes)

    def removable() -> bool:
        nodes = scene.selected_nodes
        return growing.running and len(nodes) == 1 and nodes[0] != canvas.document.topology.root

    def why_not_removable() -> str:
        return "Select one node below the root" if growing.running else "There is no run: use Remove"

    tree: dict[str, Any] = {"menu": "Tree", "group": "grow", "scope": "widget"}
    return [
        Action(
            "tree.grow", "Grow a child…", growing.grow, "G", icon="add", **tree,
            tip="Preview a child of the selected hypernetwork, with what it costs; also while a run is on",
            enabled_when=lambda: bool(canvas.document.topology.root),
        ),
        Action(
            "tree.freeze", "Freeze or release", growing.toggle_frozen, "Z", enabled_when=chosen, **tree,
            tip="What is stored for the selected nodes, and for all below them, stops changing",
        ),
        Action(
            "tree.fold", "Fold or unfold the subtree", growing.toggle_fold, "H", enabled_when=chosen, **tree,
            tip="Hide what is below the selected nodes",
        ),
        Action(
            "tree.unfold_all", "Unfold everything", growing.unfold_all, "Shift+H", **tree,
            enabled_when=lambda: bool(scene.folds.folded),
        ),
        Action(
            "tree.remove_path", "Remove from the run…", growing.remove_path, "Shift+Del", **tree,
            enabled_when=removable, reason_when_disabled=why_not_removable, icon="trash",
            tip="Go on without the selected path or subtree; what others learned stays",
        ),
        Action(
            "view.live", "Live tree", growing.toggle_live, "L", menu="View", group="camera", scope="widget",
            checked_when=lambda: scene.activity.on,
            tip="Show accuracies, the path at work and its gradients on the tree while it learns",
        ),
    ]  # fmt: skip
