"""Embeddings and generated weights as maps: which tasks, slots and chunks the tree holds alike."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Embeddings, VectorMap
from hhstudio.core.formatting import number
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.state.selection import LATEST
from hhstudio.gui.views.analysis.view import AnalysisView
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.markup import Markup
from hhstudio.gui.widgets.scatter import Cloud, ScatterMap
from hhstudio.service.analysis.protocol import Reply

_KINDS = {
    "task": "one for each condition: what the hypernetwork reads to know the task",
    "slot": "one for each target: what it reads to know which network to generate",
    "chunk": "one for each piece: what it reads to know which part of the target comes out",
}


class EmbeddingsView(AnalysisView):
    """``condition_chosen(path, task)``: a point was chosen."""

    condition_chosen = Signal(str, int)
    nothing = Markup(
        "<p style='font-size:15px'><b>Which tasks does the tree hold alike?</b></p>"
        "<p>Task, slot and chunk embeddings, and the generated weights, as a map.</p>"
    )

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self.what = Choice("Map of", "generated weights, or the embeddings that a hypernetwork reads")
        self.what.offer([("generated weights", "weights"), ("embeddings", "embeddings")])
        self.group = Choice("Embedding", "\n".join(f"{kind}: {text}" for kind, text in _KINDS.items()))
        self.nearby = QCheckBox("t-SNE")
        self.nearby.setToolTip(
            "Neighbours stay neighbours, distances beyond them mean nothing (needs scikit-learn).\n"
            "Off: principal components, which keep distances as well as a plane can"
        )
        for control in (self.what, self.group, self.nearby):
            self.flow.addWidget(control)
        self.map = ScatterMap("Map")
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.map)
        self.what.chosen.connect(self._chosen)
        self.group.chosen.connect(self._draw)
        self.nearby.clicked.connect(self.ask_now)
        self.map.pointed.connect(self._describe)
        self.map.chosen.connect(self._point_chosen)
        self._answer: Embeddings | VectorMap | None = None
        self._step = LATEST
        self.group.hide()

    def question(self) -> q.Question:
        step = None if self._step == LATEST else self._step
        if self.what.value == "embeddings":
            return q.Embeddings(nearby=self.nearby.isChecked(), step=step)
        return q.WeightMap(nearby=self.nearby.isChecked(), step=step)

    def set_step(self, step: int) -> None:
        """Show things as they were at a step, or (:data:`LATEST`) as they are."""
        if step != self._step:
            self._step = step
            self.ask_soon()

    def show_answer(self, reply: Reply) -> None:
        assert isinstance(reply.answer, Embeddings | VectorMap)
        self._answer = reply.answer
        if isinstance(reply.answer, Embeddings):
            self.group.offer([(f"{g.kind}s of {g.node}", at) for at, g in enumerate(reply.answer.groups)])
        self._draw()

    @property
    def shown(self) -> VectorMap | None:
        """The map that is drawn."""
        if isinstance(self._answer, Embeddings):
            at = self.group.value
            return self._answer.groups[at].map if isinstance(at, int) and self._answer.groups else None
        return self._answer

    @property
    def _moment(self) -> int:
        """The step that is shown: of the last snapshot until the one that was chosen."""
        if isinstance(self._answer, Embeddings):
            return self._answer.step
        return max((point.step for point in self._answer.points), default=-1) if self._answer else -1

    def _chosen(self) -> None:
        self.group.setVisible(self.what.value == "embeddings")
        self.ask_now()

    def _draw(self) -> None:
        shown = self.shown
        if shown is None:
            self.map.set_cloud(None)
            return
        near = shown.nearby if self.nearby.isChecked() else None
        flat = np.zeros((len(shown.points), 2))
        flat[:, : min(2, shown.coordinates.shape[1])] = shown.coordinates[:, :2]
        share = [*shown.share.tolist(), 0.0, 0.0]
        axes = (
            ("t-SNE", "")
            if near is not None
            else (f"1st component, {100 * share[0]:.0f} % of the variance", f"2nd, {100 * share[1]:.0f} %")
        )
        at = near if near is not None else flat
        paths = tuple(dict.fromkeys(point.path for point in shown.points))
        self.map.set_cloud(Cloud(shown.points, at, shown.neighbours, paths, axes))
        self._describe(-1)
        if self.nearby.isChecked() and near is None:
            self.words.setText(
                "t-SNE needs scikit-learn, and more than a handful of points; shown are components"
            )

    def _describe(self, index: int) -> None:
        shown = self.shown
        if shown is None:
            return
        if index < 0:
            when = "" if self._step == LATEST else f" at step {self._moment}"
            text = f"{shown.title}{when}: {len(shown.points)} vectors; colour: task, shape: path"
            if when and isinstance(self._answer, Embeddings) and "chunk" in shown.title:
                text += "; chunk codes of a task are those of its own last snapshot"
            self.words.setText(text)
            return
        near = [
            f"{shown.points[int(other)].title} ({number(shown.apart[index, int(other)], '.2f')})"
            for other in shown.neighbours[index]
        ]
        text = shown.points[index].title + (f"; nearest: {', '.join(near)}" if near else "")
        self.words.setText(text)
        self.map.setAccessibleDescription(text)

    def _point_chosen(self, index: int) -> None:
        point = self.shown.points[index] if self.shown else None
        if point is not None and point.path and point.task >= 0:
            self.condition_chosen.emit(point.path, point.task)
