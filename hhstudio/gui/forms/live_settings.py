"""The settings of a run that may change while it goes on: learning rate and β."""

from __future__ import annotations

import re

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QWidget

from hhstudio.core.run.history import History
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.captioned import Captioned


class SettingBox(QDoubleSpinBox):
    """A number over many orders of magnitude: shown as short as it can be, stepped by a tenth of itself or,
    with Ctrl, by ten times. ``chosen`` comes when the user has entered another one."""

    chosen = Signal(float)

    def __init__(self, name: str, low: float, high: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDecimals(12)
        self.setRange(low, high)
        self.setKeyboardTracking(False)
        self.setAccessibleName(name)
        self.setMinimumWidth(96)
        self._shown = 0.0
        self.valueChanged.connect(self._changed)

    def show_value(self, value: float) -> None:
        """What the run has, unless something is being typed."""
        self._shown = value
        if not self.hasFocus() or self.lineEdit().text() == self.textFromValue(self.value()):
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)

    def textFromValue(self, value: float) -> str:
        return f"{value:.6g}"

    def valueFromText(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            return self.value()

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """``3e-4`` is a number too; what may become one is let be."""
        try:
            fits = self.minimum() <= float(text) <= self.maximum()
        except ValueError:
            fits = False
        if fits:
            return QValidator.State.Acceptable, text, position
        begun = re.fullmatch(r"[\d.]*(?:[eE][+-]?\d*)?", text) is not None
        return QValidator.State.Intermediate if begun else QValidator.State.Invalid, text, position

    def stepBy(self, steps: int) -> None:
        """A step of the arrows is a tenth, one of the page keys a factor of ten."""
        value = self.value() or 1.0
        if abs(steps) >= 10:
            self.setValue(value * 10.0 ** (steps // 10))
        else:
            self.setValue(value * 1.1**steps if self.value() else 0.1 * max(steps, 0))

    def _changed(self, value: float) -> None:
        if value != self._shown:
            self._shown = value
            self.chosen.emit(value)


class Steering(QWidget):
    """Shows what the run has now and asks for other values, which count from the next step on."""

    learning_rate_chosen = Signal(float)
    beta_chosen = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lr = SettingBox("Learning rate", 1e-12, 1e300)
        self.lr.setToolTip("Learning rate of the weights, from the next step on; Page keys: ten times")
        self.beta = SettingBox("β, the weight of consolidation", 0.0, 1e300)
        glossary.explain(self.beta, "Beta", "β: weight of keeping earlier tasks, from the next step on")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(Captioned("Learning rate", self.lr), 1)
        row.addWidget(Captioned("β (keeping)", self.beta), 1)
        self.lr.chosen.connect(self.learning_rate_chosen)
        self.beta.chosen.connect(self.beta_chosen)

    def show_history(self, history: History | None, running: bool) -> None:
        self.setEnabled(running and history is not None and history.spec is not None)
        if history is None or history.spec is None:
            return
        self.lr.show_value(setting(history, "training.lr", history.spec.training.lr))
        self.beta.show_value(setting(history, "consolidation.beta", history.spec.consolidation.beta))


def setting(history: History, field: str, first: float, until: int | None = None) -> float:
    """What a setting was changed to last (by step ``until``), or was at ``first``."""
    changed = [s.value for s in history.settings if s.field == field and (until is None or s.step <= until)]
    return changed[-1] if changed else first
