"""Number box: a spin box for the number of a setting, of any size, judged as the setting says."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QAbstractSpinBox, QToolTip, QWidget

from hhstudio.core.spec import fields
from hhstudio.core.spec.setting import Field
from hhstudio.gui.forms import typed_numbers
from hhstudio.gui.forms.field_editor import tool_tip
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.markup import plain

_WIDTH = 64
"""Pixels at least."""


class NumberBox(QAbstractSpinBox):
    """Stepped by ``step``; a number over many orders of magnitude by a tenth of itself, with the page keys by
    ten times. ``chosen`` comes when another number has been entered, never for one that is not allowed."""

    chosen = Signal(object)

    def __init__(self, field: Field, step: float = 1, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field, self._step = field, step
        if step == 1 and field.kind == "number" and field.slider is not None:
            self._step = (field.slider[1] - field.slider[0]) / 50
        self._value: float | None = None
        self._shown = ""
        self.setMinimumWidth(_WIDTH)
        self.setAccessibleName(field.label)
        self.setAccessibleDescription(field.tip)
        self._tip = tool_tip(field, field.name)
        self.setToolTip(plain(self._tip))
        glossary.explain_setting(self, field.name, field.label, field.tip)
        self.lineEdit().setPlaceholderText(field.absent)
        self.editingFinished.connect(self._enter)
        self.show_value(field.default)

    def value(self) -> float | None:
        """The number; None where there is none."""
        return self._value

    def setValue(self, value: float | None) -> None:
        """Show a number and say that it was chosen."""
        changed = value != self._value
        self._value = value
        self._write()
        if changed:
            self.chosen.emit(value)

    def show_value(self, value: float | None) -> None:
        """Show a number, unless another is being typed."""
        typing = self.hasFocus() and self.lineEdit().text() != self._shown
        self._value = value
        if not typing:
            self._write()

    def refuse(self, reason: str) -> None:
        """Let nothing be entered, and say why; an empty reason lets it be again."""
        self.setEnabled(not reason)
        self.setToolTip(plain(reason or self._tip))

    def stepBy(self, steps: int) -> None:
        value = self._value or 0.0
        if self.field.log and value:
            value *= 10.0 ** (steps // 10) if abs(steps) >= 10 else 1.1**steps
        else:
            value += steps * (0.1 if self.field.log else self._step)
        value = float(f"{value:.6g}") if self.field.kind == "number" else int(value)
        range_ = self.field.range
        if range_ is not None and not range_.holds(value):
            end = range_.low if value <= range_.low else range_.high
            value = end if range_.holds(end) else self._value or end
        if not self.field.problem(value):
            self.setValue(value)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        either = QAbstractSpinBox.StepEnabledFlag
        return either.StepUpEnabled | either.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """``3e-4`` is a number too; what may become one is let be."""
        if not typed_numbers.problem(self.field, text):
            return QValidator.State.Acceptable, text, position
        begun = typed_numbers.begun(text)
        return QValidator.State.Intermediate if begun else QValidator.State.Invalid, text, position

    def _enter(self) -> None:
        text = self.lineEdit().text()
        if text == self._shown:
            return
        if problem := typed_numbers.problem(self.field, text):
            self._write()
            QToolTip.showText(self.mapToGlobal(self.rect().bottomLeft()), plain(problem), self)
        else:
            self.setValue(typed_numbers.read(self.field, text))

    def _write(self) -> None:
        self._shown = fields.shown(self.field, self._value)
        self.lineEdit().setText(self._shown)
