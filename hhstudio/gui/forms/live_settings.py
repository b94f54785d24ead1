"""Live settings: boxes for those that may change while a run goes on."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from hhstudio.core.run.history import History
from hhstudio.core.spec.fields import live_fields
from hhstudio.core.spec.setting import value_of
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.forms.number_box import NumberBox
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.captioned import Captioned
from hhstudio.gui.widgets.markup import plain

_COLUMNS = 2


class LiveSettings(QWidget):
    """Shows what the run has now and asks for other values, which count from the next step on.

    ``chosen`` carries the dotted name of a setting and its value; ``boxes`` are known by that name.
    ``last`` stands after them, in their rows.
    """

    chosen = Signal(str, float)

    def __init__(self, last: QWidget | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(8)
        self.boxes: dict[str, NumberBox] = {}
        for at, field in enumerate(live_fields()):
            box = self.boxes[field.name] = NumberBox(field)
            box.setMinimumWidth(96)
            tip = f"{box.toolTip()}\nFrom the next step on. Page keys: ten times"
            term = glossary.SETTINGS.get(field.name)
            if term is None:
                box.setToolTip(plain(tip))
            else:
                glossary.explain(box, term, tip)
            box.chosen.connect(lambda value, name=field.name: self._choose(name, value))
            grid.addWidget(Captioned(field.label, box), *divmod(at, _COLUMNS))
        if last is not None:
            place = divmod(len(self.boxes), _COLUMNS)
            grid.addWidget(last, *place, alignment=Qt.AlignmentFlag.AlignBottom)

    def show_history(self, history: History | None, running: bool, document: Spec) -> None:
        """What the run has now; while none goes on, what the document would be trained with."""
        known = running and history is not None and history.spec is not None
        self.setEnabled(known)
        for name, box in self.boxes.items():
            if known and history is not None:
                box.show_value(setting_at(history, name))
            else:
                box.show_value(value_of(document, name))

    def _choose(self, name: str, value: float | None) -> None:
        if value is not None:
            self.chosen.emit(name, value)


def setting_at(history: History, field: str, until: int | None = None) -> float | None:
    """What a setting was last changed to (by step ``until``), or is in the history's spec."""
    assert history.spec is not None
    changed = [s.value for s in history.settings if s.field == field and (until is None or s.step <= until)]
    return changed[-1] if changed else value_of(history.spec, field)
