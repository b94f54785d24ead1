"""Task delegate: a task's number in its colour, its name, a picture of each class, who learns it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.views.tasks.model import INFO, PATHS, TASK
from hhstudio.gui.widgets.task_style import task_short
from hhstudio.gui.widgets.theme import current_theme

PICTURE = 26
_EDGE = 9


class TaskDelegate(QStyledItemDelegate):
    """Keeps a pixmap of each class, by (data set, label); names stand in where there is none."""

    def __init__(self, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._pictures: dict[tuple[str, int], QPixmap] = {}

    def show_images(self, dataset: str, images: Mapping[int, np.ndarray]) -> None:
        """Pictures of classes, (H, W) or (H, W, 3) uint8, by label."""
        for label, image in images.items():
            self._pictures[dataset, label] = _pixmap(image)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(180, 64)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rect: QRect = option.rect
        state = option.state
        font: QFont = option.font
        theme, task, info = current_theme(), index.data(TASK), index.data(INFO)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(theme.selection))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(theme.raised))
        self._paint_mark(painter, rect, task)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        text = rect.adjusted(_EDGE + 12, 6, -_EDGE, 0)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        who = index.data(PATHS)
        metrics = painter.fontMetrics()
        small = QFont(font)
        small.setPointSizeF(font.pointSizeF() * 0.88)
        painter.setFont(small)
        room = min(painter.fontMetrics().horizontalAdvance(who) + 2, text.width() // 2)
        painter.setPen(QColor(theme.error if who == "no path" else theme.muted))
        end = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        elided = painter.fontMetrics().elidedText(who, Qt.TextElideMode.ElideRight, room)
        painter.drawText(text.adjusted(0, 1, 0, 0), end, elided)
        painter.setFont(bold)
        painter.setPen(QColor(theme.text))
        title = f"{task_short(task)}  {info.name}"
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, text.width() - room - 8)
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(small)
        self._paint_classes(painter, QRect(text.left(), rect.top() + 29, text.width(), PICTURE), info)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(rect.left() + _EDGE, rect.bottom(), rect.right() - _EDGE, rect.bottom())
        painter.restore()

    def _paint_mark(self, painter: QPainter, rect: QRect, task: int) -> None:
        color, dash = current_theme().task_pen(task)
        pen = QPen(QColor(color), 4)
        pen.setStyle([Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine,
                      Qt.PenStyle.DashDotLine][dash])  # fmt: skip
        painter.setPen(pen)
        x = rect.left() + _EDGE + 1
        painter.drawLine(QPointF(x, rect.top() + 10), QPointF(x, rect.bottom() - 10))

    def _paint_classes(self, painter: QPainter, room: QRect, info: TaskInfo) -> None:
        """As many pictures as there is room for, and how many more; names without pictures."""
        pictures = [self._pictures.get((info.dataset, label)) for label in info.classes]
        if not any(pictures):
            names = ", ".join(info.class_names or map(str, info.classes))
            painter.setPen(QColor(current_theme().muted))
            text = painter.fontMetrics().elidedText(names, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        fit = max(1, room.width() // (PICTURE + 3))
        shown = len(pictures) if len(pictures) <= fit else max(1, fit - 1)
        x = room.left()
        for picture, label in zip(pictures[:shown], info.classes, strict=False):
            place = QRectF(x, room.top(), PICTURE, PICTURE)
            if picture is not None:
                painter.drawPixmap(place, picture, QRectF(picture.rect()))
            else:
                painter.setPen(QColor(current_theme().muted))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(label))
            x += PICTURE + 3
        if shown < len(pictures):
            painter.setPen(QColor(current_theme().muted))
            painter.drawText(QRect(x, room.top(), PICTURE + 8, PICTURE), Qt.AlignmentFlag.AlignCenter,
                             f"+{len(pictures) - shown}")  # fmt: skip


def _pixmap(image: np.ndarray) -> QPixmap:
    """A class's picture; small ones are enlarged without blur, so that single pixels can be seen."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if image.ndim == 2 else QImage.Format.Format_RGB888
    picture = QImage(image.data, width, height, image.strides[0], kind).copy()
    factor = max(1, round(2 * PICTURE / max(width, height)))
    return QPixmap.fromImage(picture.scaled(width * factor, height * factor))
