"""A matrix as coloured cells with names on both sides, for mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hhstudio.gui.widgets.colormap import accuracy_map, signed_map
from hhstudio.gui.widgets.task_style import readable_on
from hhstudio.gui.widgets.theme import Theme

_LARGEST, _SMALLEST, _TEXT_FROM = 44, 7, 26
_MARK = 4.0


@dataclass(frozen=True)
class Label:
    """The name of a row or column; ``color`` draws a small mark beside it."""

    text: str
    color: str = ""


@dataclass(frozen=True)
class Content:
    """``values``: (rows, columns), NaN for nothing. ``low``, ``high``: ends of the colour scale; ``signed``:
    a scale around its middle. ``shown`` writes a value into its cell, ``described`` says it in words."""

    values: np.ndarray
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    low: float
    high: float
    signed: bool
    shown: Callable[[float], str]
    described: Callable[[int, int], str]


class GridMap(QWidget):
    """``described``: the cell under mouse or keyboard in words, "" for none; ``chosen``: a cell was clicked
    or Return was pressed on it."""

    described = Signal(str)
    chosen = Signal(int, int)

    def __init__(self, name: str, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._content: Content | None = None
        self._left = self._top = 0.0
        self._cell = 20.0
        self._every = (1, 1)
        self.current: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setMinimumSize(QSize(160, 120))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_content(self, content: Content | None) -> None:
        self._content = content
        if self.current and content is not None:
            rows, columns = content.values.shape
            self.current = (min(self.current[0], rows - 1), min(self.current[1], columns - 1))
        self._measure()
        self.update()

    @property
    def content(self) -> Content | None:
        return self._content

    # geometry -----------------------------------------------------------------------------------------

    def _font(self, pixels: int = 11) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        return font

    def _measure(self) -> None:
        content = self._content
        if content is None or not content.values.size:
            return
        width = QFontMetricsF(self._font()).horizontalAdvance
        rows, columns = content.values.shape
        longest = self.width() * 0.34
        self._left = min(max((width(label.text) for label in content.rows), default=0.0), longest) + 14
        self._top = min(max((width(label.text) for label in content.columns), default=0.0), 90.0) + 12
        room_x = (self.width() - self._left - 6) / columns
        room_y = (self.height() - self._top - 6) / rows
        self._cell = max(min(room_x, room_y, _LARGEST), _SMALLEST)
        step = max(1, int(np.ceil(13 / self._cell)))
        self._every = (step, step)

    def _rect(self, i: int, j: int) -> QRectF:
        return QRectF(self._left + j * self._cell, self._top + i * self._cell, self._cell, self._cell)

    def cell_at(self, at: QPointF) -> tuple[int, int] | None:
        if self._content is None:
            return None
        i, j = int((at.y() - self._top) // self._cell), int((at.x() - self._left) // self._cell)
        rows, columns = self._content.values.shape
        return (i, j) if 0 <= i < rows and 0 <= j < columns else None

    def center_of(self, i: int, j: int) -> QPointF:
        """Where a cell is on the widget."""
        return self._rect(i, j).center()

    def resizeEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._measure()

    # painting -----------------------------------------------------------------------------------------

    def paintEvent(self, _event: object) -> None:
        content = self._content
        if content is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_labels(painter, content)
        self._paint_scale(painter, content)
        table = (signed_map if content.signed else accuracy_map)(self._theme.dark)
        reach = max(content.high - content.low, 1e-30)
        painter.setFont(self._font(min(12, int(self._cell * 0.36))))
        for (i, j), value in np.ndenumerate(content.values):
            rect = self._rect(i, j).adjusted(0.5, 0.5, -0.5, -0.5)
            if not np.isfinite(value):
                painter.setPen(QPen(QColor(self._theme.grid), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(rect)
                continue
            share = min(max((float(value) - content.low) / reach, 0.0), 1.0)
            fill = QColor(*table[round(255 * share)].tolist())
            painter.fillRect(rect, fill)
            if self._cell >= _TEXT_FROM:
                painter.setPen(readable_on(fill))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, content.shown(float(value)))
        for cell, shade in ((self._hovered, self._theme.muted), (self.current, self._theme.accent)):
            if cell is not None and (cell is self._hovered or self.hasFocus()):
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(shade), 2))
                painter.drawRect(self._rect(*cell))

    def _paint_scale(self, painter: QPainter, content: Content) -> None:
        """The colours from low to high, where the grid leaves room on its right."""
        right = self._rect(0, content.values.shape[1] - 1).right()
        if self.width() - right < 66:
            return
        height = min(140.0, self.height() - self._top - 16)
        bar = QRectF(right + 14, self._top, 10, height)
        shades = QLinearGradient(bar.bottomLeft(), bar.topLeft())
        table = (signed_map if content.signed else accuracy_map)(self._theme.dark)
        for at in range(0, 256, 15):
            shades.setColorAt(at / 255, QColor(*table[at].tolist()))
        painter.fillRect(bar, shades)
        painter.setPen(QColor(self._theme.muted))
        painter.setFont(self._font(10))
        for value, y in ((content.high, bar.top()), (content.low, bar.bottom())):
            box = QRectF(bar.right() + 4, y - 7, 60, 14)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, content.shown(value))

    def _paint_labels(self, painter: QPainter, content: Content) -> None:
        font = self._font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for i, label in enumerate(content.rows):
            if label.color:
                rect = self._rect(i, 0)
                painter.fillRect(
                    QRectF(self._left - _MARK - 2, rect.y() + 1, _MARK, rect.height() - 2),
                    QColor(label.color),
                )
            if i % self._every[0] == 0:
                painter.setPen(QColor(self._theme.text))
                box = QRectF(0, self._rect(i, 0).center().y() - 8, self._left - _MARK - 6, 16)
                text = metrics.elidedText(label.text, Qt.TextElideMode.ElideMiddle, box.width())
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        for j, label in enumerate(content.columns):
            if label.color:
                rect = self._rect(0, j)
                painter.fillRect(
                    QRectF(rect.x() + 1, self._top - _MARK - 2, rect.width() - 2, _MARK), QColor(label.color)
                )
            if j % self._every[1] == 0:
                painter.save()
                painter.translate(self._rect(0, j).center().x(), self._top - _MARK - 5)
                painter.rotate(-90)
                painter.setPen(QColor(self._theme.text))
                text = metrics.elidedText(label.text, Qt.TextElideMode.ElideMiddle, self._top - _MARK - 8)
                painter.drawText(QRectF(0, -8, self._top, 16), Qt.AlignmentFlag.AlignVCenter, text)
                painter.restore()

    # mouse and keys -----------------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self.cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position())
        if cell is not None:
            self._go(*cell)
            self.chosen.emit(*cell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        i, j = self.current or (0, 0)
        moves = {
            Qt.Key.Key_Left: (i, j - 1),
            Qt.Key.Key_Right: (i, j + 1),
            Qt.Key.Key_Up: (i - 1, j),
            Qt.Key.Key_Down: (i + 1, j),
        }
        if event.key() in moves and self._content is not None:
            self._go(*moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.chosen.emit(*self.current)
        else:
            super().keyPressEvent(event)

    def _go(self, i: int, j: int) -> None:
        assert self._content is not None
        rows, columns = self._content.values.shape
        self.current = (min(max(i, 0), rows - 1), min(max(j, 0), columns - 1))
        text = self._content.described(*self.current)
        self.setAccessibleDescription(text)
        self.described.emit(text)
        self.update()

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.described.emit(self._content.described(*cell) if cell and self._content else "")
            self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(QPointF(event.pos()))
            if cell is not None and self._content is not None:
                QToolTip.showText(event.globalPos(), self._content.described(*cell), self)
            return True
        return super().event(event)


def as_text(content: Content) -> str:
    """Tab-separated with names, full precision, for a spreadsheet."""
    lines = ["\t".join(["", *(label.text for label in content.columns)])]
    for label, row in zip(content.rows, content.values, strict=True):
        lines.append("\t".join([label.text, *(f"{value:.9g}" for value in row)]))
    return "\n".join(lines)


def labels(texts: Sequence[str]) -> tuple[Label, ...]:
    return tuple(Label(text) for text in texts)
