"""Bounds card: what a path reached on each task beside baselines (from scratch, fine-tuned, joint)."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter
from PySide6.QtWidgets import QFrame

from hhstudio.core.formatting import percent
from hhstudio.core.run import baselines
from hhstudio.core.run.history import History
from hhstudio.gui.views.accuracy.arrangement import MARGIN, TITLE
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.task_style import task_label
from hhstudio.gui.widgets.theme import current_theme

TREE = "tree"
TITLES = {TREE: "This path", **baselines.TITLES}
MEANINGS = {TREE: "what this path's generated solvers reach at the end", **baselines.MEANINGS}
_CHART, _LEGEND, _LABEL = 96, 17, 16
_WIDEST_BAR = 16


def reached(history: History, path: str) -> dict[str, np.ndarray]:
    """Final accuracies by kind, the path's own first; empty where no baseline was measured."""
    bounds = baselines.finals(history, path)
    if not bounds:
        return {}
    own = history.left(path)
    return {TREE: np.full(len(history.tasks), np.nan) if own is None else own.astype(float), **bounds}


class BoundsCard(QFrame):
    """Bars by task, a kind a colour; the legend has the means. Hover says a task's figures."""

    described = Signal(str)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.values: dict[str, np.ndarray] = {}
        self._labels: list[str] = []
        self.setProperty("card", True)
        self.setMouseTracking(True)

    def show_history(self, history: History) -> None:
        self.values = reached(history, self.path)
        self._labels = [task_label(history.tasks, task) for task in range(len(history.tasks))]
        means = "; ".join(f"{TITLES[kind]} {self.mean(kind)}" for kind in self.values)
        self.setAccessibleName(f"{self.path}: mean final accuracy. {means}")
        self.setToolTip(plain("\n".join(f"{TITLES[kind]}: {MEANINGS[kind]}" for kind in self.values)))
        self.update()

    def mean(self, kind: str) -> str:
        """Mean final accuracy over the tasks that were measured."""
        measured = self.values[kind][~np.isnan(self.values[kind])]
        return percent(measured.mean() if measured.size else None)

    def sizeHint(self) -> QSize:
        return QSize(300, MARGIN + TITLE + _LEGEND * self._legend_lines(300) + _CHART + _LABEL + MARGIN)

    def lay_out(self, width: int) -> None:
        """Take the height that a width needs."""
        lines = self._legend_lines(width)
        self.resize(width, MARGIN + TITLE + _LEGEND * lines + 6 + _CHART + _LABEL + MARGIN)
        self.update()

    def sentence(self, task: int) -> str:
        """What was reached on a task, in words."""
        measured = {k: v[task] for k, v in self.values.items() if task < len(v) and not np.isnan(v[task])}
        figures = ", ".join(f"{TITLES[kind].lower()} {percent(value)}" for kind, value in measured.items())
        return f"{self.path}, {self._labels[task]}: {figures or 'nothing measured'}"

    def bar(self, kind: str, task: int) -> QRectF:
        """The bar of a kind on a task, in pixels."""
        chart, kinds = self._chart(), list(self.values)
        slot = chart.width() / max(len(self._labels), 1)
        wide = min(slot * 0.8 / len(kinds), _WIDEST_BAR)
        left = chart.left() + slot * task + (slot - wide * len(kinds)) / 2 + wide * kinds.index(kind)
        value = self.values[kind][task] if task < len(self.values[kind]) else np.nan
        high = 0.0 if np.isnan(value) else float(value) * chart.height()
        return QRectF(left, chart.bottom() - high, max(wide - 1.0, 1.0), high)

    # painting -----------------------------------------------------------------------------------------

    def _chart(self) -> QRectF:
        top = MARGIN + TITLE + _LEGEND * self._legend_lines(self.width()) + 6
        return QRectF(MARGIN + 30, top, self.width() - 2 * MARGIN - 30, _CHART - 6)

    def _color(self, kind: str) -> QColor:
        theme = current_theme()
        return QColor(
            {TREE: theme.accent, "scratch": theme.muted, "fine-tune": theme.warn, "joint": theme.ok}[kind]
        )

    def _legend(self, width: int) -> list[list[tuple[str, str]]]:
        """Kinds with their texts, in lines that fit."""
        metrics, lines, used = QFontMetrics(self._font(11)), [[]], 0  # type: ignore[var-annotated]
        for kind in self.values:
            text = f"{TITLES[kind]} {self.mean(kind)}"
            wide = metrics.horizontalAdvance(text) + 30
            if lines[-1] and used + wide > width - 2 * MARGIN:
                lines.append([])
                used = 0
            lines[-1].append((kind, text))
            used += wide
        return lines

    def _legend_lines(self, width: int) -> int:
        return len(self._legend(width))

    def _font(self, pixels: int, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(pixels)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().paintEvent(event)
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font(13, bold=True))
        painter.setPen(QColor(theme.text))
        painter.drawText(
            QRectF(MARGIN, 7, self.width() - 2 * MARGIN, 18), Qt.AlignmentFlag.AlignLeft, self.path
        )
        self._paint_legend(painter)
        chart = self._chart()
        painter.setFont(self._font(10))
        for share in (0, 50, 100):
            y = chart.bottom() - chart.height() * share / 100
            painter.setPen(QColor(theme.grid))
            painter.drawLine(QPointF(chart.left(), y), QPointF(chart.right(), y))
            painter.setPen(QColor(theme.muted))
            place = QRectF(MARGIN - 6, y - 7, 32, 14)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{share}")
        slot = chart.width() / max(len(self._labels), 1)
        for task in range(len(self._labels)):
            painter.setPen(Qt.PenStyle.NoPen)
            for kind in self.values:
                painter.setBrush(self._color(kind))
                painter.drawRoundedRect(self.bar(kind, task), 1.5, 1.5)
        self._paint_labels(painter, chart, slot)

    def _paint_labels(self, painter: QPainter, chart: QRectF, slot: float) -> None:
        """Below the bars: whole where all fit, otherwise their numbers, and of these as many as have room."""
        metrics = QFontMetrics(painter.font())

        def widest(labels: list[str]) -> int:
            return max(map(metrics.horizontalAdvance, labels), default=0)

        whole = widest(self._labels) <= slot - 2
        labels = self._labels if whole else [label.split(" ")[0] for label in self._labels]
        every = max(1, -(-(widest(labels) + 3) // max(int(slot), 1)))
        painter.setPen(QColor(current_theme().muted))
        for task in range(0, len(labels), every):
            middle = chart.left() + slot * (task + 0.5)
            place = QRectF(middle - slot * every / 2, chart.bottom() + 2, slot * every, _LABEL)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, labels[task])

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(self._font(11))
        metrics, y = QFontMetrics(painter.font()), float(MARGIN + TITLE - 4)
        for line in self._legend(self.width()):
            x = float(MARGIN)
            for kind, text in line:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._color(kind))
                painter.drawRoundedRect(QRectF(x, y + 3, 10, 10), 2, 2)
                painter.setPen(QColor(current_theme().text if kind == TREE else current_theme().muted))
                wide = metrics.horizontalAdvance(text)
                painter.drawText(QRectF(x + 14, y, wide + 2, 16), Qt.AlignmentFlag.AlignVCenter, text)
                x += wide + 30
            y += _LEGEND

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        chart = self._chart()
        if self._labels and chart.left() <= event.position().x() < chart.right():
            slot = chart.width() / len(self._labels)
            self.described.emit(self.sentence(int((event.position().x() - chart.left()) / slot)))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.described.emit("")
