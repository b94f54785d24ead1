"""The controls above the comparison: path, metric, means over seeds, colours; copy, export, clear."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QToolButton, QWidget

from hhstudio.core.sweeps.comparison import ALL_PATHS
from hhstudio.gui.views.compare.lines import BY_LINE
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.flow_layout import FlowLayout
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.theme import Theme


class Controls(QWidget):
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
        self._path = _combo("Path", "Whose figures and curves are shown")
        self._metric = _combo("Metric", "Which curves are drawn")
        self._color = _combo("Colours", "What the colours stand for")
        self._average = QCheckBox("Means over seeds")
        self._average.setToolTip("Runs that differ in the seed alone become one line, with standard errors")
        for name in (*metric_names.STANDARD, "lr", "step_time"):
            self._metric.addItem(metric_names.metric(name).title, name)
        self._path.addItem("All paths", ALL_PATHS)
        self._color.addItem("each run", BY_LINE)
        row = FlowLayout(self, spacing=6)
        row.setContentsMargins(8, 0, 8, 0)
        for title, widget in (("Path", self._path), ("Curves", self._metric), ("Colour by", self._color)):
            label = QLabel(title)
            label.setProperty("muted", True)
            label.setMinimumHeight(widget.sizeHint().height())
            label.setAlignment(Qt.AlignmentFlag.AlignVCenter)
            row.addWidget(label)
            row.addWidget(widget)
        self._average.setMinimumHeight(self._path.sizeHint().height())
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
        self._path.activated.connect(self.path_changed)
        self._metric.activated.connect(self.metric_changed)
        self._color.activated.connect(self.color_changed)
        self._average.toggled.connect(self.average_changed)

    @property
    def path(self) -> str:
        return self._path.currentData()

    @property
    def metric(self) -> str:
        return self._metric.currentData()

    @property
    def average(self) -> bool:
        return self._average.isChecked()

    @average.setter
    def average(self, value: bool) -> None:
        with QSignalBlocker(self._average):
            self._average.setChecked(value)

    @property
    def color_by(self) -> str:
        return self._color.currentData()

    @color_by.setter
    def color_by(self, name: str) -> None:
        self._color.setCurrentIndex(max(self._color.findData(name), 0))

    def offer(self, paths: list[str], settings: list[str]) -> None:
        """What there is to choose; what was chosen stays where it can."""
        _refill(self._path, [("All paths", ALL_PATHS), *((path, path) for path in paths)])
        _refill(self._color, [("each run", BY_LINE), *((name, name) for name in settings)])

    def set_theme(self, theme: Theme) -> None:
        for name, button in self._buttons.items():
            button.setIcon(icon(name, theme.text))

    def _button(self, row: FlowLayout, tip: str, signal: object) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        row.addWidget(button)
        return button


def _combo(name: str, tip: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    made.setToolTip(tip)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made


def _refill(box: QComboBox, items: list[tuple[str, str]]) -> None:
    if items == [(box.itemText(at), box.itemData(at)) for at in range(box.count())]:
        return
    with QSignalBlocker(box):
        kept = box.currentData()
        box.clear()
        for text, data in items:
            box.addItem(text, data)
        box.setCurrentIndex(max(box.findData(kept), 0))
