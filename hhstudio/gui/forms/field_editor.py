"""Field editor: a setting in the property panel, with what is wrong with it and a way back to the default."""

from __future__ import annotations

import math
import textwrap
from typing import Any, NamedTuple

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLineEdit, QSlider, QToolButton, QWidget

from hhstudio.core.spec import fields
from hhstudio.core.spec.setting import Field
from hhstudio.gui.forms import typed_numbers
from hhstudio.gui.forms.text_editor import TextEditor
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.markup import TextLabel, plain

_LABEL = 118
"""Pixels of a name."""
_STEPS = 400
"""Positions of a slider."""
_TIP = 80
"""Characters of a line of a tool tip."""
MIXED = "mixed"


class Shown(NamedTuple):
    """``value`` of all that is selected, unless it is ``mixed``; ``inherited``: what None means here, in
    words; ``own``: whether there is something to reset."""

    value: Any = None
    mixed: bool = False
    inherited: str = ""
    own: bool = False


def tool_tip(field: Field, full_name: str) -> str:
    """What a setting means, what it may be, and its dotted name."""
    range_ = str(field.range or "")
    lines = [textwrap.fill(field.tip, _TIP), range_[:1].upper() + range_[1:], full_name]
    return "\n".join(filter(None, lines))


class FieldRow(QWidget):
    """Says at once what is wrong with what is typed; asks for the change when it is right and complete.

    ``full_name``: the dotted name of the setting that the field is of, or that a node's own field stands for.
    ``edited`` carries the value and whether more will follow (a slider that is being moved).
    """

    edited = Signal(object, bool)
    reset_wanted = Signal()
    settled = Signal()
    cancelled = Signal()

    def __init__(self, field: Field, full_name: str, resettable: bool = False) -> None:
        super().__init__()
        self.field = field
        self._shown = Shown()
        self._note = ""
        self._error = False
        self._let_go = True  # False from Esc in the middle of a drag until the button is up
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(1, 1)
        self.label = TextLabel(field.label)
        self.label.setFixedWidth(_LABEL)
        self.label.setWordWrap(True)
        self.line: QLineEdit | None = None
        self.lines: TextEditor | None = None
        self.choice: QComboBox | None = None
        self.slider: QSlider | None = None
        self.editor: QWidget = self._make_editor()
        self.editor.setAccessibleName(field.label)
        self.editor.setAccessibleDescription(field.tip)
        self.label.setBuddy(self.editor)
        for widget in (self.label, self.editor):
            glossary.explain_setting(widget, full_name, field.label, field.tip)
        grid.addWidget(self.label, 0, 0)
        if self.lines is None:
            grid.addWidget(self.editor, 0, 1)
        else:  # needs all the width that there is
            self.label.setFixedWidth(_LABEL + 80)
            grid.addWidget(self.editor, 1, 0, 1, 4)
        if field.slider is not None:
            self.slider = self._make_slider()
            grid.addWidget(self.slider, 0, 2)
        self.unit = TextLabel(field.unit)
        self.unit.setProperty("caption", True)
        grid.addWidget(self.unit, 0, 3)
        self.reset = QToolButton()
        self.reset.setText("↺")
        self.reset.setAccessibleName(f"Reset {field.label}")
        self.reset.setToolTip("Back to what is set for all" if resettable else "Back to the default")
        self.reset.clicked.connect(self.reset_wanted)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(policy)
        self.reset.setVisible(False)
        if resettable or field.optional or field.kind == "parts":
            grid.addWidget(self.reset, 0, 4)
        self.hint = TextLabel()
        self.hint.setWordWrap(True)
        self.hint.setProperty("caption", True)
        self.hint.hide()
        grid.addWidget(self.hint, 2, 0 if self.lines is not None else 1, 1, 4)
        for widget in (self.label, self.editor):
            widget.setToolTip(plain(tool_tip(field, full_name)))

    # showing -------------------------------------------------------------------------------------------

    def show_value(self, shown: Shown, note: str = "") -> None:
        """``note``: what follows from the value, or an issue with it."""
        self.reset.setVisible(shown.own)
        if shown != self._shown or (self.line is not None and not self.line.hasFocus()):
            self._shown = shown
            self._write(shown)
        self._say(note, False)

    def take_focus(self) -> None:
        """The keys go to its editor."""
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, text: str) -> None:
        """Something is wrong that the field alone does not tell."""
        self._say(text, True)

    def _write(self, shown: Shown) -> None:
        text = "" if shown.mixed else fields.shown(self.field, shown.value)
        if self.line is not None:
            blocked = QSignalBlocker(self.line)
            if not (self.line.hasFocus() and self.line.isModified() and not self._error):
                self.line.setText(text)
                self.line.setModified(False)
            short = self.slider is not None or self.field.kind in ("wholes", "numbers", "choices")
            inherited = shown.inherited.removesuffix(" (default)") if short else shown.inherited
            absent = "none" if self.field.kind == "choices" else self.field.absent
            self.line.setPlaceholderText(MIXED if shown.mixed else inherited or absent)
            del blocked
        if self.lines is not None and not self.lines.hasFocus():
            self.lines.write(text, MIXED if shown.mixed else shown.inherited)
        if self.choice is not None:
            blocked = QSignalBlocker(self.choice)
            absent = shown.inherited or self.field.absent
            if self.field.optional:
                self.choice.setItemText(0, absent or "none")
            at = -1 if shown.mixed else self.choice.findData(text)
            self.choice.setCurrentIndex(at)
            self.choice.setPlaceholderText(MIXED)
            typed = self.choice.lineEdit()
            if typed is not None:
                typed.setPlaceholderText(MIXED if shown.mixed else "")
                typed.setText(text if at < 0 else self.choice.itemText(at))
                typed.setCursorPosition(0)
            del blocked
        value = shown.value
        if self.slider is not None and value is None and shown.inherited:
            value = fields.read(self.field, shown.inherited.removesuffix(" (default)"))
        if self.slider is not None and isinstance(value, int | float) and not shown.mixed:
            blocked = QSignalBlocker(self.slider)
            self.slider.setValue(self._position(float(value)))
            del blocked

    def _say(self, text: str, error: bool) -> None:
        self._error = error
        if (text, error) == (self._note, self.hint.property("error")):
            return
        self._note = text
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        self.hint.setProperty("error", error)
        for widget in (self.hint, self.editor):
            widget.setProperty("error", error)
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    # editing -------------------------------------------------------------------------------------------

    def _make_editor(self) -> QWidget:
        field = self.field
        if field.kind in ("choice", "yes"):
            self.choice = QComboBox()
            self.choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.choice.setMinimumContentsLength(6)
            self.choice.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            if field.optional:
                self.choice.addItem(field.absent or "none", "")
            for name in field.choices or ("yes", "no"):
                self.choice.addItem(name.replace("_", " "), name)
            self.choice.activated.connect(self._chosen)
            if field.pattern:
                self.choice.setEditable(True)
                self.choice.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
                typed = self.choice.lineEdit()
                assert typed is not None
                typed.textEdited.connect(self._judge)
                typed.editingFinished.connect(self._typed)
            self.choice.installEventFilter(self)
            return self.choice
        if field.kind == "parts":
            self.lines = TextEditor()
            self.lines.edited.connect(self._judge)
            self.lines.finished.connect(self._written)
            return self.lines
        self.line = QLineEdit()
        self.line.setMinimumWidth(60)
        self.line.textEdited.connect(self._judge)
        self.line.editingFinished.connect(self._finish)
        return self.line

    def _make_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _STEPS)
        slider.setFixedWidth(84)
        slider.setAccessibleName(f"{self.field.label}, slider")
        slider.valueChanged.connect(self._slid)
        slider.sliderReleased.connect(self.settled)
        slider.installEventFilter(self)
        return slider

    def eventFilter(self, watched: object, event: Any) -> bool:
        """The wheel scrolls the panel; it changes no setting by accident. Esc takes a slider back."""
        escape = event.type() == event.Type.KeyPress and event.key() == Qt.Key.Key_Escape
        if escape and watched is self.slider and self.slider is not None and self.slider.isSliderDown():
            blocked = QSignalBlocker(self.slider)
            self.slider.setSliderDown(False)
            del blocked
            self._let_go = False
            self.cancelled.emit()
            return True
        if watched is self.slider and not self._let_go:
            self._let_go = event.type() == event.Type.MouseButtonRelease
            return event.type() == event.Type.MouseMove
        if event.type() == event.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)  # type: ignore[arg-type]

    def _judge(self, text: str) -> None:
        problem = typed_numbers.problem(self.field, text)
        self._say(problem, bool(problem))

    def _finish(self) -> None:
        assert self.line is not None
        if not self.line.isModified():
            return
        text = self.line.text()
        if typed_numbers.problem(self.field, text):
            if not self.line.hasFocus():  # left behind: what was typed cannot be kept
                self._say("", False)
                self.line.setModified(False)
                self._write(self._shown)
            return
        self.line.setModified(False)
        if not self._shown.mixed and text == fields.shown(self.field, self._shown.value):
            return  # all its digits are kept, also those that are not shown
        value = typed_numbers.read(self.field, text)
        if self._shown.mixed or value != self._shown.value:
            self.edited.emit(value, False)

    def _typed(self) -> None:
        """A choice that is none of the list was typed, or one of the list."""
        assert self.choice is not None
        text = self.choice.currentText().strip()
        at = self.choice.findText(text)
        text = self.choice.itemData(at) if at >= 0 else text
        if not text and (self._shown.mixed or not self.field.optional):
            self._write(self._shown)
        elif typed_numbers.problem(self.field, text):
            if not self.choice.hasFocus():  # left behind: what was typed cannot be kept
                self._say("", False)
                self._write(self._shown)
        elif self._shown.mixed or fields.read(self.field, text) != self._shown.value:
            self.edited.emit(fields.read(self.field, text), False)

    def _written(self) -> None:
        """TextEditor are complete: Ctrl+Enter, or another field has the keys."""
        assert self.lines is not None
        text = self.lines.toPlainText()
        if typed_numbers.problem(self.field, text):
            return  # it stays, with what is wrong below it
        value = fields.read(self.field, text) or None
        if value != self._shown.value:
            self.edited.emit(value, False)

    def _chosen(self, at: int) -> None:
        assert self.choice is not None
        text = self.choice.itemData(at)
        if self.field.kind == "yes":
            self.edited.emit(text == "yes", False)
        else:
            self.edited.emit(fields.read(self.field, text), False)

    def _slid(self, position: int) -> None:
        assert self.slider is not None
        self.edited.emit(self._value(position), True)
        if not self.slider.isSliderDown():
            self.settled.emit()

    def _value(self, position: int) -> float:
        """What a slider's position means, to three digits."""
        assert self.field.slider is not None
        low, high = self.field.slider
        share = position / _STEPS
        value = low * (high / low) ** share if self.field.log else low + (high - low) * share
        return float(f"{value:.3g}")

    def _position(self, value: float) -> int:
        assert self.field.slider is not None
        low, high = self.field.slider
        value = min(max(value, low), high)
        share = (
            math.log(value / low) / math.log(high / low) if self.field.log else (value - low) / (high - low)
        )
        return round(share * _STEPS)
