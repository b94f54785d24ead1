"""Heat map: a matrix as coloured cells with names on both sides, for mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from hhstudio.core.spreadsheet import tab_separated
from hhstudio.gui.widgets.color_bar import paint_colors
from hhstudio.gui.widgets.colormap import accuracy_map, signed_map
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.task_style import readable_on, task_style
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

TEXT_FROM = 18
"""Cells from which values are written; smaller ones are colours, and words when pointed at."""
_PRECISE_FROM = 36
"""Cells from which values are written in full where there is a shorter form."""
_LARGEST, _SMALLEST = 44, 7
_MARK = 2.5
_UPRIGHT, _TURNED = 22, 13
"""Pixels from one name to the next, at least, where there is not one for every cell."""
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Label:
    """The name of a row or column. ``task``: it has that task's colour beside it; -1 for none."""

    text: str
    task: int = -1
    faint: bool = False


@dataclass(frozen=True)
class Content:
    """What a heat map shows.

    ``values``: (rows, columns), NaN for nothing. ``low``, ``high``: ends of the colour scale; ``signed``:
    a scale around its middle. ``shown`` writes a value into its cell, ``short`` into one that is narrow;
    ``described`` says it in words, ``tip`` in more of them. ``filled``: (rows, columns), the cells that have
    a colour, if not all; ``diagonal``: those of the diagonal are outlined.
    """

    values: np.ndarray
    rows: tuple[Label, ...]
    columns: tuple[Label, ...]
    low: float
    high: float
    signed: bool
    shown: Callable[[float], str]
    described: Callable[[int, int], str]
    short: Callable[[float], str] | None = None
    tip: Callable[[int, int], str] | None = None
    filled: np.ndarray | None = None
    diagonal: bool = False

    def shares(self) -> np.ndarray:
        """Every value's place on the colour scale as an entry of a map of 256 colours; NaN has the first."""
        reach = max(self.high - self.low, 1e-30)
        return np.rint(255 * np.clip((np.nan_to_num(self.values) - self.low) / reach, 0.0, 1.0)).astype(int)

    def colored(self) -> np.ndarray:
        """(rows, columns): whether a cell has a colour."""
        finite = np.isfinite(self.values)
        return finite if self.filled is None else finite & self.filled


class HeatMap(Themed, QWidget):
    """``described``: the cell under mouse or keyboard in words, "" for none; ``chosen``: a cell was clicked
    or Return was pressed on it.

    The cells are as large as the widget lets them be, and the names of columns are turned. With ``margins``
    (left, top) for short names, which stand upright, the owner says by `set_cell` how large they are.
    """

    described = Signal(str)
    chosen = Signal(int, int)

    def __init__(self, name: str, margins: tuple[int, int] | None = None) -> None:
        super().__init__()
        self._content: Content | None = None
        self._fixed = margins is not None
        self._left, self._top = margins or (0, 0)
        self._cell = 32
        self._picture: QImage | None = None
        self.current: tuple[int, int] | None = None
        self._hovered: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        if not self._fixed:
            self.setMinimumSize(QSize(160, 120))
        self.follow_theme()

    def recolour(self) -> None:
        self._picture = None

    def set_content(self, content: Content | None) -> None:
        self._content, self._picture = content, None
        rows, columns = self._shape
        if self.current and rows and columns:
            self.current = (min(self.current[0], rows - 1), min(self.current[1], columns - 1))
        self._measure()
        self.update()

    @property
    def content(self) -> Content | None:
        return self._content

    @property
    def _shape(self) -> tuple[int, int]:
        return (0, 0) if self._content is None else self._content.values.shape

    # geometry -----------------------------------------------------------------------------------------

    def set_cell(self, size: int) -> None:
        """Have cells of that many pixels, and the size that they need."""
        if size != self._cell:
            self._cell, self._picture = size, None
            self.updateGeometry()
            self.update()
        self.resize(self.sizeHint())

    def sizeHint(self) -> QSize:
        rows, columns = self._shape
        return QSize(self._left + self._cell * columns + 2, self._top + self._cell * rows + 2)

    def _measure(self) -> None:
        content = self._content
        if self._fixed or content is None or not content.values.size:
            return
        width = QFontMetricsF(self._font(11)).horizontalAdvance
        rows, columns = content.values.shape
        longest = self.width() * 0.34
        self._left = round(min(max(width(label.text) for label in content.rows), longest)) + 14
        self._top = round(min(max(width(label.text) for label in content.columns), 90.0)) + 12
        room = min((self.width() - self._left - 6) // columns, (self.height() - self._top - 6) // rows)
        self._cell, self._picture = max(min(room, _LARGEST), _SMALLEST), None

    def _rect(self, i: int, j: int) -> QRect:
        return QRect(self._left + j * self._cell, self._top + i * self._cell, self._cell, self._cell)

    def cell_at(self, point: QPoint | QPointF) -> tuple[int, int] | None:
        i, j = int(point.y() - self._top) // self._cell, int(point.x() - self._left) // self._cell
        rows, columns = self._shape
        return (i, j) if 0 <= i < rows and 0 <= j < columns else None

    def center_of(self, i: int, j: int) -> QPointF:
        """Where a cell is on the widget."""
        return QRectF(self._rect(i, j)).center()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _in_sight(self, area: QRect) -> tuple[range, range]:
        """Rows and columns within an area: of two hundred tasks, a fraction."""

        def crossed(low: int, high: int, start: int, count: int) -> range:
            return range(
                max((low - start) // self._cell - 1, 0), min((high - start) // self._cell + 2, count)
            )

        rows, columns = self._shape
        return (
            crossed(area.top(), area.bottom(), self._top, rows),
            crossed(area.left(), area.right(), self._left, columns),
        )

    # painting -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        content = self._content
        if content is None or not content.values.size:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rows, columns = self._in_sight(event.rect())
        self._paint_row_names(painter, content, rows)
        self._paint_column_names(painter, content, columns)
        if not self._fixed:
            self._paint_scale(painter, content)
        if self._cell < TEXT_FROM:
            self._paint_small(painter, content)
        else:
            self._paint_cells(painter, content, rows, columns)
        for cell, shade in ((self._hovered, current_theme().muted), (self.current, current_theme().accent)):
            if cell is not None and (cell is self._hovered or self.hasFocus()):
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(shade), 2))
                painter.drawRoundedRect(QRectF(self._rect(*cell)).adjusted(0, 0, -1, -1), 3, 3)

    def _font(self, pixels: int) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        return font

    def _table(self, content: Content) -> np.ndarray:
        return (signed_map if content.signed else accuracy_map)(current_theme().dark)

    def _paint_cells(self, painter: QPainter, content: Content, rows: range, columns: range) -> None:
        size, theme, table = self._cell, current_theme(), self._table(content)
        painter.setFont(self._font(13 if size >= 40 else 11 if size >= 26 else 10 if size >= 23 else 9))
        shown = content.short if content.short is not None and size < _PRECISE_FROM else content.shown
        width = painter.fontMetrics().horizontalAdvance
        written = all(width(shown(end)) <= size for end in (content.low, content.high))
        shares, colored = content.shares(), content.colored()
        for i in rows:
            for j in columns:
                value = float(content.values[i, j])
                text = QColor(theme.muted)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                if colored[i, j]:
                    fill = QColor(*table[shares[i, j]].tolist())
                    text = readable_on(fill)
                    painter.setBrush(fill)
                outlined = content.diagonal and i == j and np.isfinite(value)
                painter.setPen(QPen(QColor(theme.text if outlined else theme.grid), 1.4 if outlined else 1))
                inner = QRectF(self._rect(i, j)).adjusted(0.5, 0.5, -1.5, -1.5)
                painter.drawRoundedRect(inner, 2, 2)
                if written and np.isfinite(value):
                    painter.setPen(text)
                    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, shown(value))

    def _paint_small(self, painter: QPainter, content: Content) -> None:
        """Cells without values are one picture: one by one, those of two hundred tasks take seconds."""
        if self._picture is None:
            self._picture = self._pictured(content)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.drawImage(self._left, self._top, self._picture)
        if content.diagonal:
            painter.setPen(QPen(QColor(current_theme().text), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            measured = np.flatnonzero(np.isfinite(np.diagonal(content.values))).tolist()
            painter.drawRects([self._rect(k, k).adjusted(0, 0, -2, -2) for k in measured])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def _pictured(self, content: Content) -> QImage:
        """All cells at their size: filled where they have a colour, a frame otherwise; a gap after each."""
        (rows, columns), size = content.values.shape, self._cell
        rgb = self._table(content)[content.shares()].astype(np.uint32)
        filled = content.colored()
        colors = 0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2]
        colors[~filled] = QColor(current_theme().grid).rgb()
        pixels = colors.repeat(size, axis=0).repeat(size, axis=1)
        cells, side = pixels.reshape(rows, size, columns, size), size - 1
        cells[:, side:] = 0
        cells[:, :, :, side:] = 0
        cells[:, 1 : side - 1, :, 1 : side - 1] *= filled[:, None, :, None]
        image = QImage(pixels.data, columns * size, rows * size, QImage.Format.Format_ARGB32_Premultiplied)
        return image.copy()  # which owns its pixels

    def _paint_scale(self, painter: QPainter, content: Content) -> None:
        """The colours from low to high, where the cells leave room on their right."""
        right = self._rect(0, content.values.shape[1] - 1).right()
        if self.width() - right < 66:
            return
        bar = QRectF(right + 14, self._top, 10, min(140, self.height() - self._top - 16))
        paint_colors(painter, bar, self._table(content))
        painter.setPen(QColor(current_theme().muted))
        painter.setFont(self._font(10))
        for value, y in ((content.high, bar.top()), (content.low, bar.bottom())):
            painter.drawText(QRectF(bar.right() + 4, y - 7, 60, 14), _MIDDLE, content.shown(value))

    def _every(self, turned: bool) -> int:
        """Of how many cells one has its name."""
        if self._cell >= TEXT_FROM:
            return 1
        return next((n for n in (1, 2, 5, 10) if n * self._cell >= (_TURNED if turned else _UPRIGHT)), 20)

    def _paint_row_names(self, painter: QPainter, content: Content, rows: range) -> None:
        painter.setFont(self._font(11 if self._cell >= 26 or not self._fixed else 10))
        metrics, every = QFontMetricsF(painter.font()), self._every(turned=not self._fixed)
        for i in rows:
            label, cell = content.rows[i], QRectF(self._rect(i, 0))
            self._paint_mark(painter, label, QRectF(self._left - 5, cell.y(), _MARK, cell.height()), 0, 1)
            if i % every == 0:
                painter.setPen(QColor(current_theme().muted if label.faint else current_theme().text))
                box = QRectF(0, cell.center().y() - 8, self._left - 8, 16)
                text = metrics.elidedText(label.text, Qt.TextElideMode.ElideMiddle, box.width())
                painter.drawText(box, Qt.AlignmentFlag.AlignRight | _MIDDLE, text)

    def _paint_column_names(self, painter: QPainter, content: Content, columns: range) -> None:
        metrics, every = QFontMetricsF(painter.font()), self._every(turned=not self._fixed)
        for j in columns:
            label, cell = content.columns[j], QRectF(self._rect(0, j))
            self._paint_mark(painter, label, QRectF(cell.x(), self._top - 4, cell.width(), _MARK), 1, 0)
            if j % every:
                continue
            painter.setPen(QColor(current_theme().muted if label.faint else current_theme().text))
            if self._fixed:
                spare = max(0, _UPRIGHT - self._cell) / 2
                box = QRectF(cell.x() - spare, 0, cell.width() + 2 * spare, self._top - 5)
                painter.drawText(
                    box, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, label.text
                )
            else:
                painter.save()
                painter.translate(cell.center().x(), self._top - 8)
                painter.rotate(-90)
                text = metrics.elidedText(label.text, Qt.TextElideMode.ElideMiddle, self._top - 10)
                painter.drawText(QRectF(0, -8, self._top, 16), _MIDDLE, text)
                painter.restore()

    def _paint_mark(self, painter: QPainter, label: Label, strip: QRectF, across: int, down: int) -> None:
        if label.task >= 0:
            gap = 1 if self._cell >= 10 else 0.5
            strip = strip.adjusted(gap * across, gap * down, -gap * across, -gap * down)
            painter.fillRect(strip, QColor(task_style(current_theme(), label.task)[0]))

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
        rows, columns = self._shape
        moves = {
            Qt.Key.Key_Left: (i, j - 1),
            Qt.Key.Key_Right: (i, j + 1),
            Qt.Key.Key_Up: (i - 1, j),
            Qt.Key.Key_Down: (i + 1, j),
            Qt.Key.Key_Home: (0, 0),
            Qt.Key.Key_End: (rows, columns),
        }
        if event.key() in moves and rows and columns:
            self._go(*moves[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current is not None:
            self.chosen.emit(*self.current)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """By keyboard: say where it is."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason and all(self._shape):
            self._go(*(self.current or (0, 0)))

    def _go(self, i: int, j: int) -> None:
        rows, columns = self._shape
        self.current = (min(max(i, 0), rows - 1), min(max(j, 0), columns - 1))
        text = self.describe(self.current)
        self.setAccessibleDescription(text)
        self.described.emit(text)
        self.update()

    def _hover(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.described.emit(self.describe(cell) if cell else "")
            self.update()

    def describe(self, cell: tuple[int, int]) -> str:
        """A cell in words."""
        return self._content.described(*cell) if self._content is not None else ""

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            cell = self.cell_at(event.pos())
            if cell is None or self._content is None:
                QToolTip.hideText()
            else:
                tip = self._content.tip or self._content.described
                QToolTip.showText(event.globalPos(), plain(tip(*cell)), self)
            return True
        return super().event(event)


def as_text(content: Content) -> str:
    """Tab-separated with names, full precision, for a spreadsheet."""
    rows = [["", *(label.text for label in content.columns)]]
    for label, row in zip(content.rows, content.values, strict=True):
        rows.append([label.text, *(f"{value:.9g}" for value in row)])
    return tab_separated(rows)


def labels(texts: Sequence[str]) -> tuple[Label, ...]:
    return tuple(Label(text) for text in texts)
