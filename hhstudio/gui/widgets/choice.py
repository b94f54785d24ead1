"""The selectors above the filters: path, task, layer, channel, comparison, colours, live."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from hhstudio.gui.widgets.flow_layout import FlowLayout


class Choice(QWidget):
    """A label and a combo box whose entries carry data. Emits ``chosen`` only when a user chooses."""

    chosen = Signal()

    def __init__(self, label: str, meaning: str) -> None:
        super().__init__()
        self.box = QComboBox()
        self.box.setToolTip(meaning)
        self.box.setAccessibleName(label)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.box.setMaximumWidth(190)
        self.box.activated.connect(lambda _: self.chosen.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        text = QLabel(label)
        text.setBuddy(self.box)
        row.addWidget(text)
        row.addWidget(self.box)

    @property
    def value(self) -> object:
        return self.box.currentData()

    def offer(self, entries: Sequence[tuple[str, object]], disabled: Sequence[object] = ()) -> None:
        """Replace the entries (text, data); what was chosen stays chosen if it is still there."""
        now = [(self.box.itemText(n), self.box.itemData(n)) for n in range(self.box.count())]
        chosen = self.value
        if now != list(entries):
            self.box.clear()
            for text, data in entries:
                self.box.addItem(text, data)
            self.set_value(chosen)
            self.updateGeometry()
        model = self.box.model()
        assert isinstance(model, QStandardItemModel)
        for number, (_, data) in enumerate(entries):
            model.item(number).setEnabled(data not in disabled)

    def set_value(self, data: object) -> bool:
        """Choose an entry by its data; False (and the first entry) if it is not there."""
        for number in range(self.box.count()):
            if self.box.itemData(number) == data:
                self.box.setCurrentIndex(number)
                return True
        return False


class Controls(QWidget):
    """``selected``: another condition or tensor; ``styled``: the same tensor shown otherwise."""

    selected = Signal()
    styled = Signal()
    live_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.path = Choice("Path", "root → … → solver")
        self.task = Choice("Task", "the task that the solver was generated for")
        self.tensor = Choice("Layer", "tensor of the generated solver")
        self.channel = Choice("Input", "input channel that the filters are shown at")
        self.scale = Choice("Scale", "one colour scale for all tiles, or one for each")
        self.scale.offer((("common", True), ("own", False)))
        self.other = Choice("Against", "the same tensor for another task or path, or at another time")
        self.how = Choice("As", "how the two are shown")
        self.how.offer([("difference", "difference"), ("side by side", "beside"), ("blinking", "blink")])
        self.color = QCheckBox("Colour")
        self.color.setToolTip("Show three input channels as red, green and blue")
        self.color.setChecked(True)
        self.live = QCheckBox("Live")
        self.live.setToolTip("Ask the running trainer for this tensor, again and again")
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export_menu = QMenu(self.export)
        self.export.setMenu(self.export_menu)
        flow = FlowLayout(self, spacing=8)
        for widget in (
            self.path, self.task, self.tensor, self.channel, self.color, self.scale, self.other, self.how,
            self.live, self.export,
        ):  # fmt: skip
            flow.addWidget(widget)
        for choice in (self.path, self.task, self.tensor):
            choice.chosen.connect(self.selected)
        for choice in (self.channel, self.scale, self.other, self.how):
            choice.chosen.connect(self.styled)
        self.color.clicked.connect(self.styled)
        self.live.toggled.connect(self.live_toggled)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
