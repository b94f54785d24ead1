"""Export of a condition's generated weights: asks where, has the helper write the file, says how it went."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QProgressDialog, QWidget

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Exported
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.markup import TextLabel
from hhstudio.service.analysis.protocol import Reply

FORMATS = (
    (".npz", "NumPy (*.npz)"),
    (".safetensors", "safetensors (*.safetensors)"),
    (".pt", "PyTorch state dict (*.pt)"),
    (".onnx", "ONNX, ready solver with its input normalisation (*.onnx)"),
)


class WeightsSaver(QObject):
    """``said``: what was saved, or why not, in one line."""

    said = Signal(str)

    def __init__(self, analysis: Analysis, parent: QWidget) -> None:
        super().__init__(parent)
        self._analysis, self._over = analysis, parent
        self.progress: QProgressDialog | None = None

    def ask(self, path: str, task: int) -> QFileDialog:
        """Ask where and in which format, without waiting for the answer."""
        name = f"{path}-task{task + 1}"
        dialog = QFileDialog(self._over, f"Save the weights of {path}, task {task + 1}", name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([text for _, text in FORMATS])
        dialog.setDefaultSuffix(FORMATS[0][0][1:])
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(_suffix(chosen)[1:]))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.save(Path(file), path, task))
        dialog.open()
        return dialog

    def save(self, out: Path, path: str, task: int) -> None:
        """Have the file written; a dialog says so as long as that takes."""
        if out.suffix not in dict(FORMATS):
            self.said.emit(f"{out.name}: weights are written as {', '.join(end for end, _ in FORMATS)}")
            return
        self._end()
        self.progress = progress = QProgressDialog("", "Hide", 0, 0, self._over)
        progress.setLabel(TextLabel(f"Writing {out.name} …"))
        progress.setWindowTitle("Save weights")
        progress.setMinimumDuration(500)
        progress.canceled.connect(self._end)
        progress.setValue(0)
        question = q.Export(out=str(out), path=path, task=task)
        self._analysis.ask(question, self._replied, f"save {out}")

    def _replied(self, reply: Reply) -> None:
        self._end()
        if isinstance(reply.answer, Exported):
            self.said.emit(f"Saved {reply.answer.file}")
        else:
            self.said.emit(with_names(reply.error[:1].upper() + reply.error[1:]))

    def _end(self) -> None:
        if self.progress is not None:
            progress, self.progress = self.progress, None
            progress.canceled.disconnect(self._end)
            progress.close()
            progress.deleteLater()


def _suffix(chosen: str) -> str:
    return next(end for end, text in FORMATS if text == chosen)
