"""One path's accuracy matrix as a heat map with its values, for mouse and keyboard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.views.accuracy.arrangement import LEFT, TOP, heat_size
from hhstudio.gui.widgets.colormap import accuracy_map
from hhstudio.gui.widgets.task_style import readable_on, task_label, task_style, task_tooltip
from hhstudio.gui.widgets.theme import Theme

TEXT_FROM = 18
"""Cells from which values are written; smaller ones are colours, and words when pointed at."""
_LABEL = 22
"""Pixels from one task's label to the next, at least."""


class HeatMap(QWidget):
    """Row i: after learning task i; column j: accuracy on task j. The diagonal is outlined.

    Tasks that were measured before they were learned (above the diagonal) stand without a fill.
    """

    described = Signal(str)

    def __init__(self, path: str, theme: Theme) -> None:
        super().__init__()
        self.path = path
        self._theme = theme
        self._matrix = np.empty((0, 0), np.float32)
        self._tasks: Sequence[TaskInfo] = ()
        self._low = 0.0
        self._cell = 32
        self._current: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        self._picture: QImage | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"Accuracy matrix of {path}")

    def set_theme(self, theme: Theme) -> None:
        self._theme, self._picture = theme, None
        self.update()

    def set_matrix(self, matrix: np.ndarray, tasks: Sequence[TaskInfo], low: float) -> None:
        """``low``: the accuracy at the light end of the colour scale (1 is the strong end)."""
        self._matrix, self._tasks, self._low = matrix, tasks, low
        self._picture = None
        self.update()

    def set_cell(self, size: int) -> None:
        if size != self._cell:
            self._cell, self._picture = size, None
            self.updateGeometry()
            self.update()
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(*heat_size(len(self._matrix), self._cell))

    @property
    def current(self) -> tuple[int, int] | None:
        """The cell (i, j) that the keyboard is on."""
        return self._current

    def describe(self, cell: tuple[int, int]) -> str:
        """A cell in words, for the line below the matrices and for screen readers."""
        i, j = cell
        value = self._matrix[i, j]
        after, on = task_label(self._tasks, i), task_label(self._tasks, j)
        if np.isnan(value):
            return f"{self.path}  R[{i}, {j}]: not measured (accuracy on {on} after learning {after})"
        text = f"{self.path}  R[{i}, {j}] = {100 * value:.2f} %: accuracy on {on} after learning {after}"
        if j > i:
            return text + ", before it was learned"
        if i > j and not np.isnan(self._matrix[j, j]):
            change = 100 * (value - self._matrix[j, j])
            return text + f"; {change:+.2f} points since it was learned".replace("-", "−")
        return text

    # painting ---------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Only what is in sight: of two hundred tasks, a fraction."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, size, count = self._theme, self._cell, len(self._matrix)
        font = QFont(self.font())
        font.setPixelSize(11 if size >= 26 else 10)
        painter.setFont(font)
        every = next((n for n in (1, 2, 5, 10) if n * size >= _LABEL), 20) if size < TEXT_FROM else 1
        learned = ~np.isnan(self._matrix).all(axis=1)
        seen = event.rect()
        columns = range(
            max((seen.left() - LEFT) // size - 1, 0), min((seen.right() - LEFT) // size + 2, count)
        )
        rows = range(max((seen.top() - TOP) // size - 1, 0), min((seen.bottom() - TOP) // size + 2, count))
        for k in sorted({*rows, *columns}):
            color, _ = task_style(theme, k)
            painter.setPen(QColor(theme.text if learned[k] else theme.muted))
            if k % every == 0:
                spare = max(0, _LABEL - size) / 2
                top = QRectF(LEFT + k * size, 0, size, TOP - 5).adjusted(-spare, 0, spare, 0)
                left = QRectF(0, TOP + k * size, LEFT - 8, size).adjusted(0, -spare, 0, spare)
                painter.drawText(top, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, f"T{k}")
                painter.drawText(left, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"T{k}")
            apart = 1 if size >= 10 else 0.5
            painter.fillRect(QRectF(LEFT + k * size + apart, TOP - 4, size - 2 * apart, 2.5), QColor(color))
            painter.fillRect(QRectF(LEFT - 5, TOP + k * size + apart, 2.5, size - 2 * apart), QColor(color))
        values = QFont(self.font())
        values.setPixelSize(13 if size >= 40 else 11 if size >= 26 else 10 if size >= 23 else 9)
        painter.setFont(values)
        if size < TEXT_FROM:
            self._paint_small(painter)
        else:
            for i in rows:
                for j in columns:
                    self._paint_cell(painter, self._rect(i, j), i, j, float(self._matrix[i, j]))
        for cell, shade in ((self._hovered, theme.muted), (self._current, theme.accent)):
            if cell is not None and (cell is self._hovered or self.hasFocus()):
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(shade), 2))
                painter.drawRoundedRect(QRectF(self._rect(*cell)).adjusted(0, 0, -1, -1), 3, 3)

    def _paint_cell(self, painter: QPainter, rect: QRect, i: int, j: int, value: float) -> None:
        theme = self._theme
        inner = QRectF(rect).adjusted(0.5, 0.5, -1.5, -1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if np.isnan(value):
            painter.setPen(QPen(QColor(theme.grid), 1))
            painter.drawRoundedRect(inner, 2, 2)
            return
        text = QColor(theme.muted)
        if j <= i:
            share = (value - self._low) / max(1 - self._low, 1e-9)
            red, green, blue = accuracy_map(theme.dark)[round(255 * min(max(share, 0.0), 1.0))].tolist()
            fill = QColor(red, green, blue)
            text = readable_on(fill)
            painter.setBrush(fill)
        painter.setPen(QPen(QColor(theme.text if i == j else theme.grid), 1.4 if i == j else 1))
        painter.drawRoundedRect(inner, 2, 2)
        painter.setPen(text)
        shown = f"{100 * value:.1f}" if self._cell >= 36 else f"{100 * value:.0f}"
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_small(self, painter: QPainter) -> None:
        """Cells without values are one picture: one by one, those of two hundred tasks take seconds."""
        size, count = self._cell, len(self._matrix)
        if self._picture is None:
            self._picture = self._pictured()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawImage(QRect(LEFT, TOP, size * count, size * count), self._picture)
        painter.setPen(QPen(QColor(self._theme.text), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        known = np.flatnonzero(~np.isnan(np.diagonal(self._matrix))).tolist()
        painter.drawRects([QRect(LEFT + k * size, TOP + k * size, size - 2, size - 2) for k in known])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _pictured(self) -> QImage:
        """All cells at their size: filled where learned, a frame otherwise, and a gap after each."""
        matrix, count, size = self._matrix, len(self._matrix), self._cell
        span = max(1 - self._low, 1e-9)
        shares = np.clip((np.nan_to_num(matrix) - self._low) / span, 0.0, 1.0)
        rgb = accuracy_map(self._theme.dark)[np.rint(255 * shares).astype(np.uint8)].astype(np.uint32)
        filled = np.tril(~np.isnan(matrix))
        colors = 0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]
        colors[~filled] = QColor(self._theme.grid).rgb()
        pixels = colors.repeat(size, axis=0).repeat(size, axis=1)
        cells, side = pixels.reshape(count, size, count, size), size - 1
        cells[:, side:] = 0
        cells[:, :, :, side:] = 0
        cells[:, 1 : side - 1, :, 1 : side - 1] *= filled[:, None, :, None]
        image = QImage(pixels.data, count * size, count * size, QImage.Format.Format_ARGB32_Premultiplied)
        return image.copy()  # which owns its pixels

    def _rect(self, i: int, j: int) -> QRect:
        return QRect(LEFT + j * self._cell, TOP + i * self._cell, self._cell, self._cell)

    def cell_at(self, point: QPoint | QPointF) -> tuple[int, int] | None:
        i, j = int(point.y() - TOP) // self._cell, int(point.x() - LEFT) // self._cell
        count = len(self._matrix)
        return (i, j) if 0 <= i < count and 0 <= j < count else None

    # mouse and keys ---------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is not None:
            self._go(*cell)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.described.emit(self.describe(cell) if cell else "")
            self.update()

    def _go(self, i: int, j: int) -> None:
        last = len(self._matrix) - 1
        self._current = (min(max(i, 0), last), min(max(j, 0), last))
        text = self.describe(self._current)
        self.setAccessibleDescription(text)
        self.described.emit(text)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        i, j = self._current or (0, 0)
        moves = {
            Qt.Key.Key_Left: (i, j - 1),
            Qt.Key.Key_Right: (i, j + 1),
            Qt.Key.Key_Up: (i - 1, j),
            Qt.Key.Key_Down: (i + 1, j),
            Qt.Key.Key_Home: (0, 0),
            Qt.Key.Key_End: (len(self._matrix), len(self._matrix)),
        }
        if event.key() in moves and len(self._matrix):
            self._go(*moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().focusInEvent(event)
        if len(self._matrix):
            self._go(*(self._current or (0, 0)))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos())
            if cell is None:
                QToolTip.hideText()
            else:
                i, j = cell
                tasks = task_tooltip(self._tasks, j)
                if i != j:
                    tasks += f"\n\nafter learning {task_tooltip(self._tasks, i)}"
                QToolTip.showText(event.globalPos(), f"{self.describe(cell)}\n\n{tasks}", self)
            return True
        return super().event(event)
