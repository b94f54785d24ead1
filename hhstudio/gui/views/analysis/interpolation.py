"""Interpolation: weights from mixed task embeddings, and how well they do on each task."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Mixture
from hhstudio.gui.state.analysis import Analysis
from hhstudio.gui.views.analysis.view import AnalysisView
from hhstudio.gui.widgets import filter_tiles
from hhstudio.gui.widgets.choice import Choice
from hhstudio.gui.widgets.image_view import ImageView
from hhstudio.gui.widgets.markup import Markup, TextLabel, plain
from hhstudio.gui.widgets.mosaic import assemble
from hhstudio.gui.widgets.simplex import Simplex
from hhstudio.gui.widgets.task_style import task_label, task_short, task_style
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.service.analysis.protocol import Reply

_IMAGES, _IMAGES_OF_ALL = 100, 50
"""Test images of each task on which a mixture is measured: few, so that it follows the hand."""
_REACH = 3.0
"""Standard deviations to either side along a principal direction."""


class Bars(QWidget):
    """Accuracy on each task, in the task's colour."""

    def __init__(self) -> None:
        super().__init__()
        self.values: tuple[tuple[int, float], ...] = ()
        self.setMinimumSize(QSize(140, 60))

    def set_values(self, values: tuple[tuple[int, float], ...]) -> None:
        """(task, accuracy) each."""
        self.values = values
        said = ", ".join(f"{task_short(task)} {100 * value:.0f} %" for task, value in values)
        self.setAccessibleName(f"Accuracy: {said}")
        self.update()

    def paintEvent(self, _event: object) -> None:
        painter, theme = QPainter(self), current_theme()
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        if not self.values:
            return
        height = min(24.0, self.height() / len(self.values))
        for row, (task, value) in enumerate(self.values):
            top = row * height
            painter.setPen(QColor(theme.text))
            painter.drawText(QRectF(0, top, 34, height), Qt.AlignmentFlag.AlignVCenter, task_short(task))
            track = QRectF(36, top + height / 2 - 4, self.width() - 92, 8)
            painter.fillRect(track, QColor(theme.grid))
            if np.isfinite(value):
                track.setWidth(track.width() * value)
                painter.fillRect(track, QColor(task_style(theme, task)[0]))
            said = f"{100 * value:.1f} %" if np.isfinite(value) else "–"
            painter.drawText(QRectF(self.width() - 52, top, 52, height), Qt.AlignmentFlag.AlignVCenter, said)


class InterpolationView(AnalysisView):
    """Drag between two or three tasks, or walk along a principal direction of their embeddings."""

    nothing = Markup(
        "<p style='font-size:15px'><b>What lies between two tasks?</b></p>"
        "<p>Mix task embeddings and watch the generated filters, and the accuracy,<br>"
        "change from one task to another.</p>"
    )

    def __init__(self, analysis: Analysis) -> None:
        super().__init__(analysis)
        self.path = Choice("Path", "root → … → solver")
        self.along = Choice("Along", "between tasks, or a principal direction of the task embeddings")
        self.along.offer([("tasks", None), ("1st direction", 0), ("2nd direction", 1), ("3rd direction", 2)])
        self.corners = tuple(Choice(name, "a task whose embedding is mixed") for name in ("A", "B", "C"))
        self.layer = Choice("Layer", "tensor of the generated solver that is drawn")
        for control in (self.path, self.along, *self.corners, self.layer):
            self.flow.addWidget(control)
        self.simplex = Simplex()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(-100, 100)
        self.slider.setAccessibleName("How far along the direction")
        self.slider.setToolTip(
            plain(f"From −{_REACH:g} to {_REACH:g} standard deviations of the task embeddings")
        )
        self.bars = Bars()
        self.bars_title = TextLabel("Accuracy on")
        self.image = ImageView()
        left = QVBoxLayout()
        for widget, share in ((self.simplex, 3), (self.slider, 0), (self.bars_title, 0), (self.bars, 2)):
            left.addWidget(widget, share)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addLayout(left, 2)
        row.addWidget(self.image, 3)
        self._shown: object = None
        self._tiles: filter_tiles.Tiles | None = None
        for choice in (self.path, self.along, *self.corners):
            choice.chosen.connect(self._chosen)
        self.layer.chosen.connect(self.ask_now)
        self.simplex.moved.connect(lambda _: self.ask_now())
        self.slider.valueChanged.connect(lambda _: self.ask_now())
        self.image.canvas.described.connect(self.words.setText)
        self.slider.hide()

    # asking -------------------------------------------------------------------------------------------

    def history_changed(self) -> None:
        history = self.history
        self.path.offer([(path, path) for path in (history.paths if history else ())])
        tasks = history.tasks if history else ()
        entries: list[tuple[str, object]] = [(task_label(tasks, task), task) for task in range(len(tasks))]
        for place, choice in enumerate(self.corners):
            choice.offer([*([("none", None)] if place == 2 else []), *entries])
        if history is not None and self._shown is not history:
            self._shown = history
            for place, choice in enumerate(self.corners[:2]):
                choice.set_value(min(place, len(tasks) - 1))
            self.corners[2].set_value(2 if len(tasks) > 2 else None)
        self._offer_layers()
        self._set_corners()

    def _offer_layers(self) -> None:
        source = self.analysis.source
        path = self.path.value
        learned = sorted(t for p, t in source.available() if p == path) if source is not None else []
        names = source.tensor_names(str(path), learned[0]) if source is not None and learned else ()
        drawn = [name for name in names if name.endswith("weight")] or list(names)
        self.layer.offer([(name, name) for name in drawn])

    @property
    def mixed(self) -> list[int]:
        """The tasks at the corners, each once."""
        chosen = [choice.value for choice in self.corners]
        return list(dict.fromkeys(task for task in chosen if isinstance(task, int)))

    def question(self) -> q.Question | None:
        path, layer = self.path.value, self.layer.value
        tensors = (str(layer),) if layer is not None else ()
        if not isinstance(path, str) or not self.mixed:
            return None
        if isinstance(self.along.value, int):
            amount = _REACH * self.slider.value() / 100
            return q.Walk(
                path=path, component=self.along.value, amount=amount, images=_IMAGES_OF_ALL, tensors=tensors,
                on=tuple(range(len(self.history.tasks))) if self.history else None,
            )  # fmt: skip
        if len(self.mixed) == 1:
            shares = {self.mixed[0]: 1.0}
        else:
            shares = dict(zip(self.mixed, (float(s) for s in self.simplex.shares), strict=True))
        on = tuple(self.mixed)
        return q.Interpolate(path=path, shares=shares, on=on, images=_IMAGES, tensors=tensors)

    def _chosen(self) -> None:
        walking = isinstance(self.along.value, int)
        self.slider.setVisible(walking)
        self.simplex.setVisible(not walking)
        for choice in self.corners:
            choice.setVisible(not walking)
        self._offer_layers()
        self._set_corners()
        self.ask_now()

    def _set_corners(self) -> None:
        mixed = self.mixed
        if len(mixed) > 1:
            colors = tuple(task_style(current_theme(), task)[0] for task in mixed)
            self.simplex.set_corners(tuple(task_short(task) for task in mixed), colors)

    # showing ------------------------------------------------------------------------------------------

    def show_answer(self, reply: Reply) -> None:
        mixture = reply.answer
        assert isinstance(mixture, Mixture)
        accuracy = [float(value) for value in np.asarray(mixture.accuracy)]
        self.bars.set_values(tuple(zip(mixture.on, accuracy, strict=True)))
        for array in mixture.tensors.values():
            values = np.asarray(array, np.float32)
            self._tiles = filter_tiles.cut(values, None, True, self._image_shape())
        self._draw()
        self.words.setText(
            f"on {mixture.images} test images of each task, read by this mixture alone, "
            f"in {1000 * reply.seconds:.0f} ms"
        )

    def _draw(self) -> None:
        if self._tiles is not None:
            shape = self.image.width() / max(self.image.height(), 1)
            self.image.set_mosaic(assemble(self._tiles, True, current_theme().dark, shape))

    def _image_shape(self) -> tuple[int, int, int] | None:
        return self.history.run.image_shape if self.history and self.history.run else None

    def select_path(self, path: str) -> None:
        """As chosen elsewhere in the window."""
        if path != self.path.value and self.path.set_value(path):
            self._offer_layers()
            self.ask_soon()

    def recolour(self) -> None:
        self._set_corners()
        self._draw()
