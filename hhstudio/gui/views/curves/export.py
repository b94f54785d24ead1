"""Curve export: what the panels show, as a picture for a paper or as numbers for a script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QGuiApplication, QImage, QPainter, QPen
from PySide6.QtSvg import QSvgGenerator

from hhstudio.core.atomic_write import replacing
from hhstudio.core.run.history import History
from hhstudio.core.spreadsheet import SpreadsheetWriter
from hhstudio.gui.views.curves.panel import CurvePanel
from hhstudio.gui.widgets import fonts
from hhstudio.gui.widgets.picture_files import write_png
from hhstudio.gui.widgets.task_style import task_label, task_style
from hhstudio.gui.widgets.theme import current_theme

_TITLE = 20
_MARGIN = 10
_LEGEND_ROW = 18
_WIDTH = 1.7


class Figure:
    """The shown panels side by side as on screen, with titles and one legend below."""

    def __init__(
        self, panels: Sequence[CurvePanel], history: History, tasks: Sequence[int], font: QFont
    ) -> None:
        self._panels, self._history, self._tasks = list(panels), history, list(tasks)
        self._font = QFont(font)
        self._font.setPixelSize(12)
        area = QRectF()
        for panel in self._panels:
            area = area.united(QRectF(panel.geometry()))
        self._origin, self._inner = area.topLeft(), area.size()
        metrics = QFontMetricsF(self._font)
        labels = [task_label(history.tasks, task) for task in self._tasks]
        self._chip = 44 + max((metrics.horizontalAdvance(label) for label in labels), default=0)
        self._per_row = max(1, int(self._inner.width() // self._chip))
        rows = -(-len(labels) // self._per_row)
        self.size = QSize(
            int(self._inner.width()) + 2 * _MARGIN,
            int(self._inner.height()) + 2 * _MARGIN + _LEGEND_ROW * rows + 6,
        )

    def paint(self, painter: QPainter) -> None:
        theme = current_theme()
        painter.fillRect(QRectF(0, 0, self.size.width(), self.size.height()), QColor(theme.panel))
        bold = QFont(self._font)
        bold.setBold(True)
        several = len({panel.measure.name for panel in self._panels}) > 1
        for panel in self._panels:
            at = QRectF(panel.geometry()).translated(_MARGIN - self._origin.x(), _MARGIN - self._origin.y())
            painter.setPen(QColor(theme.text))
            painter.setFont(bold)
            title = f"{panel.path} · {panel.measure.title}" if several else panel.path
            painter.drawText(QRectF(at.x() + 8, at.y(), at.width() - 16, _TITLE), title)
            painter.setFont(self._font)
            painter.setPen(QColor(theme.muted))
            right = Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(at.x(), at.y(), at.width() - 12, _TITLE), right, panel.summary.text())
            target = at.adjusted(0, _TITLE, 0, 0)
            scene = panel.plot.scene()
            source = panel.plot.mapToScene(panel.plot.viewport().rect()).boundingRect()
            scene.prepareForPaint()
            panel.set_width(_WIDTH)
            scene.render(painter, target, source, Qt.AspectRatioMode.KeepAspectRatio)
            panel.set_width(None)
        self._paint_legend(painter)

    def _paint_legend(self, painter: QPainter) -> None:
        top = _MARGIN + self._inner.height() + 8
        painter.setFont(self._font)
        for number, task in enumerate(self._tasks):
            row, column = divmod(number, self._per_row)
            x, y = _MARGIN + 8 + column * self._chip, top + row * _LEGEND_ROW
            color, dashes = task_style(current_theme(), task)
            pen = QPen(QColor(color), 2)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dashes:
                pen.setDashPattern([d / 2 for d in dashes])
            painter.setPen(pen)
            painter.drawLine(int(x), int(y + 8), int(x + 22), int(y + 8))
            painter.setPen(QColor(current_theme().text))
            label = task_label(self._history.tasks, task)
            painter.drawText(QRectF(x + 28, y, self._chip, _LEGEND_ROW), label)


def to_image(figure: Figure, scale: float = 2.0) -> QImage:
    """``scale`` pixels per pixel on screen; 2 is sharp in print at column width."""
    image = QImage(figure.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    figure.paint(painter)
    painter.end()
    return image


def save_png(figure: Figure, path: Path) -> None:
    """Raises HHStudioError when the file cannot be written."""
    write_png(to_image(figure), path)


def save_svg(figure: Figure, path: Path, title: str) -> None:
    """Vector lines and text, with the glyphs inside. Raises HHStudioError when the file cannot be written."""
    with replacing(path) as picture:
        _draw_svg(figure, picture, title)


def _draw_svg(figure: Figure, path: Path, title: str) -> None:
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(figure.size)
    # axes are played back from pictures, which scale with the resolution: it must be the screen's
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInch()))
    generator.setViewBox(QRectF(0, 0, figure.size.width(), figure.size.height()))
    generator.setTitle(title)
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError("the picture could not be drawn")
    figure.paint(painter)
    painter.end()
    fonts.embed(path)


def save_csv(history: History, metrics: Sequence[str], hidden: set[int], path: Path) -> int:
    """Every recorded point of these metrics in long columns: step, path, task, metric, value.

    Tasks in ``hidden`` are left out. Returns how many rows were written. Raises HHStudioError.
    """
    rows = 0
    with replacing(path) as table, table.open("w", newline="", encoding="utf-8") as file:
        writer = SpreadsheetWriter(file)
        writer.writerow(("step", "path", "task", "metric", "value"))
        for (name, task, metric), series in history.series.items():
            if metric in metrics and task not in hidden:
                for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
                    writer.writerow((step, name, task, metric, repr(value)))
                rows += len(series)
    return rows
