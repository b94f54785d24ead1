"""Distances of generated solvers: between conditions, through time, and since they were learned."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QVBoxLayout

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Distances, Drift, Point
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.views.analysis.view import AnalysisView
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.heat_map import Content, HeatMap, Label, as_text
from hhstudio.gui.widgets.markup import Markup
from hhstudio.gui.widgets.task_style import task_label, task_short
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.service.analysis.protocol import Reply

_OVER = {
    "conditions": ("conditions", "every path and task against every other"),
    "time": ("time", "one condition's snapshots against each other"),
    "drift": ("now and just after learning", "what consolidation protects: how far each solver has moved"),
}
_METRICS = {
    "euclidean": ("relative", "|a − b| over the mean of |a| and |b|: 0 the same, 1.4 unrelated"),
    "cosine": ("cosine", "1 − cosine of the angle: 0 the same direction, 1 unrelated, 2 opposite"),
}


class DistancesView(AnalysisView):
    """``condition_chosen(path, task)``: a cell was chosen."""

    condition_chosen = Signal(str, int)
    nothing = Markup(
        "<p style='font-size:15px'><b>How far apart are the generated solvers?</b></p>"
        "<p>Between tasks and paths, through time, and now against just after learning:<br>"
        "the last is what consolidation protects.</p>"
    )

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self.over = Choice("Over", "what is compared with what")
        self.over.offer([(title, key) for key, (title, _) in _OVER.items()])
        self.measure = Choice("Distance", "\n".join(f"{t}: {m}" for t, m in _METRICS.values()))
        self.measure.offer([(title, key) for key, (title, _) in _METRICS.items()])
        self.path = Choice("Path", "root → … → solver")
        self.task = Choice("Task", "the task that the solver was generated for")
        self.layer = Choice("Layer", "the whole solver, or one of its tensors")
        self.copy = QToolButton()
        self.copy.setText("Copy")
        self.copy.setToolTip("Copy the numbers, tab-separated")
        self.copy.clicked.connect(self._copy)
        for control in (self.over, self.measure, self.path, self.task, self.layer, self.copy):
            self.flow.addWidget(control)
        self.grid = HeatMap("Distances")
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.grid, 1)
        for choice in (self.over, self.measure, self.path, self.task):
            choice.chosen.connect(self._chosen)
        self.layer.chosen.connect(self._draw)
        self.grid.described.connect(self._describe)
        self.grid.chosen.connect(self._cell_chosen)
        self._answer: Distances | Drift | None = None
        self._show_controls()

    # asking -------------------------------------------------------------------------------------------

    def history_changed(self) -> None:
        history = self.history
        paths = history.paths if history else ()
        whole: list[tuple[str, object]] = [("all", None)]
        self.path.offer([*(whole if self.over.value != "time" else []), *((p, p) for p in paths)])
        tasks = history.tasks if history else ()
        self.task.offer([(task_label(tasks, task), task) for task in range(len(tasks))])

    def question(self) -> q.Question | None:
        path, metric = self.path.value, str(self.measure.value)
        if self.over.value == "time":
            if not isinstance(path, str) or not isinstance(self.task.value, int):
                return None
            return q.DistancesInTime(path=path, task=self.task.value, metric=metric)  # type: ignore[arg-type]
        chosen = path if isinstance(path, str) else None
        if self.over.value == "drift":
            return q.Drift(path=chosen)
        return q.Distances(metric=metric, path=chosen)  # type: ignore[arg-type]

    def _chosen(self) -> None:
        self._show_controls()
        self.history_changed()
        self.ask_now()

    def _show_controls(self) -> None:
        self.task.setVisible(self.over.value == "time")
        self.measure.setVisible(self.over.value != "drift")
        self.layer.setVisible(self.over.value != "drift")

    # showing ------------------------------------------------------------------------------------------

    def show_answer(self, reply: Reply) -> None:
        assert isinstance(reply.answer, Distances | Drift)
        self._answer = reply.answer
        self.layer.offer([(name, at) for at, name in enumerate(reply.answer.layers)])
        self._draw()

    def recolour(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if self._answer is None:
            return
        content = self._drift(self._answer) if isinstance(self._answer, Drift) else self._apart(self._answer)
        self.grid.set_content(content)
        self._describe("")

    def _apart(self, distances: Distances) -> Content:
        at = self.layer.value if isinstance(self.layer.value, int) else 0
        values = np.array(distances.matrices[at], float)
        names = tuple(self._label(point, distances.points) for point in distances.points)
        high = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0

        def described(i: int, j: int) -> str:
            one, other = distances.points[i], distances.points[j]
            value = values[i, j]
            said = f"{value:.3f}" if np.isfinite(value) else "not the same kind of solver"
            return f"{one.title} and {other.title}: {said} ({distances.layers[at]})"

        return Content(values, names, names, 0.0, max(high, 1e-9), False, lambda v: f"{v:.2f}", described)

    def _drift(self, drift: Drift) -> Content:
        values = np.array(drift.change, float)
        rows = tuple(self._label(point, drift.points) for point in drift.points)
        columns = tuple(Label(name) for name in drift.layers)
        high = float(np.nanmax(values)) if np.isfinite(values).any() else 1.0

        def described(i: int, j: int) -> str:
            value, lost = values[i, j], drift.lost[i]
            cost = f"; {100 * lost:.1f} points of accuracy lost since" if np.isfinite(lost) else ""
            said = f"moved by {100 * value:.1f} %" if np.isfinite(value) else "has no such layer"
            return f"{drift.points[i].title}, {drift.layers[j]}: {said} since step {drift.then[i]}{cost}"

        return Content(
            values, rows, columns, 0.0, max(high, 1e-9), False, lambda v: f"{100 * v:.0f}", described
        )

    def _label(self, point: Point, points: tuple[Point, ...]) -> Label:
        if point.step >= 0 or len({p.step for p in points}) > 1:
            return Label("now" if point.step < 0 else f"step {point.step}", point.task)
        return Label(f"{point.path} {task_short(point.task)}", point.task)

    def _describe(self, text: str) -> None:
        meanings = {
            "drift": "relative change of the generated weights, in %, since the task was learned",
            "time": "earlier snapshots to the left and above, the weights at the end last",
            "conditions": "light cells: solvers that have much in common" if not current_theme().dark else
            "dim cells: solvers that have much in common",
        }  # fmt: skip
        self.words.setText(text or meanings[str(self.over.value)])

    def _cell_chosen(self, i: int, _j: int) -> None:
        if self._answer is not None:
            point = self._answer.points[i]
            if point.path and point.task >= 0:
                self.condition_chosen.emit(point.path, point.task)

    def _copy(self) -> None:
        if self.grid.content is not None:
            self.copy_text(as_text(self.grid.content), "the distances")
