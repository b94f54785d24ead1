"""Run status: what a run is doing, in one line of state, place, progress and time."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QWidget

from hhstudio.core.formatting import count, duration, rate
from hhstudio.core.run.events import TERMINAL, RunState
from hhstudio.core.run.history import History
from hhstudio.core.run.state_words import STATE_WORDS
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.formatting import with_names
from hhstudio.gui.widgets.icons import pixmap
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.task_style import task_label
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed, set_style_property

_ICONS = {"finished": "finished", "stopped": "stopped", "failed": "failed", "paused": "pause"}
_PARTS = 500
"""Of the progress bar: more would not be seen at its size."""


class Place(QWidget):
    """Where a label stands whose text changes many times a second: the layouts around it hear nothing of
    that. As wide as it is given, or (:meth:`fit`) as its label has wanted."""

    def __init__(self, label: QLabel) -> None:
        super().__init__()
        self._label = label
        label.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        return QSize(0, self._label.sizeHint().height())

    def fit(self, afresh: bool = False) -> None:
        """Give the label the width that it wants; what it wants no longer it keeps, unless ``afresh``."""
        wanted = self._label.sizeHint().width()
        if afresh or wanted > self.maximumWidth() or self.minimumWidth() != self.maximumWidth():
            self.setFixedWidth(wanted)

    def resizeEvent(self, _event: object) -> None:
        self._label.setGeometry(self.rect())


class RunStatus(Themed, QWidget):
    """Shows a history's state. ``idle_text`` stands there while there is no run."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: History | None = None
        self._running = False
        self._idle = ("Ready", "", True)
        self._session = self._origin = ""
        self._since = 0.0
        self._fitted: RunState | None = None
        self._icon: tuple[str, str] | None = None
        self.icon = TextLabel()
        self.icon.setFixedSize(18, 18)
        self.state = TextLabel("Ready")
        self.state.setProperty("title", True)
        self.detail = ElidedLabel("")
        self.detail.setProperty("muted", True)
        self.bar = QProgressBar()
        self.bar.setAccessibleName("Progress of the run")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setMinimumWidth(120)
        self.bar.setMaximumWidth(420)
        self.figures = TextLabel("")
        self.figures.setProperty("muted", True)
        self.figures.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._figures_place = Place(self.figures)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.icon)
        row.addWidget(self.state)
        row.addWidget(Place(self.detail), 2)
        row.addWidget(self.bar, 1)
        row.addWidget(self._figures_place)
        self._clock = QTimer(self, interval=1000)
        self._clock.timeout.connect(self._tick)
        self.follow_theme()

    def recolour(self) -> None:
        self.show_run(self._history, self._running)

    def set_idle(self, state: str, detail: str, ok: bool) -> None:
        """What to say while there is no run: whether one can start, and where it will be kept."""
        self._idle = (state, detail, ok)
        if self._history is None:
            self.show_run(None, False)

    def set_origin(self, session: str, origin: str) -> None:
        """The name of the session that is shown, and what is to be said of it where its results are not
        those of the document."""
        self._session, self._origin = session, origin

    def show_run(self, history: History | None, running: bool) -> None:
        self._history, self._running = history, running
        if history is None:
            self._show_idle()
        else:
            self._show_history(history)
        if running and not self._clock.isActive():
            self._since = 0.0
            self._clock.start()
        elif not running:
            self._clock.stop()

    def _tick(self) -> None:
        """Time goes on also while the worker says nothing, as when it imports."""
        self._since += 1.0
        if self._history is not None and self._history.state != "training":
            self._show_history(self._history)

    def _show_idle(self) -> None:
        state, detail, ok = self._idle
        self.state.setText(state)
        self.detail.setText(detail)
        self.detail.setToolTip(plain(detail))
        self.figures.setText("")
        self._figures_place.fit(afresh=True)
        self.bar.hide()
        theme = current_theme()
        self._show_icon("finished" if ok else "warning", theme.muted if ok else theme.warn)

    def _show_history(self, history: History) -> None:
        state = history.state
        self.state.setText(STATE_WORDS[state])
        self.detail.setText(self._detail(history))
        self.detail.setToolTip(plain("\n".join(filter(None, [self._origin, history.state_detail]))))
        self._show_bar(history)
        self.figures.setText(self._times(history))
        self.figures.setToolTip(plain(_what_is_left(history)))
        self._figures_place.fit(afresh=self._fitted is not state)
        self._fitted = state
        theme = current_theme()
        color = {
            "finished": theme.ok,
            "failed": theme.error,
            "stopped": theme.muted,
            "paused": theme.warn,
        }.get(state, theme.accent)
        self._show_icon(_ICONS.get(state, "running"), color)

    def _detail(self, history: History) -> str:
        """Where it is; of a run that is over, which session it is."""
        place = _place(history)
        if history.state not in TERMINAL:
            return place
        session = self._origin or (self._session if self._session not in place else "")
        return " · ".join(filter(None, [session, place]))

    def _show_bar(self, history: History) -> None:
        state, bar = history.state, self.bar
        bar.setVisible(True)
        set_style_property(bar, "state", state)
        total = history.total_steps
        if state not in TERMINAL and (not history.step or not total):
            bar.setRange(0, 0 if self._running else 1)
            return
        bar.setRange(0, _PARTS)
        value = _PARTS * min(history.step, max(total, 1)) // max(total, 1)
        if value != bar.value():
            bar.setUpdatesEnabled(False)  # it would paint itself at once, and with it whatever waits to be
            bar.setValue(value)
            bar.setUpdatesEnabled(True)

    def _times(self, history: History) -> str:
        progress = history.progress
        seconds = history.seconds
        if self._running and history.state != "training":
            seconds = max(seconds, self._since)
        parts = [duration(seconds)]
        if progress is not None and history.state == "training":
            if progress.eta is not None:
                parts.append(f"{duration(progress.eta)} left")
            if progress.rate > 0:
                parts.append(rate(progress.rate))
        elif history.state in TERMINAL and history.step:
            parts.insert(0, f"step {count(history.step)} of {count(history.total_steps)}")
        return "  ·  ".join(parts)

    def _show_icon(self, name: str, color: str) -> None:
        if self._icon != (name, color):
            self._icon = (name, color)
            self.icon.setPixmap(pixmap(name, color, 18))


def _what_is_left(history: History) -> str:
    """What the time left takes for granted; empty where nothing."""
    spec = history.spec
    if spec is None or history.state in TERMINAL:
        return ""
    unknown = []
    if spec.growth.policy != "none":
        unknown.append("the tree does not grow any more")
    if spec.training.early_stopping.patience:
        unknown.append("no task ends early")
    return f"Time left, if {' and '.join(unknown)}" if unknown else ""


def _place(history: History) -> str:
    progress = history.progress
    if history.state in ("training", "paused") and progress is not None:
        total = f"{count(progress.step)} of {count(progress.total_steps)}"
        task = task_label(history.tasks, progress.task) if progress.task >= 0 else "all tasks"
        return f"{progress.phase.capitalize() or progress.path} · {task} · step {total}"
    return "" if history.state == "failed" else with_names(history.state_detail)  # the banner says why
