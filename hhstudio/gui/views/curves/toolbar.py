"""Toolbar above the panels: metrics, meaning of x, smoothing, log axis, linked x, export."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QSlider, QToolButton, QWidget

from hhstudio.gui.views.curves.settings import Settings
from hhstudio.gui.views.curves.stepmap import MEANINGS, TITLES, Mode
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.flow_layout import FlowLayout
from hhstudio.gui.widgets.markup import TextLabel, plain


class MetricButton(QToolButton):
    """Click: this metric alone; Ctrl or Shift + click: beside the others."""

    chosen = Signal(str, bool)

    def __init__(self, metric: metric_names.Metric) -> None:
        super().__init__()
        self.metric_name = metric.name
        self._beside = False
        self.setText(metric.title)
        self.setToolTip(plain(f"{metric.meaning}\nCtrl+click: show it beside the others"))
        self.setCheckable(True)
        self.setObjectName("metricButton")
        self.clicked.connect(lambda: self.chosen.emit(self.metric_name, self._beside))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        beside = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        self._beside = bool(event.modifiers() & beside)
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self._beside = False


class Toolbar(QWidget):
    """Changes the settings that it is given, then emits ``changed``."""

    changed = Signal()
    fit_wanted = Signal()
    panels_wanted = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.buttons: dict[str, MetricButton] = {}
        self._offered: tuple[str, ...] = ()
        flow = self._flow = FlowLayout(self, spacing=6)
        flow.setContentsMargins(0, 0, 0, 2)
        self.more = QToolButton()
        self.more.setText("More")
        self.more.setToolTip("Other recorded metrics, beside what is shown")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more_menu = QMenu(self.more)
        self.more.setMenu(self.more_menu)
        flow.addWidget(self.more)
        self.mode = Choice("x", "What the x axis counts", "Meaning of the x axis")
        modes = [(title, mode) for mode, title in TITLES.items()]
        self.mode.offer(modes, tips=[MEANINGS[mode] for mode in TITLES])
        self.mode.chosen.connect(self._mode_chosen)
        flow.addWidget(self.mode)
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 99)
        self.smoothing.setFixedWidth(76)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip(
            "Weight of the past in the moving average (debiased: a constant stays constant).\n"
            "Recorded values stay visible, faint. 0 shows them alone. Kept for each metric."
        )
        self.smoothing.valueChanged.connect(self._smoothing_moved)
        self.smoothing_text = TextLabel("0.00")
        self.smoothing_text.setFixedWidth(28)
        flow.addWidget(self._labelled("Smooth", self.smoothing, self.smoothing_text))
        self.log_x = QCheckBox("Log x")
        self.log_x.setToolTip("Logarithmic x axis: the beginning is seen as well as the end")
        self.log_x.clicked.connect(self._log_x_clicked)
        flow.addWidget(self.log_x)
        self.log = QCheckBox("Log y")
        self.log.setToolTip(
            "Logarithmic axis for the shown losses and norms; values of 0 and below are left out"
        )
        self.log.clicked.connect(self._log_clicked)
        flow.addWidget(self.log)
        self.linked = QCheckBox("Link x")
        self.linked.setToolTip("All panels share one x range: zooming one zooms all")
        self.linked.clicked.connect(self._linked_clicked)
        flow.addWidget(self.linked)
        self.lock = QCheckBox("Lock")
        self.lock.setToolTip("Keep the ranges that are shown: new points do not move them")
        self.lock.clicked.connect(self._lock_clicked)
        flow.addWidget(self.lock)
        self.all_panels = QToolButton()
        self.all_panels.setToolTip("Bring back the panels that are hidden or in windows of their own")
        self.all_panels.clicked.connect(self.panels_wanted)
        self.all_panels.hide()
        flow.addWidget(self.all_panels)
        self.fit = QToolButton()
        self.fit.setText("Fit")
        self.fit.setToolTip(
            "Show everything again (double click in a panel, or Home)\n"
            "Drag: zoom · Shift+drag: move · Ctrl+wheel: zoom along an axis"
        )
        self.fit.clicked.connect(self.fit_wanted)
        flow.addWidget(self.fit)
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setToolTip("Save what is shown as a picture or as numbers")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export_menu = QMenu(self.export)
        self.export.setMenu(self.export_menu)
        flow.addWidget(self.export)
        self.offer(())
        self.reflect()

    def offer(self, names: tuple[str, ...]) -> None:
        """Buttons for these recorded metrics, and the standard ones."""
        offered = metric_names.ordered({*names, *metric_names.STANDARD, *self._settings.metrics})
        if offered == self._offered:
            return
        self._offered = offered
        usual = [name for name in offered if metric_names.usual(name)]
        for name in self.buttons.keys() - set(usual):
            button = self.buttons.pop(name)
            self._flow.removeWidget(button)
            button.setParent(None)
            button.deleteLater()
        for at, name in enumerate(usual):  # those that are there stay: styling a button takes milliseconds
            if name not in self.buttons:
                button = self.buttons[name] = MetricButton(metric_names.metric(name))
                button.chosen.connect(self._metric_chosen)
                self._flow.insertWidget(at, button)
        self.buttons = {name: self.buttons[name] for name in usual}
        self.more_menu.clear()
        self.more.setVisible(len(usual) < len(offered))
        for name in offered:
            if not metric_names.usual(name):
                self._offer_more(metric_names.metric(name))
        self.reflect()

    def _offer_more(self, metric: metric_names.Metric) -> None:
        action = self.more_menu.addAction(metric.title)
        action.setData(metric.name)
        action.setToolTip(plain(metric.meaning))
        action.setCheckable(True)
        action.triggered.connect(lambda: self._metric_chosen(metric.name, beside=True))

    def offer_panels(self, away: int) -> None:
        """Say how many panels are not in the grid, with the button that brings them back."""
        self.all_panels.setText(f"Show all (+{away})")
        self.all_panels.setVisible(away > 0)

    def reflect(self) -> None:
        """Show what the settings say."""
        settings = self._settings
        for name, button in self.buttons.items():
            button.setChecked(name in settings.metrics)
        for action in self.more_menu.actions():
            action.setChecked(action.data() in settings.metrics)
        self.mode.set_value(settings.mode)
        weight = settings.smoothing_of(settings.metrics[0])
        self.smoothing.blockSignals(True)
        self.smoothing.setValue(round(100 * weight))
        self.smoothing.blockSignals(False)
        self.smoothing_text.setText(f"{weight:.2f}")
        self.linked.setChecked(settings.linked)
        self.lock.setChecked(settings.locked)
        self.log_x.setChecked(settings.log_x)
        can_log = [name for name in settings.metrics if not metric_names.metric(name).percent]
        self.log.setEnabled(bool(can_log))
        self.log.setChecked(bool(can_log) and settings.log_of(can_log[0]))

    def _labelled(self, text: str, *widgets: QWidget) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        label = TextLabel(text)
        label.setBuddy(widgets[0])
        row.addWidget(label)
        for widget in widgets:
            row.addWidget(widget)
        return box

    def _metric_chosen(self, name: str, beside: bool) -> None:
        shown = self._settings.metrics
        if not beside:
            shown = (name,)
        elif name in shown:
            shown = tuple(other for other in shown if other != name) or shown
        else:
            shown = metric_names.ordered({*shown, name})
        self._settings.metrics = shown
        self._apply()

    def _mode_chosen(self) -> None:
        self._settings.mode = cast(Mode, self.mode.value)
        self._apply()

    def _smoothing_moved(self, value: int) -> None:
        for name in self._settings.metrics:
            self._settings.smoothing[name] = value / 100
        self._apply()

    def _log_clicked(self, on: bool) -> None:
        for name in self._settings.metrics:
            self._settings.log[name] = on
        self._apply()

    def _log_x_clicked(self, on: bool) -> None:
        self._settings.log_x = on
        self._apply()

    def _lock_clicked(self, on: bool) -> None:
        self._settings.locked = on
        self._apply()

    def _linked_clicked(self, on: bool) -> None:
        self._settings.linked = on
        self._apply()

    def _apply(self) -> None:
        self.reflect()
        self.changed.emit()
