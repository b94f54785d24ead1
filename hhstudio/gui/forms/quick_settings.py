"""Quick settings: those that users change most, side by side: preset, data, tasks, steps, seed, device."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QWidget

from hhstudio.core.spec import presets
from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.fields import all_fields, edit_title
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.stream_data import dataset_names
from hhstudio.gui.forms.field_editor import tool_tip
from hhstudio.gui.forms.number_box import NumberBox
from hhstudio.gui.widgets.captioned import Captioned
from hhstudio.gui.widgets.markup import plain

_CUSTOM = "Own settings"


_ANY_WIDTH = (1 << 24) - 1
"""Pixels of a room that nobody has measured yet."""


class QuickSettings(QWidget):
    """Shows a spec and asks for changes; it changes nothing itself.

    ``preset_requested`` carries a name, ``edit_requested`` a title and the fields to set.
    """

    preset_requested = Signal(str)
    edit_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = Spec()
        self._presets = {name: presets.preset(name) for name in presets.preset_names()}
        self._by_epochs = False
        self._room = _ANY_WIDTH
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        fields = all_fields()
        self.preset = _combo(row, "Preset", 128)
        self.data = _combo(row, fields["stream.dataset"].label, 176)
        self.tasks = self._number(row, "stream.tasks", 52)
        self.classes = self._number(row, "stream.classes_per_task", 76)
        self.steps = self._number(row, "training.steps", 76, step=50)
        self.epochs = self._number(row, "training.epochs", 76)
        self.seed = self._number(row, "seed", 76)
        self.device = _combo(row, fields["device"].label, 72)
        self.preset.addItems(list(self._presets))
        for name, info in DATASETS.items():
            self.data.addItem(info.title, name)
        self.data.addItem("Folder of images …", FOLDER)
        here = [name for name in fields["device"].choices if name != "mps" or sys.platform == "darwin"]
        self.device.addItems(here)
        self.device.setToolTip(plain(tool_tip(fields["device"], "device")))
        self.preset.textActivated.connect(self._preset_chosen)
        self.data.activated.connect(self._data_chosen)
        self.device.textActivated.connect(lambda name: self._set("device", name))

    def show_spec(self, spec: Spec) -> None:
        """Show the settings of a spec, without asking for anything."""
        self._spec = spec
        blockers = [QSignalBlocker(combo) for combo in (self.preset, self.data, self.device)]
        self._show_preset(spec)
        self._show_data(spec)
        self._by_epochs = spec.training.epochs > 0
        self.fit(self._room)
        self.steps.show_value(spec.training.steps)
        self.epochs.show_value(spec.training.epochs)
        self.seed.show_value(spec.seed)
        if self.device.findText(spec.device) < 0:
            self.device.addItem(spec.device)
        self.device.setCurrentText(spec.device)
        del blockers

    def fit(self, room: int) -> None:
        """Show as many as there is room for, from the first on; the property panel has all of them."""
        self._room, needed = room, 0
        for column in self._columns():
            needed += column.sizeHint().width() + (self._row.spacing() if needed else 0)
            column.setVisible(needed <= room or column.field is self.preset)
        for column in self.findChildren(Captioned):
            if column.field is self._unused:
                column.hide()

    def least_width(self) -> int:
        """Of the first alone, which is there whatever the room."""
        return self._columns()[0].sizeHint().width()

    def _columns(self) -> list[Captioned]:
        """Those that count for the spec, in order."""
        return [column for column in self.findChildren(Captioned) if column.field is not self._unused]

    @property
    def _unused(self) -> QWidget:
        return self.steps if self._by_epochs else self.epochs

    def _show_preset(self, spec: Spec) -> None:
        known = next((name for name, preset in self._presets.items() if preset == spec), None)
        custom = self.preset.findText(_CUSTOM)
        if known is None and custom < 0:
            self.preset.insertItem(0, _CUSTOM)
        elif known is not None and custom >= 0:
            self.preset.removeItem(custom)
        self.preset.setCurrentText(known or _CUSTOM)
        self.preset.setToolTip(plain((spec.notes or "A complete set of settings to begin with")[:400]))

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
        tip = all_fields()["stream.dataset"].tip
        self.data.setToolTip(plain(stream.folder if stream.dataset == FOLDER else tip))
        info, permuted = DATASETS.get(stream.dataset), stream.kind == "permuted"
        per_task = info.classes if permuted and info else stream.classes_per_task
        self.tasks.show_value(len(stream.parts) if listed else stream.tasks)
        self.classes.show_value(len(stream.parts[0].classes) if listed else per_task)
        why = "The tasks of this stream are listed one by one in its spec" if listed else ""
        self.tasks.refuse(why)
        if permuted and not listed:
            why = "Every task has all classes: their pixels are permuted"
        self.classes.refuse(why)

    def _number(self, row: QHBoxLayout, name: str, width: int, step: float = 1) -> NumberBox:
        field = all_fields()[name]
        box = NumberBox(field, step)
        box.setFixedWidth(width)
        row.addWidget(Captioned(field.label, box))
        box.chosen.connect(lambda value: self._set(name, value))
        return box

    # asking -----------------------------------------------------------------------------------------

    def _set(self, name: str, value: object) -> None:
        self.edit_requested.emit(edit_title(all_fields()[name]), {name: value})

    def _preset_chosen(self, name: str) -> None:
        if name != _CUSTOM:
            self.preset_requested.emit(name)

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


def _combo(row: QHBoxLayout, label: str, width: int) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(label)
    combo.setMinimumWidth(width)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(1)
    combo.view().setMinimumWidth(max(width, 170))
    row.addWidget(Captioned(label, combo))
    return combo
