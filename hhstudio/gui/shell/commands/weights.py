"""What is generated, taken out of the studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hhstudio.gui.state.actions import Action

if TYPE_CHECKING:
    from hhstudio.gui.shell.main_window import MainWindow


def save_weights(window: MainWindow) -> Action:
    """In the menu File, and in the menu of a solver."""

    def kept() -> list[tuple[str, int]]:
        source = window.inspection.source
        return sorted(source.available()) if source is not None else []

    def save() -> None:
        """Of the path and task that are looked at; where there are no such weights, of the path's last."""
        from hhstudio.gui.views.analysis.export import WeightsSaver

        found, chosen = kept(), window.selection
        own = [key for key in found if key[0] == chosen.path] or found
        path, task = (chosen.path, chosen.task) if (chosen.path, chosen.task) in own else own[-1]
        saver = WeightsSaver(window.inspection, window)
        saver.said.connect(window.workspace.notice)
        saver.said.connect(saver.deleteLater)
        dialog = saver.ask(path, task)
        dialog.rejected.connect(saver.deleteLater)

    return Action(
        "weights.save", "Save weights …", save, menu="File", group="save",
        tip="The generated solver of the chosen path and task: NumPy, safetensors, PyTorch, ONNX",
        enabled_when=lambda: bool(kept()),
        reason_when_disabled=lambda: "Train a tree, or open a session: there are no weights yet",
    )  # fmt: skip
