"""Controls above the comparison: path, metric, means over seeds, colours; copy, export, clear."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QToolButton, QWidget

from hhstudio.core.sweeps.comparison import ALL_PATHS
from hhstudio.gui.views.compare.lines import BY_LINE
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.flow_layout import FlowLayout
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed


class Controls(Themed, QWidget):
    path_changed = Signal()
    metric_changed = Signal()
    average_changed = Signal()
    color_changed = Signal()
    copy_wanted = Signal()
    export_wanted = Signal()
    clear_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.path_choice = Choice("Path", "Whose figures and curves are shown")
        self.metric_choice = Choice("Curves", "Which curves are drawn", "Metric")
        self.color_choice = Choice("Colour by", "What the colours stand for", "Colours")
        self._average = QCheckBox("Means over seeds")
        self._average.setToolTip("Runs that differ in the seed alone become one line, with standard errors")
        drawn = (*metric_names.STANDARD, "lr", "step_time")
        self.metric_choice.offer([(metric_names.metric(name).title, name) for name in drawn])
        self.offer([], [])
        row = FlowLayout(self, spacing=6)
        row.setContentsMargins(8, 0, 8, 0)
        for choice in (self.path_choice, self.metric_choice, self.color_choice):
            row.addWidget(choice)
        self._average.setMinimumHeight(self.path_choice.sizeHint().height())
        row.addWidget(self._average)
        self._buttons = {
            name: self._button(row, tip, signal)
            for name, tip, signal in (
                ("folder", "Open the folder of a sweep", self.folder_wanted),
                ("copy", "Copy the table (Ctrl+C)", self.copy_wanted),
                ("save", "Export the table as CSV", self.export_wanted),
                ("close", "Clear the comparison", self.clear_wanted),
            )
        }
        self.path_choice.chosen.connect(self.path_changed)
        self.metric_choice.chosen.connect(self.metric_changed)
        self.color_choice.chosen.connect(self.color_changed)
        self._average.toggled.connect(self.average_changed)
        self.follow_theme()

    def recolour(self) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(name, current_theme().text))

    @property
    def path(self) -> str:
        return str(self.path_choice.value)

    @property
    def metric_name(self) -> str:
        return str(self.metric_choice.value)

    @property
    def average(self) -> bool:
        return self._average.isChecked()

    @average.setter
    def average(self, value: bool) -> None:
        with QSignalBlocker(self._average):
            self._average.setChecked(value)

    @property
    def color_by(self) -> str:
        return str(self.color_choice.value)

    @color_by.setter
    def color_by(self, name: str) -> None:
        if not self.color_choice.set_value(name):
            self.color_choice.set_value(BY_LINE)

    def offer(self, paths: list[str], settings: list[str]) -> None:
        """What there is to choose; what was chosen stays where it can."""
        self.path_choice.offer([("All paths", ALL_PATHS), *((path, path) for path in paths)])
        self.color_choice.offer([("each run", BY_LINE), *((name, name) for name in settings)])

    def _button(self, row: FlowLayout, tip: str, signal: object) -> QToolButton:
        button = QToolButton()
        button.setToolTip(plain(tip))
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        row.addWidget(button)
        return button
