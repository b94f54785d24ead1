"""Sweep dialog: which fields vary over which values, and what that comes to."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.errors import HHStudioError
from hhstudio.core.formatting import count, duration
from hhstudio.core.session_names import file_stem
from hhstudio.core.spec.fields import all_fields, option_fields
from hhstudio.core.spec.setting import Field, value_of
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.sweep import PlannedRun, Sweep
from hhstudio.gui.forms.field_editor import tool_tip
from hhstudio.gui.forms.typed_numbers import check_list
from hhstudio.gui.state.session_files import shown_path
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters, plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed
from hhstudio.service.sweep.engine import available_cores
from hhstudio.service.sweep.sweeper import work

_PREVIEW_MS = 150
_EXPANDED = 2000
"""More runs than this are counted while typing, and looked at one by one only at the start."""
_FOR_PEOPLE = ("name", "notes")
"""Fields that make no difference to a run."""


class VariedField(Themed, QWidget):
    """One field and its values. ``changed`` follows every key; ``removed`` asks to be taken out."""

    changed = Signal()
    removed = Signal()

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self._spec, self._fields = spec, _fields(spec)
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.name.setMinimumWidth(220)
        self.name.setAccessibleName("Field")
        for name in (*sweeps.SPECIAL_FIELDS, *self._fields):
            self.name.addItem(name)
            self.name.setItemData(self.name.count() - 1, plain(self._tip(name)), Qt.ItemDataRole.ToolTipRole)
        completer = self.name.completer()
        assert completer is not None
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.values = QLineEdit()
        self.values.setAccessibleName("Values")
        self.remove = QToolButton()
        self.remove.setToolTip("Take this field out")
        self.remove.setAccessibleName("Take this field out")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.name)
        row.addWidget(self.values, 1)
        row.addWidget(self.remove)
        self.name.editTextChanged.connect(self._named)
        self.values.textChanged.connect(self.changed)
        self.remove.clicked.connect(self.removed)
        self.follow_theme()

    def recolour(self) -> None:
        self.remove.setIcon(icon("close", current_theme().text))

    def set(self, name: str, values: str) -> None:
        self.name.setCurrentText(name)
        self.values.setText(values)

    @property
    def field(self) -> str:
        return self.name.currentText().strip()

    def problem(self) -> str:
        """What is wrong with a comma that was typed; empty where nothing is."""
        field, text = self._fields.get(self.field), self.values.text()
        try:
            if "[" not in text:
                check_list(text, whole=field is None or field.kind not in ("number", "numbers"))
        except ValueError as error:
            return f"{self.field}: {error}"
        return ""

    def _named(self) -> None:
        field = self._fields.get(self.field)
        self.values.setPlaceholderText("1, 2, 3")
        if field is not None:
            value = value_of(self._spec, field.name)
            now = field.default if value is None and field.name.startswith("solver.options.") else value
            text = now if isinstance(now, str) else msgspec.json.encode(now).decode()
            parts = [f"now {text}", str(field.range or field.choice_text(" or ")), "several values"]
            self.values.setPlaceholderText("; ".join(filter(None, parts)))
        self.name.setToolTip(plain(self._tip(self.field)))
        self.changed.emit()

    def _tip(self, name: str) -> str:
        field = self._fields.get(name)
        return sweeps.SPECIAL_FIELDS.get(name, name) if field is None else tool_tip(field, name)


def _fields(spec: Spec) -> dict[str, Field]:
    """What can be varied, by dotted name: the settings, and the options of the solver at hand."""
    own = option_fields(spec.solver.architecture, "solver.options.")
    fields = {name: field for name, field in all_fields().items() if name not in _FOR_PEOPLE}
    return fields | {field.name: field for field in own}


class SweepDialog(QDialog):
    """``wanted`` carries the sweep, its folder, jobs at a time, and whether it goes on without the window.

    ``rate``: seconds that a step of depth 1 took in the run at hand, None where none is known.
    """

    wanted = Signal(object, object, int, bool)

    def __init__(
        self, spec: Spec, folder: Path, rate: float | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._spec, self._folder, self._rate = spec, folder, rate
        self.setWindowTitle("New sweep")
        self.setMinimumWidth(640)
        self.rows: list[VariedField] = []
        self.name = QLineEdit(f"{file_stem(spec.name)}-sweep")
        self.name.setAccessibleName("Name")
        self.jobs = QSpinBox()
        self.jobs.setRange(1, 256)
        self.jobs.setValue(max(1, available_cores()))
        self.jobs.setAccessibleName("Runs at a time")
        self.alone = QCheckBox("Go on when the window is closed")
        self.where = TextLabel()
        self.where.setProperty("muted", True)
        self.preview = TextLabel()
        self.preview.setWordWrap(True)
        self.names = QPlainTextEdit()
        self.names.setReadOnly(True)
        self.names.setAccessibleName("The runs, or what is wrong")
        self.names.setFixedHeight(120)
        self._due = QTimer(self, singleShot=True, interval=_PREVIEW_MS)
        self._build()
        self._due.timeout.connect(self.look)
        self.name.textChanged.connect(self._changed)
        self.jobs.valueChanged.connect(self._changed)
        self.add_row("seed", "0, 1, 2")
        self.add_row("link.alpha", "0.1, 0.3")
        self.look()

    def add_row(self, name: str = "", values: str = "") -> VariedField:
        row = VariedField(self._spec)
        row.set(name, values)
        row.changed.connect(self._changed)
        row.removed.connect(lambda: self._remove(row))
        self.rows.append(row)
        self._fields.addWidget(row)
        self._changed()
        return row

    @property
    def sweep(self) -> Sweep:
        """As it is set up now; whether it can be run is another question."""
        vary = {row.field: sweeps.parse_values(row.values.text()) for row in self.rows if row.field}
        base = msgspec.to_builtins(replace(self._spec, name=self._spec.name))
        return Sweep(name=self.name.text().strip() or "sweep", base=base, vary=vary)

    @property
    def folder(self) -> Path:
        return self._folder / file_stem(self.name.text().strip() or "sweep")

    def look(self) -> bool:
        """Say what the fields come to; whether that can be run."""
        self._due.stop()
        self.where.setText(f"in {shown_path(self.folder)}")
        problems, planned = self._expanded()
        fine = not problems
        self._start.setEnabled(fine)
        count = self.sweep.count
        if problems:
            word = "One thing is" if len(problems) == 1 else f"{len(problems)} things are"
            error = current_theme().error
            self.preview.setText(Markup(f"<b style='color:{error}'>{word} in the way</b>"))
            self.names.setPlainText("\n".join(f"• {problem}" for problem in problems))
        else:
            title = f"<b>{count} run{'s' if count != 1 else ''}</b>"
            costs = "".join(f" · {letters(part)}" for part in self._cost(planned, count))
            self.preview.setText(Markup(title + costs))
            self.names.setPlainText("\n".join(run.name for run in planned))
        return fine

    # inside -----------------------------------------------------------------------------------------

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        name = QHBoxLayout()
        name.addWidget(self.name, 1)
        name.addWidget(self.where)
        grid.addWidget(TextLabel("Name"), 0, 0)
        grid.addLayout(name, 0, 1)
        grid.addWidget(TextLabel("Runs at a time"), 1, 0)
        grid.addWidget(self.jobs, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.alone, 2, 1)
        said = TextLabel(
            Markup(f"Every combination of these values is a run of <b>{letters(self._spec.name)}</b>.")
        )
        said.setWordWrap(True)
        self._fields = QVBoxLayout()
        self._fields.setSpacing(6)
        more = QPushButton("Add a field")
        more.setAutoDefault(False)
        more.clicked.connect(lambda: self.add_row().name.setFocus())
        buttons = QDialogButtonBox()
        self._start = buttons.addButton("Start the sweep", QDialogButtonBox.ButtonRole.AcceptRole)
        self._start.setProperty("primary", True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addLayout(grid)
        column.addWidget(said)
        column.addLayout(self._fields)
        column.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.preview)
        column.addWidget(self.names)
        column.addWidget(buttons)

    def accept(self) -> None:
        """Start, if it can be run."""
        if self.look():
            self.wanted.emit(self.sweep, self.folder, self.jobs.value(), self.alone.isChecked())
            super().accept()

    def _changed(self) -> None:
        self._due.start()

    def _remove(self, row: VariedField) -> None:
        self.rows.remove(row)
        row.deleteLater()
        self._changed()

    def _expanded(self) -> tuple[list[str], tuple[PlannedRun, ...]]:
        names = [row.field for row in self.rows if row.field]
        problems = [f"{name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        empty = [row.field for row in self.rows if row.field and not sweeps.parse_values(row.values.text())]
        problems += [f"{name} has no values yet" for name in empty]
        problems += filter(None, (row.problem() for row in self.rows))
        if not names:
            problems.append("no field varies yet")
        sweep = self.sweep
        if problems or (_EXPANDED < sweep.count <= sweeps.MOST_RUNS):
            return problems, ()
        try:
            return [], sweeps.expand(sweep)
        except sweeps.SweepError as error:
            return list(error.problems), ()
        except HHStudioError as error:
            return [str(error)], ()

    def _cost(self, planned: tuple[PlannedRun, ...], runs: int) -> list[str]:
        if not planned:
            return []
        steps = [sweeps.steps_of(run.spec) for run in planned]
        known = [number for number in steps if number is not None]
        parts = [f"{count(sum(known))} steps"] if len(known) == len(steps) else []
        jobs = min(self.jobs.value(), runs)
        if self._rate is None:
            return [*parts, "how long it takes is known once runs go on"]
        seconds = sum(work(run.spec) for run in planned) * self._rate / jobs
        return [*parts, f"about {duration(seconds)} if a run at a time is as fast as the last one"]


def seconds_a_step(history: object) -> float | None:
    """Of the run at hand, as a step of depth 1; None where there is none to learn from."""
    spec: Spec | None = getattr(history, "spec", None)
    step, seconds = getattr(history, "step", 0), getattr(history, "seconds", 0.0)
    if spec is None or not step or not seconds:
        return None
    total = sweeps.steps_of(spec)
    return seconds / (work(spec) * min(step / total, 1.0)) if total else None
