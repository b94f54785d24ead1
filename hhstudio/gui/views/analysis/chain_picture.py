"""Picture of a chain of hypernetworks: a column for each level, a row for each thing that can fail.

From the top: the scale of what is generated against what is wanted; the gradient that reaches the level;
how a small error there has grown when it arrives at the solver; the accuracy that the level contributes; the
numbers that it generates and stores. Rows have one axis each, so that pictures of two sessions compare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QWidget

from hhstudio.core.analysis.answers import Health
from hhstudio.core.formatting import short_count
from hhstudio.gui.views.analysis.chain_verdict import (
    FAR,
    GROWS,
    NEAR,
    amplification_at,
    contribution_of,
    drop_at,
    scale_of,
    use_of,
)
from hhstudio.gui.widgets.theme import current_theme

_NAMES = 148.0
_HEAD = 40.0
_SCALES = (1e-2, 1e2)
_TITLES = (
    ("Scale", "generated over wanted"),
    ("Gradient", "norm at the weights"),
    ("Error of 1 % here", "has become, at the solver"),
    ("Contribution", "points lost without it"),
    ("Numbers", "generated · stored"),
)


@dataclass(frozen=True)
class Axes:
    """Ends of the rows' axes, shared by pictures that are compared: gradient and amplification are log."""

    gradient: tuple[float, float]
    amplification: tuple[float, float]
    contribution: float

    @classmethod
    def of(cls, healths: list[Health]) -> Axes:
        gradients = [level.gradient for h in healths for level in h.levels] + [
            h.root_gradient for h in healths
        ]
        growth = [i.amplification for h in healths for i in h.injections]
        lost = [x for h in healths for level in h.levels for x in level.lost if math.isfinite(x)]
        return cls(_decades(gradients), _decades([1.0, *growth]), max([0.05, *lost]))


class ChainPicture(QWidget):
    """Columns: the root's stored weights, then what each level generates, the solver last."""

    def __init__(self) -> None:
        super().__init__()
        self._health: Health | None = None
        self._axes: Axes | None = None
        self._root = "H0"
        self.setMinimumSize(QSize(420, 300))

    def set_health(self, health: Health | None, axes: Axes | None, root: str = "H0") -> None:
        self._health, self._axes, self._root = health, axes, root
        if health is not None:
            self.setAccessibleName(f"Chain health of {health.path}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(720, 360)

    def paintEvent(self, _event: object) -> None:
        health, axes = self._health, self._axes
        if health is None or axes is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns = len(health.levels) + 1
        width = (self.width() - _NAMES - 8) / columns
        height = (self.height() - _HEAD - 6) / len(_TITLES)
        for row, (title, meaning) in enumerate(_TITLES):
            top = _HEAD + row * height
            if row % 2 == 0:
                painter.fillRect(QRectF(0, top, self.width(), height), QColor(current_theme().raised))
            self._text(
                painter,
                QRectF(8, top + height / 2 - 16, _NAMES - 12, 16),
                title,
                current_theme().text,
                bold=True,
            )
            self._text(painter, QRectF(8, top + height / 2, _NAMES - 12, 16), meaning, current_theme().muted)
        for column in range(columns):
            box = QRectF(_NAMES + column * width, 0, width, self.height())
            self._paint_head(painter, box, column, health)
            cells = [
                QRectF(box.x() + 8, _HEAD + row * height + 4, width - 16, height - 8) for row in range(5)
            ]
            self._paint_scale(painter, cells[0], health, column)
            self._paint_gradient(painter, cells[1], health, column, axes)
            self._paint_growth(painter, cells[2], health, column, axes)
            self._paint_contribution(painter, cells[3], health, column, axes)
            self._paint_numbers(painter, cells[4], health, column)

    # one row each -------------------------------------------------------------------------------------

    def _paint_head(self, painter: QPainter, box: QRectF, column: int, health: Health) -> None:
        theme = current_theme()
        last = column == len(health.levels)
        name = self._root if column == 0 else health.levels[column - 1].target
        color = QColor(theme.node_solver if last else theme.node_hypernetwork)
        card = QRectF(box.x() + 8, 6, box.width() - 16, 26)
        painter.setPen(QPen(color, 1.4))
        painter.setBrush(QColor(theme.panel))
        painter.drawRoundedRect(card, 6, 6)
        self._text(painter, card.adjusted(6, 0, -6, 0), name, theme.text, bold=True, middle=True)
        if column:
            painter.setPen(QPen(QColor(theme.edge), 1.6))
            tip, y = box.x() + 7, card.center().y()
            painter.drawLine(QPointF(box.x() - 7, y), QPointF(tip, y))
            for side in (-3, 3):
                painter.drawLine(QPointF(tip, y), QPointF(tip - 4, y + side))

    def _paint_scale(self, painter: QPainter, cell: QRectF, health: Health, column: int) -> None:
        if column == 0:
            self._text(painter, cell, "stored", current_theme().muted, middle=True)
            return
        theme, scales = current_theme(), scale_of(health.levels[column - 1])
        middle = cell.center().y() - 3

        def place(value: float) -> float:
            return cell.x() + cell.width() * _share(value, _SCALES)

        painter.fillRect(
            QRectF(place(1 / NEAR), middle - 9, place(NEAR) - place(1 / NEAR), 18), _faded(theme.ok)
        )
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawLine(QPointF(cell.x(), middle), QPointF(cell.right(), middle))
        painter.drawLine(QPointF(place(1.0), middle - 11), QPointF(place(1.0), middle + 11))
        painter.setPen(QPen(QColor(theme.panel), 1))
        for at, value in enumerate(scales):
            painter.setBrush(QColor(self._shade(max(value, 1 / max(value, 1e-30)), NEAR, FAR)))
            spread = ((at * 37) % 9 - 4) * 1.1  # apart, so that equal ones are all seen
            painter.drawEllipse(QPointF(place(value), middle + spread), 3.6, 3.6)
        if len(scales):
            typical = float(np.exp(np.mean(np.log(np.maximum(scales, 1e-30)))))
            self._text(
                painter,
                QRectF(cell.x(), cell.bottom() - 13, cell.width(), 13),
                f"× {typical:.2g}",
                theme.text,
                middle=True,
            )

    def _paint_gradient(
        self, painter: QPainter, cell: QRectF, health: Health, column: int, axes: Axes
    ) -> None:
        value = health.root_gradient if column == 0 else health.levels[column - 1].gradient
        self._bar(
            painter, cell, _share(value, axes.gradient), _number(value), current_theme().node_hypernetwork
        )

    def _paint_growth(self, painter: QPainter, cell: QRectF, health: Health, column: int, axes: Axes) -> None:
        growth = amplification_at(health, column - 1)
        if growth is None:
            self._text(painter, cell, "–", current_theme().muted, middle=True)
            return
        drop = drop_at(health, column - 1)
        cost = f", −{100 * drop:.0f} points" if drop is not None and drop >= 0.005 else ""
        shade = self._shade(growth, GROWS, 5 * GROWS)
        self._bar(painter, cell, _share(growth, axes.amplification), f"{_percent(growth)}{cost}", shade)

    def _paint_contribution(
        self, painter: QPainter, cell: QRectF, health: Health, column: int, axes: Axes
    ) -> None:
        if column == 0:
            lost = health.accuracy - health.anchors_only
            said = f"{100 * health.anchors_only:.0f} % with nothing generated" if math.isfinite(lost) else "–"
            self._text(painter, cell, said, current_theme().muted, middle=True)
            return
        level = health.levels[column - 1]
        contribution, use = contribution_of(level), use_of(level)
        if contribution is None:
            self._text(painter, cell, "not measured", current_theme().muted, middle=True)
            return
        colors = {"bypassed": current_theme().warn, "harmful": current_theme().error}
        shade = colors.get(use, current_theme().ok)
        note = "" if use == "used" else f"  {use}"
        said = f"{100 * contribution:.1f} pt{note}".replace("-", "−")
        self._bar(painter, cell, max(contribution, 0.0) / axes.contribution, said, shade)

    def _paint_numbers(self, painter: QPainter, cell: QRectF, health: Health, column: int) -> None:
        if column == 0:
            said = f"{short_count(health.embeddings)} stored a task"
        else:
            level = health.levels[column - 1]
            said = f"{short_count(level.generated)} · {short_count(level.stored)}"
        self._text(painter, cell, said, current_theme().text, middle=True)

    # what rows are made of ----------------------------------------------------------------------------

    def _bar(self, painter: QPainter, cell: QRectF, share: float, text: str, color: str) -> None:
        track = QRectF(cell.x(), cell.center().y() - 1, cell.width(), 7)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current_theme().grid))
        painter.drawRoundedRect(track, 3, 3)
        painter.setBrush(QColor(color))
        length = max(3.0, track.width() * min(max(share, 0.0), 1.0))
        painter.drawRoundedRect(QRectF(track.x(), track.y(), length, track.height()), 3, 3)
        above = QRectF(cell.x(), cell.center().y() - 17, cell.width(), 15)
        self._text(painter, above, text, current_theme().text)

    def _text(
        self, painter: QPainter, box: QRectF, text: str, color: str, bold: bool = False, middle: bool = False
    ) -> None:
        font = QFont(self.font())
        font.setPixelSize(12 if bold else 11)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        side = Qt.AlignmentFlag.AlignHCenter if middle else Qt.AlignmentFlag.AlignLeft
        painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, shown)

    def _shade(self, value: float, fine: float, bad: float) -> str:
        if value <= fine:
            return current_theme().ok
        return current_theme().warn if value <= bad else current_theme().error


def _share(value: float, ends: tuple[float, float]) -> float:
    """Where a value stands between two ends on a log axis, 0 to 1."""
    low, high = math.log10(ends[0]), math.log10(ends[1])
    if not math.isfinite(value) or value <= 0:
        return 0.0 if value <= 0 or math.isnan(value) else 1.0
    return min(max((math.log10(value) - low) / max(high - low, 1e-9), 0.0), 1.0)


def _decades(values: list[float]) -> tuple[float, float]:
    known = [value for value in values if math.isfinite(value) and value > 0]
    if not known:
        return 0.1, 10.0
    low, high = math.floor(math.log10(min(known)) - 0.3), math.ceil(math.log10(max(known)) + 0.05)
    return 10.0**low, 10.0 ** max(high, low + 1)


def _faded(color: str) -> QColor:
    faint = QColor(color)
    faint.setAlpha(46)
    return faint


def _number(value: float) -> str:
    return f"{value:.2g}" if math.isfinite(value) else "not a number"


def _percent(growth: float) -> str:
    if not math.isfinite(growth):
        return "not a number"
    return f"{growth:.2g} %" if growth < 1000 else f"{growth:.1e} %".replace("e+0", "e").replace("e+", "e")
