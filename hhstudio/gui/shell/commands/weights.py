"""Commands that save generated weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.context import AppContext


def save_weights(context: AppContext) -> Action:
    """In the menu File, and in the menu of a solver."""

    def conditions() -> list[tuple[str, int]]:
        source = context.analysis.source
        return sorted(source.available()) if source is not None else []

    def save() -> None:
        """Of the path and task that are looked at; where there are no such weights, of the path's last."""
        from hhstudio.gui.views.analysis.export import WeightsSaver

        available, chosen = conditions(), context.selection
        own = [key for key in available if key[0] == chosen.path] or available
        path, task = (chosen.path, chosen.task) if (chosen.path, chosen.task) in own else own[-1]
        saver = WeightsSaver(context.analysis, context.shell.window())
        saver.said.connect(context.workspace.notice)
        saver.said.connect(saver.deleteLater)
        dialog = saver.ask(path, task)
        dialog.rejected.connect(saver.deleteLater)

    return Action(
        "weights.save", "Save weights …", save, menu="File", group="save",
        tip="The generated solver of the chosen path and task: NumPy, safetensors, PyTorch, ONNX",
        enabled_when=lambda: bool(conditions()),
        reason_when_disabled=lambda: "Train a tree, or open a session: there are no weights yet",
    )  # fmt: skip
