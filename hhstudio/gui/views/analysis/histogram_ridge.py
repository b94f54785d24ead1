"""Distribution of one tensor through time: a column of shades for each snapshot, quantiles as lines."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QMouseEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from hhstudio.core.analysis.answers import LayerHistory
from hhstudio.core.formatting import number
from hhstudio.gui.widgets.colormap import accuracy_map
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_LEFT, _TOP, _BOTTOM = 46.0, 20.0, 18.0


class Ridge(Themed, QWidget):
    """``step_chosen``: a snapshot was clicked. ``described``: what is under the mouse."""

    step_chosen = Signal(int)
    described = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._layer: LayerHistory | None = None
        self._steps = np.empty(0, np.int64)
        self._step = -1
        self._shades: QImage | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(160, 96))
        self.setFixedHeight(112)
        self.follow_theme()

    def recolour(self) -> None:
        self._shades = None

    def set_layer(self, layer: LayerHistory, steps: np.ndarray) -> None:
        self._layer, self._steps, self._shades = layer, np.asarray(steps), None
        self.setAccessibleName(f"Histogram of {layer.name} over {len(steps)} snapshots")
        self.update()

    def set_step(self, step: int) -> None:
        """Mark a step; -1 for none."""
        self._step = step
        self.update()

    @property
    def area(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(self.width() - _LEFT - 8, 10), max(self.height() - _TOP - _BOTTOM, 10))

    def column_at(self, x: float) -> int:
        """The snapshot at a pixel."""
        share = (x - self.area.left()) / self.area.width()
        return int(np.clip(share * len(self._steps), 0, max(len(self._steps) - 1, 0)))

    def center_of(self, column: int) -> QPointF:
        """Where a snapshot is on the widget."""
        width = self.area.width() / max(len(self._steps), 1)
        return QPointF(self.area.left() + (column + 0.5) * width, self.area.center().y())

    def paintEvent(self, _event: object) -> None:
        layer, theme = self._layer, current_theme()
        if layer is None or not len(self._steps):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        area = self.area
        if self._shades is None:
            self._shades = self._shaded(layer)
        painter.drawImage(area, self._shades)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawRect(area)
        low, high = float(layer.edges[0]), float(layer.edges[-1])
        for column in range(layer.quantiles.shape[1]):
            strong = column == layer.quantiles.shape[1] // 2
            painter.setPen(QPen(QColor(theme.glow if strong else theme.muted), 1.6 if strong else 1.0))
            ys = area.bottom() - (layer.quantiles[:, column] - low) / max(high - low, 1e-30) * area.height()
            line = [QPointF(self.center_of(k).x(), float(y)) for k, y in enumerate(ys) if np.isfinite(y)]
            painter.drawPolyline(QPolygonF(line))
        painter.setPen(QColor(theme.text))
        last = f"norm {number(layer.norm[-1], '.3g')}, standard deviation {number(layer.std[-1], '.3g')}"
        painter.drawText(QRectF(2, 2, self.width() - 4, 16), Qt.AlignmentFlag.AlignLeft, layer.name)
        painter.setPen(QColor(theme.muted))
        painter.drawText(QRectF(2, 2, self.width() - 10, 16), Qt.AlignmentFlag.AlignRight, last)
        for value, y in ((high, area.top()), (low, area.bottom())):
            box = QRectF(0, y - 7, _LEFT - 5, 14)
            painter.drawText(
                box,
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                number(value, ".2g").replace("-", "−"),
            )
        ends = QRectF(area.left(), area.bottom() + 2, area.width(), 14)
        painter.drawText(ends, Qt.AlignmentFlag.AlignLeft, f"step {self._steps[0]}")
        painter.drawText(ends, Qt.AlignmentFlag.AlignRight, f"step {self._steps[-1]}")
        if self._step >= 0:
            column = int(np.searchsorted(self._steps, self._step, side="right")) - 1
            if column >= 0:
                x = self.center_of(column).x()
                painter.setPen(QPen(QColor(theme.accent), 2))
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _shaded(self, layer: LayerHistory) -> QImage:
        """One pixel a snapshot and bin; each column from nothing to its own fullest bin."""
        counts = np.asarray(layer.counts, float)
        shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1)
        colors = accuracy_map(current_theme().dark)[np.round(255 * np.sqrt(shares)).astype(np.uint8)]
        image = np.ascontiguousarray(np.swapaxes(colors, 0, 1)[::-1])
        height, width = image.shape[:2]
        return QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._layer is None or not len(self._steps):
            return
        at = self.column_at(event.position().x())
        five, _, middle, _, most = self._layer.quantiles[at]
        low, centre, high = (number(value, ".3g") for value in (five, middle, most))
        norm = number(self._layer.norm[at], ".4g")
        self.described.emit(
            f"{self._layer.name}, step {self._steps[at]}: median {centre}, 5 to 95 %: {low} to {high}, "
            f"norm {norm}".replace("-", "−")
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if len(self._steps):
            self.step_chosen.emit(int(self._steps[self.column_at(event.position().x())]))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.described.emit("")
