"""The settings that users change most, side by side: preset, data, tasks, steps, seed, device."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFileDialog, QHBoxLayout, QSpinBox, QWidget

from hhstudio.core.spec import presets
from hhstudio.core.spec.datasets import DATASETS, FOLDER, dataset_names
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.widgets.captioned import Captioned

_CUSTOM = "Own settings"
_DEVICES = {
    "auto": "The fastest device that this machine has",
    "cpu": "The processor; runs are exactly repeatable",
    "cuda": "An NVIDIA (or ROCm) graphics processor",
    **({"mps": "The graphics processor of this Mac"} if sys.platform == "darwin" else {}),
}


class RunSettings(QWidget):
    """Shows a spec and asks for changes; it changes nothing itself.

    ``preset_requested`` carries a name, ``edit_requested`` a title and the fields to set.
    """

    preset_requested = Signal(str)
    edit_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = Spec()
        self._presets = {name: presets.preset(name) for name in presets.preset_names()}
        self.preset = _combo("Preset", 128)
        self.data = _combo("Data set", 176)
        self.tasks = _spin("Tasks", "How many tasks the stream has", 1, 1000, 52)
        self.classes = _spin("Classes a task", "How many classes each task has", 1, 1000, 76)
        self.steps = QDoubleSpinBox()
        self.steps.setKeyboardTracking(False)
        self.steps.setFixedWidth(76)
        self.steps.setAccessibleName("Steps a task")
        self.seed = _spin("Seed", "The seed of everything that is drawn at random", 0, 2**31 - 1, 76)
        self.device = _combo("Device", 72)
        for name in self._presets:
            self.preset.addItem(name)
        for name, info in DATASETS.items():
            self.data.addItem(info.title, name)
        self.data.addItem("Folder of images …", FOLDER)
        for name, tip in _DEVICES.items():
            self.device.addItem(name)
            self.device.setItemData(self.device.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.device.setToolTip("Where the worker computes")
        self._steps_captioned = Captioned("Steps / task", self.steps)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.columns = {
            "preset": Captioned("Preset", self.preset),
            "data": Captioned("Data", self.data),
            "tasks": Captioned("Tasks", self.tasks),
            "classes": Captioned("Classes / task", self.classes),
            "steps": self._steps_captioned,
            "seed": Captioned("Seed", self.seed),
            "device": Captioned("Device", self.device),
        }
        for column in self.columns.values():
            row.addWidget(column)
        self.preset.textActivated.connect(self._preset_chosen)
        self.data.activated.connect(self._data_chosen)
        self.tasks.valueChanged.connect(lambda v: self._set("Set the number of tasks", "stream.tasks", v))
        self.classes.valueChanged.connect(
            lambda v: self._set("Set the classes of a task", "stream.classes_per_task", v)
        )
        self.steps.valueChanged.connect(self._steps_changed)
        self.seed.valueChanged.connect(lambda v: self._set("Set the seed", "seed", v))
        self.device.textActivated.connect(lambda v: self._set("Set the device", "device", v))

    def show_spec(self, spec: Spec) -> None:
        """Show the settings of a spec, without asking for anything."""
        self._spec = spec
        blockers = [
            QSignalBlocker(w)
            for w in (self.preset, self.data, self.tasks, self.classes, self.steps, self.seed, self.device)
        ]
        self._show_preset(spec)
        self._show_data(spec)
        self._show_steps(spec)
        _show_number(self.seed, spec.seed)
        if self.device.findText(spec.device) < 0:
            self.device.addItem(spec.device)
        self.device.setCurrentText(spec.device)
        del blockers

    # showing ----------------------------------------------------------------------------------------

    def _show_preset(self, spec: Spec) -> None:
        known = next((name for name, preset in self._presets.items() if preset == spec), None)
        custom = self.preset.findText(_CUSTOM)
        if known is None and custom < 0:
            self.preset.insertItem(0, _CUSTOM)
        elif known is not None and custom >= 0:
            self.preset.removeItem(custom)
        self.preset.setCurrentText(known or _CUSTOM)
        self.preset.setToolTip((spec.notes or "A complete set of settings to begin with")[:400])

    def _show_data(self, spec: Spec) -> None:
        stream, listed = spec.stream, bool(spec.stream.parts)
        names = dataset_names(stream)
        mixed = self.data.findData("")
        if mixed >= 0:
            self.data.removeItem(mixed)
        if listed:
            titles = " + ".join(DATASETS[n].title if n in DATASETS else n for n in names)
            self.data.insertItem(0, titles, "")
            self.data.setCurrentIndex(0)
        else:
            self.data.setCurrentIndex(self.data.findData(stream.dataset))
        info = DATASETS.get(stream.dataset)
        _show_number(self.tasks, len(stream.parts) if listed else stream.tasks)
        permuted = stream.kind == "permuted"
        per_task = info.classes if permuted and info else stream.classes_per_task
        _show_number(self.classes, len(stream.parts[0].classes) if listed else per_task)
        why = "The tasks of this stream are listed one by one in its spec" if listed else ""
        self.tasks.setEnabled(not listed)
        self.tasks.setToolTip(why or "How many tasks the stream has")
        self.classes.setEnabled(not listed and not permuted)
        self.classes.setToolTip(
            why
            or ("Every task has all classes: their pixels are permuted" if permuted else "")
            or "How many classes each task has"
        )
        self.data.setToolTip(stream.folder if stream.dataset == FOLDER else "What the tasks are made of")

    def _show_steps(self, spec: Spec) -> None:
        by_epochs = spec.training.epochs > 0
        self._steps_captioned.caption.setText("Epochs / task" if by_epochs else "Steps / task")
        self.steps.setAccessibleName("Epochs a task" if by_epochs else "Steps a task")
        self.steps.setToolTip(
            "Passes over the data of each task" if by_epochs else "Training steps on each task of each path"
        )
        whole = spec.training.epochs == int(spec.training.epochs)
        self.steps.setDecimals(0 if not by_epochs or whole else 2)
        self.steps.setRange(0.01 if by_epochs and not whole else 1, 10_000_000)
        self.steps.setSingleStep(1 if by_epochs else 50)
        self.steps.setValue(spec.training.epochs if by_epochs else spec.training.steps)

    # asking -----------------------------------------------------------------------------------------

    def _set(self, title: str, field: str, value: object) -> None:
        self.edit_requested.emit(title, {field: value})

    def _preset_chosen(self, name: str) -> None:
        if name != _CUSTOM:
            self.preset_requested.emit(name)

    def _steps_changed(self, value: float) -> None:
        if self._spec.training.epochs > 0:
            self._set("Set the epochs", "training.epochs", value)
        else:
            self._set("Set the steps", "training.steps", int(value))

    def _data_chosen(self) -> None:
        name = self.data.currentData()
        if name == "":
            return
        fields: dict[str, object] = {"stream.dataset": name, "stream.parts": ()}
        if name == FOLDER:
            folder = QFileDialog.getExistingDirectory(
                self, "A folder of images, one sub-folder a class", self._spec.stream.folder
            )
            if not folder:
                self.show_spec(self._spec)
                return
            fields["stream.folder"] = str(Path(folder))
        else:
            fields |= self._fitting(DATASETS[name].classes)
        self.edit_requested.emit("Choose the data set", fields)

    def _fitting(self, classes: int) -> dict[str, object]:
        """Tasks and classes a task, made fewer where a data set has not enough classes for them."""
        stream = self._spec.stream
        if stream.kind == "permuted":
            return {}
        per_task = min(stream.classes_per_task, max(classes // 2, 1))
        tasks = min(stream.tasks, classes // per_task)
        return {"stream.classes_per_task": per_task, "stream.tasks": tasks}


def _show_number(box: QSpinBox, value: int) -> None:
    box.setValue(value)


def _combo(name: str, width: int) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setMinimumWidth(width)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    made.setMinimumContentsLength(1)
    made.view().setMinimumWidth(max(width, 170))
    return made


def _spin(name: str, tip: str, low: int, high: int, width: int) -> QSpinBox:
    made = QSpinBox()
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setRange(low, high)
    made.setKeyboardTracking(False)
    made.setFixedWidth(width)
    return made
