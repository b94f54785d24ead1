"""Curve panel: a metric of a path, a curve per task, with title, bands and crosshair."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QMenu, QVBoxLayout

from hhstudio.core.formatting import count, short_count
from hhstudio.core.run import continual
from hhstudio.core.run.events import TERMINAL
from hhstudio.core.run.history import History, SeriesKey
from hhstudio.core.spec.growth import change_in_a_word
from hhstudio.gui.views.curves import ranges
from hhstudio.gui.views.curves.crosshair import Crosshair, CurveValue
from hhstudio.gui.views.curves.panel_button import PanelButton
from hhstudio.gui.views.curves.settings import Settings
from hhstudio.gui.views.curves.stepmap import IDENTITY, TITLES, StepMap, marks_of, step_map, steps_a_task
from hhstudio.gui.widgets import metric_names
from hhstudio.gui.widgets.curve import BUCKETS, Curve
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.plot import Plot
from hhstudio.gui.widgets.plot_background import Band, EventMark
from hhstudio.gui.widgets.task_style import blend, task_label, task_short, task_style
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_TALL = 215  # pixels of height from which the x axis has room for its name


class CurvePanel(Themed, QFrame):
    """Draws only when told to (:meth:`redraw`); marks itself ``dirty`` until then."""

    hovered = Signal(object, object)
    moved = Signal(object)
    fit_wanted = Signal(object)
    maximise_wanted = Signal(object)
    detach_wanted = Signal(object)
    hide_wanted = Signal(object)
    move_wanted = Signal(object, int)
    dropped = Signal(object, object)
    """(panel, global position): its title was dragged there."""

    def __init__(self, path: str, metric: str) -> None:
        super().__init__()
        self.path, self.measure = path, metric_names.metric(metric)
        self.dirty = True
        self.points = 0
        self.drawn_at = 0
        self.drawn_range: ranges.Range | None = None
        self.curves: dict[int, Curve] = {}
        self.step_map: StepMap = IDENTITY
        self.own_range: ranges.Range | None = None
        self._history: History | None = None
        self._known = -1
        self._y_range: ranges.Range | None = None
        self._y_by_hand = False
        self._log = False
        self._cursor: float | None = None
        self._grip: QPoint | None = None
        self.setObjectName("curvePanel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{self.measure.title} of {path}")
        self._build()
        self.follow_theme()

    def _build(self) -> None:
        self.title = ElidedLabel(self.path)
        self.title.setToolTip(plain(f"{self.path}\n{self.measure.title}: {self.measure.meaning}"))
        self.title.setProperty("title", True)
        self.subtitle = TextLabel(self.measure.title)
        self.summary = TextLabel()
        self.maximise = PanelButton("maximise", "Show only this panel (Enter; Esc shows all)")
        self.maximise.setAccessibleName(f"Maximise {self.path}")
        self.maximise.clicked.connect(lambda: self.maximise_wanted.emit(self))
        self.detach = PanelButton("detach", "Put this panel into a window of its own (D)")
        self.detach.setAccessibleName(f"Detach {self.path}")
        self.detach.clicked.connect(lambda: self.detach_wanted.emit(self))
        header = QHBoxLayout()
        header.setContentsMargins(10, 3, 3, 0)
        header.setSpacing(6)
        for widget in (self.title, self.subtitle):
            header.addWidget(widget)
        header.addStretch(1)
        header.addWidget(self.summary)
        header.addWidget(self.detach)
        header.addWidget(self.maximise)
        self.plot = Plot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 4)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addWidget(self.plot, 1)
        self.crosshair = Crosshair(self.plot)
        self.empty = EmptyLabel(parent=self.plot)
        for muted in (self.subtitle, self.summary):
            muted.setProperty("muted", True)
        self.empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note = TextLabel(parent=self.plot)
        self.note.setObjectName("note")
        self.note.setProperty("small", True)
        self.note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note.hide()
        self.plot.hovered.connect(lambda x: self.hovered.emit(self, x))
        self.plot.view.moved_by_hand.connect(self._moved_by_hand)
        self.plot.view.fit_wanted.connect(lambda: self.fit_wanted.emit(self))

    def recolour(self) -> None:
        for task, curve in self.curves.items():
            self._style(task, curve)

    def set_history(self, history: History | None) -> None:
        for curve in self.curves.values():
            self.plot.removeItem(curve.line)
            self.plot.removeItem(curve.faint)
        self.curves, self._history, self._known = {}, history, -1
        self.own_range, self._y_range, self._y_by_hand = None, None, False
        self.drawn_range, self.points, self.step_map = None, 0, IDENTITY
        self._cursor = None
        self.crosshair.hide()
        self.dirty = True

    def shows(self, key: SeriesKey) -> bool:
        return key[0] == self.path and key[2] == self.measure.name

    def rewind(self) -> None:
        """The run went back to a checkpoint: moving averages start anew."""
        for curve in self.curves.values():
            curve.rewind()
        self.dirty = True

    def prepare(self, settings: Settings) -> float:
        """Bring curves and the meaning of x up to date; returns the largest x that has data."""
        if self._history is None:
            return 0.0
        self._adopt_new_series()
        self.step_map = step_map(self._history, self.path, settings.mode, settings.log_x)
        ends = [curve.series.steps[-1] for curve in self.curves.values() if len(curve.series)]
        ends += [m.stop if m.stop is not None else m.start for m in marks_of(self._history, self.path)]
        return float(self.step_map.to_x(np.array([max(ends)]))[0]) if ends else 0.0

    def redraw(self, settings: Settings, x_range: ranges.Range) -> None:
        """Draw curves, bands and texts for an x range. :meth:`prepare` comes first."""
        self.dirty, self.drawn_range = False, x_range
        self._set_log(settings.log_of(self.measure.name), settings.log_x)
        first, last = (self.step_map.to_step(x) for x in x_range)
        recorded: list[np.ndarray] = []  # a moving average lies among these, and drags outliers along
        self.points = 0
        buckets = int(np.clip(self.plot.area().width(), 200, BUCKETS))
        for task, curve in self.curves.items():
            curve.set_smoothing(settings.smoothing_of(self.measure.name))
            if task in settings.hidden:
                curve.hide()
            else:
                drawn = curve.draw(first, last, self.step_map.to_x, self._log, buckets)
                recorded.append(drawn[0])
                self.points += sum(map(len, drawn))
        if settings.locked and self._y_range is not None:
            self.plot.set_ranges(x_range, None)
        elif not self._y_by_hand:
            self._y_range = (
                ranges.PERCENT if self.measure.percent else ranges.along_y(recorded, self._log, self._y_range)
            )
            self.plot.set_ranges(x_range, self._headroom(self._y_range))
        else:
            self.plot.set_ranges(x_range, None)
        self._set_bands(settings)
        self._set_texts(settings)
        if self._cursor is not None and self.crosshair.isVisible():
            self.point_at(self._cursor, settings, self.crosshair.with_values)

    def set_fine(self, fine: bool) -> None:
        for curve in self.curves.values():
            curve.set_fine(fine)

    def set_width(self, width: float | None) -> None:
        """Lines of that width while a picture is exported; None as on screen."""
        for curve in self.curves.values():
            curve.set_width(width)

    def fit(self) -> None:
        self._y_by_hand, self._y_range, self.own_range, self.dirty = False, None, None, True

    def point_at(self, x: float | None, settings: Settings, with_values: bool) -> None:
        """Show the crosshair at an x, or (None) take it away."""
        self._cursor = x
        if x is None or self._history is None:
            self.crosshair.hide()
            return
        step = self.step_map.to_step(x)
        shown = []
        for task, curve in sorted(self.curves.items()):
            values = None if task in settings.hidden else curve.value_at(step)
            if values is None or not all(map(np.isfinite, values)) or (self._log and values[0] <= 0):
                continue
            value, recorded = values
            shown.append(
                CurveValue(
                    label=task_label(self._history.tasks, task),
                    color=curve.color,
                    y=float(np.log10(value)) if self._log else value,
                    text=metric_names.text(self.measure, value),
                    recorded=metric_names.text(self.measure, recorded) if curve.smoothed else "",
                )
            )
        where = f"step {count(round(step))}"
        if settings.mode == "time":
            where += f" · {10.0**x if settings.log_x else x:.1f} s"
        title = f"{where} · recorded beside smoothed" if settings.smoothing_of(self.measure.name) else where
        self.crosshair.show_at(x, title, shown, with_values)

    def _adopt_new_series(self) -> None:
        history = self._history
        if history is None or len(history.series) == self._known:
            return
        self._known = len(history.series)
        for key, series in history.series.items():
            if self.shows(key) and key[1] not in self.curves:
                curve = self.curves[key[1]] = Curve(series)
                self._style(key[1], curve)
                for item in (curve.faint, curve.line):
                    self.plot.addItem(item, ignoreBounds=True)

    def _style(self, task: int, curve: Curve) -> None:
        theme = current_theme()
        color, dashes = task_style(theme, task)
        curve.style(color, blend(color, theme.panel, 0.32), dashes, order=task)

    def _set_log(self, log: bool, log_x: bool) -> None:
        if log != self._log:
            self._log, self._y_range, self._y_by_hand = log, None, False
        self.plot.set_scales(self.measure.percent, log, log_x)

    def _headroom(self, y_range: ranges.Range) -> ranges.Range:
        """Room at the top for the band labels, so that no curve runs through them."""
        low, high = y_range
        height = max(self.plot.area().height(), 60.0)
        return low, high + (high - low) * 15.0 / height

    def _set_bands(self, settings: Settings) -> None:
        history = self._history
        if history is None:
            return
        bands, events = [], []
        for mark in marks_of(history, self.path):
            stop = mark.start + steps_a_task(history) if mark.stop is None else mark.stop
            start_x, stop_x = self.step_map.to_x(np.array([mark.start, stop]))
            label = task_label(history.tasks, mark.task)
            bands.append(Band(float(start_x), float(stop_x), mark.task, label, task_short(mark.task)))
        trees = history.topologies
        inside = [
            (step, change_in_a_word(before, after))
            for (_, before, _), (step, after, _) in itertools.pairwise(trees)
        ]
        inside += [(s.step, f"{s.field.split('.')[-1]} {s.value:g}") for s in history.settings]
        # What happened while others learned all stands at one place: the last of it is said.
        at = {float(self.step_map.to_x(np.array([step]))[0]): label for step, label in inside}
        events += [EventMark(x, label) for x, label in at.items()]
        if settings.looked_at >= 0:
            x = float(self.step_map.to_x(np.array([settings.looked_at]))[0])
            events.append(EventMark(x, f"step {settings.looked_at}", strong=True))
        self.plot.backdrop.set_bands(bands, events)

    def _set_texts(self, settings: Settings) -> None:
        self.subtitle.setVisible(len(settings.metrics) > 1)
        tall = self.plot.height() >= _TALL
        name = TITLES[settings.mode] + (" (s)" if settings.mode == "time" else "")
        self.plot.name_x(name if tall else "")
        waiting = not any(len(curve.series) for curve in self.curves.values())
        self.empty.setVisible(waiting)
        if waiting:
            self.empty.setText(self._why_empty())
        decimated = [c for t, c in self.curves.items() if c.decimated and t not in settings.hidden]
        self.note.setVisible(bool(decimated))
        if decimated:
            count = short_count(sum(len(curve.series) for curve in decimated))
            self._say(self.note, f"showing extremes of {count} points")
            self.note.setToolTip("Every minimum and maximum is drawn; zoom in to see each point.")
        latest = [float(c.series.values[-1]) for t, c in self.curves.items() if t >= 0 and len(c.series)]
        latest = [value for value in continual.measured(latest).tolist() if value == value]
        known = self.measure.percent and bool(latest)
        mean = f"mean {metric_names.text(self.measure, float(np.mean(latest)))}" if known else ""
        self._say(self.summary, mean)
        self.summary.setToolTip(
            plain(f"mean of the last {self.measure.title.lower()} of {len(latest)} tasks" if known else "")
        )
        self.setAccessibleDescription(mean)
        self._place()

    def _why_empty(self) -> str:
        history = self._history
        over = history is not None and history.state in TERMINAL
        if history is not None and marks_of(history, self.path):
            return f"No {self.measure.title.lower()} {'was recorded' if over else 'recorded yet'}"
        return f"{self.path} was not learned" if over else f"{self.path} waits for its turn"

    @staticmethod
    def _say(label: QLabel, text: str) -> None:
        """Labels over the plot make it paint again, so they change only when they must."""
        if label.text() != text:
            label.setText(text)
            label.adjustSize()

    def _place(self) -> None:
        area = self.plot.area().toRect()
        self.empty.setGeometry(area)
        if self.note.isVisible():
            self.note.move(area.right() - self.note.width() - 4, area.bottom() - self.note.height() - 3)

    def _moved_by_hand(self) -> None:
        (low, high), (bottom, top) = self.plot.view.viewRange()
        if self._y_range is None or (bottom, top) != self._headroom(self._y_range):
            self._y_by_hand = True
        self.own_range = (low, high)
        self.dirty = True
        self.moved.emit(self)

    # dragging by the title ---------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and event.position().y() < self.plot.y():
            self._grip = event.position().toPoint()
            self.setFocus()
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            moved = (event.position().toPoint() - self._grip).manhattanLength()
            if moved >= QApplication.startDragDistance():
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragged = self._grip is not None and self.cursor().shape() == Qt.CursorShape.ClosedHandCursor
        self._grip = None
        self.unsetCursor()
        if dragged:
            self.dropped.emit(self, event.globalPosition().toPoint())
        super().mouseReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for title, signal in (
            ("Show only this panel\tEnter", self.maximise_wanted),
            ("Own window\tD", self.detach_wanted),
            ("Hide this panel\tH", self.hide_wanted),
            ("Fit\tHome", self.fit_wanted),
        ):
            menu.addAction(title, partial(signal.emit, self))
        menu.popup(event.globalPos())

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._place()
        self.dirty = True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        view = self.plot.view
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                view.zoom(0.8)
            case Qt.Key.Key_Minus:
                view.zoom(1.25)
            case Qt.Key.Key_0 | Qt.Key.Key_Home:
                self.fit_wanted.emit(self)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.maximise_wanted.emit(self)
            case Qt.Key.Key_D:
                self.detach_wanted.emit(self)
            case Qt.Key.Key_H:
                self.hide_wanted.emit(self)
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                    self.move_wanted.emit(self, -1 if event.key() == Qt.Key.Key_Left else 1)
                else:
                    self._walk(event)
            case _:
                super().keyPressEvent(event)

    def _walk(self, event: QKeyEvent) -> None:
        """Left and Right move the crosshair by a hundredth of the view, with Shift they pan."""
        sign = -1 if event.key() == Qt.Key.Key_Left else 1
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.plot.view.pan(0.2 * sign)
            return
        (low, high), _ = self.plot.view.viewRange()
        start = self._cursor if self._cursor is not None else (low + high) / 2
        self.hovered.emit(self, float(np.clip(start + sign * (high - low) / 100, low, high)))
