"""Run dialog: what will be trained, for how long, at what cost, and what is in its way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import baselines
from hhstudio.core.session_names import file_stem
from hhstudio.core.spec import rules
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.disk_usage import disk
from hhstudio.core.spec.fields import all_fields
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.forms.field_editor import tool_tip
from hhstudio.gui.forms.number_box import NumberBox
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.views.runs.run_issues import RunIssues
from hhstudio.gui.views.runs.summary import free_space, title, what_is_trained, what_it_takes
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.service.run.calibration import Calibration, calibrate

Calibrate = Callable[[Spec, threading.Event], Calibration]
_PATIENCE, _SHARE = 5, 0.1
"""Evaluations and share of the training images that early stopping begins with."""


class RunDialog(QDialog):
    """Works on a copy of the document. ``start_requested`` and ``queue_requested`` carry the spec and the
    file of the session; ``running``: a run goes on, so that this one can only wait."""

    start_requested = Signal(object, object)
    queue_requested = Signal(object, object)

    def __init__(
        self,
        spec: Spec,
        out: Path,
        jobs: BackgroundJobs,
        time_it: Calibrate,
        *,
        running: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Run with options")
        self.spec, self.out = spec, out
        self._jobs, self._time_it, self._running = jobs, time_it, running
        self._given_up = threading.Event()
        self._timed: tuple[Spec, Calibration | None, str] | None = None
        self.title = _text(bold=True)
        self.what = _text()
        self.takes = _text()
        self.measure = QPushButton("Time a few steps")
        self.measure.setToolTip("A process of its own builds the run and times some steps of every path")
        self.measure.setAutoDefault(False)
        self.measure.clicked.connect(self.time_it)
        self.obstacles = RunIssues()
        self.obstacles.fixed.connect(self._fixed)
        self.name = QLineEdit(out.stem)
        self.name.setToolTip(plain(f"In {shown_path(out.parent)}"))
        self.name.textEdited.connect(self._renamed)
        self.device = QComboBox()
        fields = all_fields()
        self.device.addItems(list(dict.fromkeys([*fields["device"].choices, spec.device])))
        self.device.setToolTip(plain(tool_tip(fields["device"], "device")))
        self.device.setCurrentText(spec.device)
        self.device.textActivated.connect(lambda value: self._set({"device": value}))
        self.seed = NumberBox(fields["seed"])
        self.seed.show_value(spec.seed)
        self.seed.chosen.connect(lambda value: self._set({"seed": value}))
        self.baselines = {kind: QCheckBox(baselines.TITLES[kind]) for kind in baselines.KINDS}
        for kind, box in self.baselines.items():
            box.setToolTip(plain(baselines.MEANINGS[kind][:1].upper() + baselines.MEANINGS[kind][1:]))
            box.setChecked(kind in spec.baselines)
            box.toggled.connect(self._baselines_changed)
        self.early = QCheckBox("Tasks, after")
        patience = fields["training.early_stopping.patience"]
        assert patience.range is not None
        self.patience = NumberBox(replace(patience, range=patience.range._replace(low=1)))  # 0 is not ticked
        self.share = NumberBox(fields["stream.validation"])
        self.early.setChecked(spec.training.early_stopping.patience > 0)
        self.patience.show_value(spec.training.early_stopping.patience or _PATIENCE)
        self.share.show_value(spec.stream.validation or _SHARE)
        self.early.toggled.connect(self._stopping_changed)
        self.patience.chosen.connect(self._stopping_changed)
        self.share.chosen.connect(self._stopping_changed)
        self.buttons = QDialogButtonBox()
        self.start = self.buttons.addButton("Start", QDialogButtonBox.ButtonRole.AcceptRole)
        self.queue = self.buttons.addButton("Add to the queue", QDialogButtonBox.ButtonRole.ActionRole)
        self.buttons.addButton("Cancel", QDialogButtonBox.ButtonRole.RejectRole)
        self.start.setProperty("primary", not running)
        (self.queue if running else self.start).setDefault(True)
        self.start.clicked.connect(lambda: self._done(self.start_requested))
        self.queue.clicked.connect(lambda: self._done(self.queue_requested))
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._refresh()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow("Keep it as", _row(self.name, TextLabel(".h5")))
        form.addRow("Device", _row(self.device, TextLabel("   Seed"), self.seed, None))
        form.addRow("Compare with", _row(*self.baselines.values(), None))
        form.addRow(
            "Stop early",
            _row(self.early, self.patience, TextLabel("evaluations without a gain of accuracy"), None),
        )
        form.addRow("Held out", _row(self.share, TextLabel("of the training images, as a share"), None))
        timing = QHBoxLayout()
        timing.addWidget(self.takes, 1)
        timing.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 14)
        column.setSpacing(12)
        column.addWidget(self.title)
        column.addWidget(self.what)
        column.addLayout(timing)
        column.addWidget(self.obstacles)
        column.addLayout(form)
        column.addStretch(1)
        column.addWidget(self.buttons)
        self.setMinimumWidth(620)

    # changes ----------------------------------------------------------------------------------------

    def _set(self, fields: dict[str, Any]) -> None:
        self.spec = specs.with_fields(self.spec, fields)
        self._refresh()

    def _fixed(self, spec: Spec) -> None:
        self.spec = spec
        self._refresh()

    def _baselines_changed(self) -> None:
        self._set({"baselines": [kind for kind, box in self.baselines.items() if box.isChecked()]})

    def _stopping_changed(self) -> None:
        if self.early.isChecked():
            fields: dict[str, Any] = {"training.early_stopping.patience": self.patience.value()}
            fields["stream.validation"] = self.share.value()
        else:
            fields = {"training.early_stopping.patience": 0}
        self._set(fields)

    def _renamed(self, text: str) -> None:
        self.out = self.out.with_name(f"{file_stem(text)}.h5") if text.strip() else self.out
        self._refresh()

    # what it will take ------------------------------------------------------------------------------

    def time_it(self) -> None:
        """Time a few steps, without holding up the window."""
        spec = self.spec
        self._timed = spec, None, ""
        self._refresh()

        def done(calibration: Calibration) -> None:
            if not self._given_up.is_set():
                self._timed = spec, calibration, ""
                self._refresh()

        def failed(error: Exception) -> None:
            if not self._given_up.is_set():
                self._timed = spec, None, str(error) if isinstance(error, HHStudioError) else repr(error)
                self._refresh()

        self._jobs.submit(lambda: self._time_it(spec, self._given_up), done, failed)

    def _refresh(self) -> None:
        issues = rules.issues(self.spec)
        self.obstacles.show_issues(self.spec, issues, self._own_problem())
        ready = not any(issue.severity == "error" for issue in issues) and not self._own_problem()
        self.start.setEnabled(ready and not self._running)
        self.start.setToolTip("A run is going on: this one can wait in the queue" if self._running else "")
        self.queue.setEnabled(ready)
        self.measure.setEnabled(ready)
        self.title.setText(title(self.spec))
        self.what.setText(what_is_trained(self.spec))
        timed = self._timed if self._timed is not None and self._timed[0] == self.spec else None
        waiting = timed is not None and timed[1] is None and not timed[2]
        calibration, problem = (timed[1], timed[2]) if timed is not None else (None, "")
        self.measure.setText("Timing …" if waiting else "Time a few steps")
        self.measure.setEnabled(ready and not waiting)
        self.takes.setText(what_it_takes(self.spec, calibration, problem))
        self.patience.setEnabled(self.early.isChecked())
        self.share.setEnabled(self.early.isChecked())

    def _own_problem(self) -> str:
        """What is wrong beside the spec."""
        if self.out.exists():
            return f"{self.out.name} exists already: choose another name"
        needed, room = disk(self.spec), free_space(self.out.parent)
        if needed is not None and room is not None and needed > room:
            return f"{shown_path(self.out.parent)} has too little room for the session"
        return ""

    def _done(self, signal: Any) -> None:
        self._given_up.set()
        self.accept()
        signal.emit(self.spec, self.out)

    def done(self, result: int) -> None:
        self._given_up.set()
        super().done(result)


def calibration_with(data: Path, allow_unverified: bool, trusted: set[str]) -> Calibrate:
    """How a window times runs."""

    def time_it(spec: Spec, given_up: threading.Event) -> Calibration:
        return calibrate(
            spec, data, allow_unverified=allow_unverified, allow_imports=tuple(trusted), cancelled=given_up
        )

    return time_it


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addStretch(1) if widget is None else row.addWidget(widget)
    return row


def _text(bold: bool = False) -> QLabel:
    label = TextLabel("")
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if bold:
        label.setProperty("title", True)
    return label
