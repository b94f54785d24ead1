"""Controls above the filters: path, task, layer, channel, comparison, colours, live."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QMenu, QToolButton, QWidget

from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.flow_layout import FlowLayout


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
