"""Filters: what the tree generates for a path and a task, as pictures, from a session or live."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.core.formatting import count
from hhstudio.core.run import events
from hhstudio.core.run.history import Changes, History, PathTask
from hhstudio.gui.state.selection import LATEST
from hhstudio.gui.state.weights_source import WeightsSource
from hhstudio.gui.views.filters import comparison
from hhstudio.gui.views.filters.controls import Controls
from hhstudio.gui.views.filters.image_pair import ImagePair
from hhstudio.gui.views.filters.source import FilterSource
from hhstudio.gui.views.filters.statistics_job import StatisticsJob
from hhstudio.gui.views.filters.statistics_table import StatisticsTable
from hhstudio.gui.widgets import filter_tiles
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.export_dialog import ask_where
from hhstudio.gui.widgets.histogram_bar import ScaleHistogram
from hhstudio.gui.widgets.markup import Markup, TextLabel, plain
from hhstudio.gui.widgets.mosaic import assemble
from hhstudio.gui.widgets.origin_label import OriginLabel
from hhstudio.gui.widgets.picture_files import write_png
from hhstudio.gui.widgets.task_style import task_label
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_LOW = 470
"""Pixels below which the table of tensors is folded away."""
_EMPTY = Markup(
    "<p style='font-size:15px'><b>Generated filters appear here</b></p>"
    "<p>As soon as a task has been learned, or at once with <i>Live</i><br>while a run trains.</p>"
)


class FilterView(Themed, QWidget):
    """Signals: ``watch_requested(path, task, tensor)`` (an empty tensor name lets the trainer choose) and
    ``watch_ended`` when nobody looks any more; ``condition_shown``: whose weights are on screen."""

    watch_requested = Signal(str, int, str)
    watch_ended = Signal()
    condition_shown = Signal(str, int)
    status_message = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = FilterSource()
        self._array: np.ndarray | None = None
        self._dirty = True
        self._low = False
        self._table_due = False
        self._statistics_job = StatisticsJob(
            self._source, self._show_statistics, self.status_message.emit, self
        )
        self.controls = Controls()
        self.origin = OriginLabel()
        self.caption = ElidedLabel("")
        self.badge = TextLabel()
        self.badge.setObjectName("stepBadge")
        self.badge.hide()
        self.pair = ImagePair()
        self.image = self.pair.image
        self.histogram = ScaleHistogram()
        self.table = StatisticsTable()
        self.description = ElidedLabel("")
        self.empty = EmptyLabel(_EMPTY)
        self.description.setProperty("muted", True)
        self._build()
        for title, slot in (("Picture (PNG) …", self._ask), ("Copy picture", self.copy_picture)):
            self.controls.export_menu.addAction(title, slot)
        self.controls.selected.connect(self._selected)
        self.controls.styled.connect(self._draw)
        self.controls.live_toggled.connect(self._live_toggled)
        self.table.tensor_chosen.connect(self.select_tensor)
        self.pair.described.connect(self.description.setText)
        self.pair.reshaped.connect(self._rearrange)
        self.follow_theme()
        self._reload()

    def _build(self) -> None:
        line = QHBoxLayout()
        line.addWidget(self.caption, 1)
        line.addWidget(self.badge)
        picture = QWidget()
        column = QVBoxLayout(picture)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.pair, 1)
        column.addWidget(self.description)
        column.addWidget(self.histogram)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(True)
        self.splitter.addWidget(picture)
        self.splitter.addWidget(self.table)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.splitterMoved.connect(lambda *_: self._show_table())
        stack = QWidget()
        self._stack = QStackedLayout(stack)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        layout.addWidget(self.origin)
        layout.addWidget(self.controls)
        layout.addWidget(stack, 1)

    # what the window calls --------------------------------------------------------------------------

    def set_source(self, source: WeightsSource | None) -> None:
        """Read recorded weights from a session, which may be the same as before and have newer ones, or
        (None) from nothing."""
        self._statistics_job.stop()
        self._source.set_source(source)
        try:
            self._refresh_or_wait()
        except HHStudioError as error:
            # What a run writes can move under who reads it; then what comes next second is as good.
            self._dirty = True
            if not self._source.running:
                self.status_message.emit(str(error))

    def set_history(self, history: History | None) -> None:
        """Paths and tasks of a running session, known before any weights are recorded."""
        self._source.set_history(history)
        self.controls.live.setChecked(False)
        self._refresh_or_wait()

    def set_origin(self, text: str) -> None:
        """Say whose results these are, where they are not of what is drawn; "" where they are."""
        self.origin.say(text)

    def refresh(self, changes: Changes) -> None:
        for event in changes.watched:
            self.show_watched(event)
        if changes.topology or changes.rewound or changes.state:  # weights: with the source that holds them
            self._refresh_or_wait()

    def show_watched(self, event: events.Watched) -> None:
        """Show a live tensor, if it is the one that is being looked at."""
        condition = self.condition
        if not self.controls.live.isChecked() or (event.path, event.task) != condition:
            return
        wanted = self.controls.tensor.value
        if wanted is None or not self._source.names(condition):
            self._source.take(event)
            self._reload()
        elif wanted == event.name:
            self._source.take(event)
            if self.isVisible():
                self._draw()

    def recolour(self) -> None:
        if self._array is not None:
            self._draw()

    # choosing ---------------------------------------------------------------------------------------

    @property
    def condition(self) -> PathTask:
        path, task = self.controls.path.value, self.controls.task.value
        return (str(path) if path is not None else "", int(task) if isinstance(task, int) else -1)

    def select(self, path: str, task: int | None = None, tensor: str | None = None) -> None:
        """Look at a path (as chosen on the canvas), and if given at a task and a tensor."""
        self.controls.path.set_value(path)
        if task is not None:
            self.controls.task.set_value(task)
        self._reload()
        if tensor is not None:
            self.select_tensor(tensor)

    def select_task(self, task: int) -> None:
        """As chosen elsewhere in the window."""
        if task >= 0 and task != self.controls.task.value and self.controls.task.set_value(task):
            self._reload()

    def set_step(self, step: int) -> None:
        """Look at snapshots from a step, or (-1) at the weights as they are now."""
        if step != self._source.step:
            self._source.step = step
            if self.isVisible():
                self._draw()
            else:
                self._dirty = True

    def select_tensor(self, name: str) -> None:
        if self.controls.tensor.set_value(name):
            self._selected()

    def _selected(self) -> None:
        self._reload()
        self._request()

    def _request(self) -> None:
        path, task = self.condition
        if self.controls.live.isChecked() and path and task >= 0:
            self.watch_requested.emit(path, task, str(self.controls.tensor.value or ""))

    def _live_toggled(self, on: bool) -> None:
        self._source.live = on
        if on:
            self._request()
        else:
            self.watch_ended.emit()
        self._reload()

    # showing ----------------------------------------------------------------------------------------

    def _refresh_or_wait(self) -> None:
        self._dirty = True
        if self.isVisible():
            self._reload()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """A low view is the picture's; the table is a drag away."""
        super().resizeEvent(event)
        low = self.height() < _LOW
        if low != self._low:
            self._low = low
            self.splitter.setSizes([1, 0] if low else [3 * self.height() // 4, self.height() // 4])
            self._show_table()

    def _rearrange(self) -> None:
        if self._array is not None and self.isVisible() and not self._dirty:
            self._draw()

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().showEvent(event)
        if self._dirty or self.controls.how.value == "blink":
            self._reload()

    def _reload(self) -> None:
        """Bring the selectors up to date with what there is, then draw."""
        self._dirty = False
        source, controls = self._source, self.controls
        available = source.available()
        learned = {path for path, _ in available}
        paths = source.paths
        watching = controls.live.isChecked()
        controls.path.offer(
            [(p, p) for p in paths], () if watching else [p for p in paths if p not in learned]
        )
        if not watching and learned and controls.path.value not in learned:
            controls.path.set_value(next(p for p in paths if p in learned))
        path = controls.path.value
        tasks = range(len(source.tasks))
        missing = [] if watching else [task for task in tasks if (path, task) not in available]
        controls.task.offer([(task_label(source.tasks, t), t) for t in tasks], missing)
        if controls.task.value in missing and len(missing) < len(tasks):
            controls.task.set_value(next(t for t in tasks if t not in missing))
        condition = self.condition
        names = source.names(condition)
        fresh = controls.tensor.value not in names
        controls.tensor.offer([(name, name) for name in names])
        if fresh and names:
            controls.tensor.set_value(source.first_worth_seeing(condition))
        controls.other.offer(comparison.offered(source, condition, available))
        controls.live.setVisible(source.running or watching)
        self._table_due = True
        self._show_table()
        self._draw()

    def _show_table(self) -> None:
        """Statistics are worked out when somebody can see them: of every tensor, they take their time."""
        sizes = self.splitter.sizes()
        if not self._table_due or (sum(sizes) > 0 and not sizes[1]):
            return
        self._table_due = False
        self._statistics_job.start(self.condition)

    def _show_statistics(self, rows: list[filter_tiles.Statistics]) -> None:
        self.table.show_statistics(rows)
        self.table.choose(str(self.controls.tensor.value))

    def _draw(self) -> None:
        """Show the chosen tensor in the chosen style."""
        name = self.controls.tensor.value
        tensor = None
        try:
            if isinstance(name, str):
                tensor = self._source.tensor(self.condition, name)
        except HHStudioError as error:
            self.status_message.emit(str(error))
        for control in (self.controls.tensor, self.controls.scale, self.controls.export):
            control.setVisible(tensor is not None)
        self.controls.other.setVisible(tensor is not None and self.controls.other.box.count() > 1)
        self.controls.how.setVisible(
            self.controls.other.isVisible() and self.controls.other.value is not None
        )
        self._stack.setCurrentWidget(self.splitter if tensor is not None else self.empty)
        if tensor is None or not isinstance(name, str):
            self._array = None
            self.controls.channel.hide()
            self.controls.color.hide()
            self.pair.show_one(None)
            return
        self._array, step = tensor
        self.condition_shown.emit(*self.condition)
        self._offer_styles(self._array)
        values = self._array.astype(np.float32, copy=False)
        other = self._other(name)
        if other is not None and other.shape != values.shape:
            other = None
        how = str(self.controls.how.value) if other is not None else ""
        if other is not None and how == "difference":
            values = values - other
        cut, common = self._cut(values), bool(self.controls.scale.value)
        if other is None or how == "difference":
            mosaic = assemble(cut, common, current_theme().dark, self.pair.shape(halved=False))
            self.pair.show_one(mosaic)
        else:
            reach = float(max(np.abs(values).max(initial=0), np.abs(other).max(initial=0)))
            shape = self.pair.shape(halved=how == "beside")
            mosaic, second = (
                assemble(each, common, current_theme().dark, shape, reach) for each in (cut, self._cut(other))
            )
            labels, (path, task) = self._source.tasks, self.condition
            names = (
                f"{path} · {task_label(labels, task)}",
                comparison.title(self.controls.other.value, labels),
            )
            self.pair.show_two(mosaic, second, names, blink=how == "blink")
        limit = float(mosaic.limits[0]) if common or len(mosaic.limits) == 1 else None
        self.histogram.set_values(cut.values, limit, cut.colored)
        self._set_texts(name, cut, step, how)

    def _cut(self, values: np.ndarray) -> filter_tiles.Tiles:
        channel = self.controls.channel.value
        return filter_tiles.cut(
            values,
            channel if isinstance(channel, int) else None,
            self.controls.color.isChecked(),
            self._source.image_shape,
        )

    def _offer_styles(self, array: np.ndarray) -> None:
        channels = filter_tiles.channels_of(array.shape)
        three = channels == 3 or (array.ndim == 2 and (self._source.image_shape or (1,))[0] == 3)
        self.controls.color.setVisible(three)
        pick = channels > 0 and not (three and self.controls.color.isChecked())
        entries: list[tuple[str, object]] = [("all", None), *((str(c), c) for c in range(channels))]
        self.controls.channel.offer(entries if pick else entries[:1])
        self.controls.channel.setVisible(pick)

    def _other(self, name: str) -> np.ndarray | None:
        try:
            return comparison.tensor(self._source, self.condition, self.controls.other.value, name)
        except HHStudioError as error:
            self.status_message.emit(str(error))
            return None

    def _set_texts(self, name: str, cut: filter_tiles.Tiles, step: int | None, how: str) -> None:
        path, task = self.condition
        labels = self._source.tasks
        assert self._array is not None
        shape = " × ".join(map(str, self._array.shape)) or "1"
        other = comparison.title(self.controls.other.value, labels)
        minus = {"": "", "difference": f" − {other}", "beside": f" | {other}", "blink": f" / {other}"}[how]
        text = f"{path} · {task_label(labels, task)}{minus} · {name}  {shape}"
        self.caption.setText(text)
        self.caption.setToolTip(plain(f"{text}\n{filter_tiles.KIND_TEXT[cut.kind]}"))
        self.image.canvas.setAccessibleName(f"{text}: {filter_tiles.KIND_TEXT[cut.kind]}")
        self.description.setText(filter_tiles.KIND_TEXT[cut.kind])
        back = self._source.step
        self.badge.setVisible(step is not None or back != LATEST)
        if step is None:
            self.badge.setText(f"none kept by step {count(back)}: as at the end")
        else:
            kind = "live, step " if self._source.live else "snapshot, step "
            self.badge.setText(kind + count(step))
        if step is not None and not self._source.recorded(self.condition):
            self.table.show_statistics([filter_tiles.statistics(name, self._array)])
        self.table.choose(name)

    # exports ----------------------------------------------------------------------------------------

    def picture(self) -> QImage:
        """The shown weights, enlarged to at least 600 pixels, without smoothing. Null without weights."""
        image = self.image.canvas.image()
        if image.isNull():
            return image
        factor = max(1, -(-600 // max(image.width(), image.height())))
        return image.scaled(image.size() * factor)

    def export_to(self, path: Path) -> None:
        """Write the shown weights as a PNG. Raises HHStudioError."""
        if self.picture().isNull():
            raise HHStudioError("there are no generated weights to export yet")
        write_png(self.picture(), path)

    def copy_picture(self) -> None:
        if not self.picture().isNull():
            QGuiApplication.clipboard().setImage(self.picture())
            self.status_message.emit("Picture copied")

    def _ask(self) -> None:
        ask_where(self, "Export filters", "filters.png", self.export_to, self.status_message.emit)
