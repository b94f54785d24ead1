"""Weights of a condition in figures: histograms through time, scales against the wanted ones, idle units."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QScrollArea,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Histograms, Tensors, Units
from hhstudio.core.run import python_snippets
from hhstudio.core.spreadsheet import tab_separated
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.views.analysis.chain_verdict import FAR, NEAR
from hhstudio.gui.views.analysis.export import WeightsSaver
from hhstudio.gui.views.analysis.histogram_ridge import Ridge
from hhstudio.gui.views.analysis.view import AnalysisView
from hhstudio.gui.widgets import tables
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.markup import Markup
from hhstudio.gui.widgets.task_style import task_label
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.service.analysis.protocol import Reply

COLUMNS = (
    *tables.TENSOR_COLUMNS,
    ("Scale", "root mean square over what the layer needs (fan-in scale): 1 is as wanted"),
    ("Quiet", "units whose incoming weights are next to nothing"),
    ("Dead", "units that are never above zero on 500 test images of the task"),
    ("Linear", "units that are always above zero: saturated, the layer is linear there"),
)

FIRST, NEXT = 4, 12
"""Layers whose histograms are asked for at first, and after each answer."""


class WeightsView(AnalysisView):
    """``step_chosen``: a snapshot was clicked, for all views of the window."""

    step_chosen = Signal(int)
    nothing = Markup(
        "<p style='font-size:15px'><b>The generated weights in figures</b></p>"
        "<p>Every layer's distribution through time, its scale against the wanted one,<br>"
        "and the units that do nothing.</p>"
    )

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self.path = Choice("Path", "root → … → solver")
        self.task = Choice("Task", "the task that the solver was generated for")
        self.level = Choice("Of", "the solver, or a hypernetwork that is generated on the way to it")
        self.copy = QToolButton()
        self.copy.setText("Copy table")
        self.copy.setToolTip("Copy the table, tab-separated, full precision")
        self.copy.clicked.connect(lambda: self.copy_text(self.as_text(), "the table"))
        self.python = QToolButton()
        self.python.setText("Copy as Python")
        self.python.setToolTip("Copy lines of Python that load these weights, for a notebook")
        self.python.clicked.connect(self._copy_python)
        self.export = QToolButton()
        self.export.setText("Save weights …")
        self.export.setToolTip("Save the solver's weights: NumPy, safetensors, PyTorch, or ONNX ready to run")
        self.export.clicked.connect(self.save)
        self.saver = WeightsSaver(analysis, self)
        self.saver.said.connect(self._saved)
        for control in (self.path, self.task, self.level, self.copy, self.python, self.export):
            self.flow.addWidget(control)
        self.ridges: dict[str, Ridge] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 4, 0)
        column.addLayout(self._list)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inside)
        self.table = QTableWidget(0, len(COLUMNS))
        tables.set_up(self.table, COLUMNS, "Tensors", row=22)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(scroll)
        splitter.addWidget(self.table)
        splitter.setSizes([360, 200])
        outer = QVBoxLayout(self.body)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(splitter)
        self._tensors: Tensors | None = None
        self._units: Units | None = None
        self._step = -1
        self._names: tuple[str, ...] = ()
        self._asked = 0
        self.path.chosen.connect(self._path_chosen)
        for choice in (self.task, self.level):
            choice.chosen.connect(self.ask_now)

    # asking -------------------------------------------------------------------------------------------

    def history_changed(self) -> None:
        history = self.history
        self.path.offer([(path, path) for path in (history.paths if history else ())])
        tasks = history.tasks if history else ()
        self.task.offer([(task_label(tasks, task), task) for task in range(len(tasks))])
        self._offer_levels()

    def _offer_levels(self) -> None:
        """The solver, and the hypernetworks between it and the root; none where it is the root's child."""
        path, topology = self.path.value, self.history.topology if self.history else None
        entries: list[tuple[str, object]] = [("solver", -1)]
        if topology is not None and path in {known.name for known in topology.paths}:
            nodes = topology.path(str(path)).hypernetworks
            entries += [(topology.by_id[node].name, at) for at, node in enumerate(nodes[1:])]
        self.level.offer(entries)
        self.level.setVisible(len(entries) > 1)

    def _path_chosen(self) -> None:
        self._offer_levels()
        self.ask_now()

    def question(self) -> q.Histograms | None:
        path, task = self.path.value, self.task.value
        if not isinstance(path, str) or not isinstance(task, int):
            return None
        level = self.level.value
        level = level if isinstance(level, int) else -1
        self.ask(q.Tensors(path=path, task=task, level=level), self._tensors_replied, "tensors")
        self._units = None
        if level < 0:
            self.ask(q.Units(path=path, task=task), self._units_replied, "units")
        self._names = self._tensor_names(path, task) if level < 0 else ()
        self._asked = FIRST
        return q.Histograms(path=path, task=task, level=level, layers=self._names[:FIRST])

    def _tensor_names(self, path: str, task: int) -> tuple[str, ...]:
        """The solver's, as far as its weights were kept."""
        source = self.analysis.source
        stored = source is not None and (path, task) in source.available()
        return tuple(source.tensor_names(path, task)) if source is not None and stored else ()

    def _ask_for_more(self) -> None:
        """The next few layers, until all are there: what is on top is shown at once."""
        path, task = self.path.value, self.task.value
        more = self._names[self._asked : self._asked + NEXT]
        if more and isinstance(path, str) and isinstance(task, int):
            self._asked += len(more)
            self.ask(q.Histograms(path=path, task=task, layers=more), self._more_replied, "more")

    def _more_replied(self, reply: Reply) -> None:
        histograms = reply.answer
        if isinstance(histograms, Histograms) and (histograms.path, histograms.task) == (
            self.path.value,
            self.task.value,
        ):
            for layer in histograms.layers:
                if layer.name in self.ridges:
                    self.ridges[layer.name].set_layer(layer, histograms.steps)
            self._ask_for_more()

    def select_path(self, path: str) -> None:
        """As chosen elsewhere in the window."""
        if path != self.path.value and self.path.set_value(path):
            self._offer_levels()
            self.ask_soon()

    def select_task(self, task: int) -> None:
        if task >= 0 and task != self.task.value and self.task.set_value(task):
            self.ask_soon()

    def set_step(self, step: int) -> None:
        """Mark the step that the window looks at."""
        self._step = step
        for ridge in self.ridges.values():
            ridge.set_step(step)

    # showing ------------------------------------------------------------------------------------------

    def show_answer(self, reply: Reply) -> None:
        histograms = reply.answer
        assert isinstance(histograms, Histograms)
        names = list(self._names) or [layer.name for layer in histograms.layers]
        if list(self.ridges) != names:
            self._make_ridges(names)
        for layer in histograms.layers:
            self.ridges[layer.name].set_layer(layer, histograms.steps)
        self._ask_for_more()
        count = len(histograms.steps)
        if count > 1:
            last = "snapshots" if histograms.level < 0 else "moments, the last as of the newest checkpoint"
            self.words.setText(
                f"{count} {last}; lines: 5, 25, 50, 75 and 95 %. Click one to look at that step everywhere"
            )
        elif histograms.level < 0:
            self.words.setText("Only the weights at the end were kept; recording.snapshot_every keeps more")
        else:
            self.words.setText(
                f"{self.level.box.currentText()} as of step {histograms.steps[0]}; nothing of it was kept "
                "through time. Snapshots (recording.snapshot_every) now keep its distributions, too"
            )

    def _make_ridges(self, names: list[str]) -> None:
        for ridge in self.ridges.values():
            self._list.removeWidget(ridge)
            ridge.deleteLater()
        self.ridges = {}
        for name in names:
            ridge = self.ridges[name] = Ridge()
            ridge.set_step(self._step)
            ridge.described.connect(self.words.setText)
            ridge.step_chosen.connect(self.step_chosen)
            self._list.addWidget(ridge)

    def _tensors_replied(self, reply: Reply) -> None:
        self._tensors = reply.answer if isinstance(reply.answer, Tensors) else None
        self._fill()

    def _units_replied(self, reply: Reply) -> None:
        self._units = reply.answer if isinstance(reply.answer, Units) else None
        self._fill()

    def _fill(self) -> None:
        rows = self._tensors.rows if self._tensors else ()
        idle = {layer.name: layer for layer in self._units.layers} if self._units else {}
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            layer = idle.get(row.name.removesuffix(".weight")) if row.name.endswith("weight") else None
            texts = [
                *tables.tensor_texts(row),
                tables.figure(row.scale),
                f"{row.quiet} of {row.units}" if row.units else "",
                f"{int(np.sum(layer.dead))} of {len(layer.dead)}" if layer is not None else "",
                f"{int(np.sum(layer.saturated))}" if layer is not None else "",
            ]
            for place, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if place:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                if place == 5 and np.isfinite(row.scale):
                    away = max(row.scale, 1 / max(row.scale, 1e-30))
                    theme = current_theme()
                    color = theme.ok if away <= NEAR else theme.warn if away <= FAR else theme.error
                    item.setForeground(QColor(color))
                self.table.setItem(number, place, item)

    def as_text(self) -> str:
        """The table, tab-separated, full precision."""
        rows = [["tensor", "shape", "mean", "std", "norm", "scale", "quiet", "units"]]
        for row in self._tensors.rows if self._tensors else ():
            numbers = [f"{value:.9g}" for value in (row.mean, row.std, row.norm, row.scale)]
            shape = "x".join(map(str, row.shape))
            rows.append([row.name, shape, *numbers, str(row.quiet), str(row.units)])
        return tab_separated(rows)

    def save(self) -> None:
        """Ask where to save the weights of the solver that is chosen."""
        path, task = self.path.value, self.task.value
        if self.analysis.available and isinstance(path, str) and isinstance(task, int):
            self.saver.ask(path, task)
        else:
            self.words.setText("Train a tree, or open a session: there are no weights yet")

    def _saved(self, text: str) -> None:
        self.words.setText(text)
        self.status_message.emit(text)

    def _copy_python(self) -> None:
        path, task, session = self.path.value, self.task.value, self.analysis.path
        if session is not None and isinstance(path, str) and isinstance(task, int):
            self.copy_text(python_snippets.weights(session, path, task), "lines of Python")

    def recolour(self) -> None:
        self._fill()
