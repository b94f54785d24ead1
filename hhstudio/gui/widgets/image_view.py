"""Tensor image: one picture, drawn only where it is visible, with zoom and a chosen tile."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPen, QWheelEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from hhstudio.core.formatting import number
from hhstudio.gui.widgets.mosaic import Mosaic
from hhstudio.gui.widgets.theme import current_theme

_LARGEST = 48.0  # screen pixels a weight
_STEP = 1.25


class ImageCanvas(QWidget):
    """Draws a mosaic at a scale. Arrow keys walk from tile to tile."""

    described = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._mosaic: Mosaic | None = None
        self._image = QImage()
        self._scale = 1.0
        self._tile: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Generated weights")

    @property
    def tile(self) -> int | None:
        """The tile under the mouse or chosen by the keyboard."""
        return self._tile

    def set_mosaic(self, mosaic: Mosaic | None) -> None:
        self._mosaic = mosaic
        if mosaic is None:
            self._image, self._tile = QImage(), None
        else:
            height, width = mosaic.image.shape[:2]
            data = mosaic.image
            self._image = QImage(data.data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
            if self._tile is not None and self._tile >= len(mosaic.tiles.values):
                self._tile = None
        self.set_scale(self._scale)

    def image(self) -> QImage:
        return self._image

    def set_scale(self, scale: float) -> None:
        self._scale = scale
        self.resize(max(1, round(self._image.width() * scale)), max(1, round(self._image.height() * scale)))
        self.update()

    def paintEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if self._mosaic is None:
            return
        painter = QPainter(self)
        scale = self._scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, scale < 1)
        target = QRectF(event.rect().adjusted(-64, -64, 64, 64)).intersected(QRectF(self.rect()))
        left, top = np.floor(target.left() / scale), np.floor(target.top() / scale)
        right, bottom = np.ceil(target.right() / scale), np.ceil(target.bottom() / scale)
        source = QRectF(left, top, right - left, bottom - top).intersected(QRectF(self._image.rect()))
        painter.drawImage(_scaled(source, scale), self._image, source)
        if self._tile is not None and len(self._mosaic.tiles.values) > 1:
            x, y, width, height = self._mosaic.rect_of(self._tile)
            painter.setPen(QPen(QColor(current_theme().accent), 2))
            painter.drawRect(_scaled(QRectF(x, y, width, height), scale).adjusted(-1, -1, 1, 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._pixel(event.position())
        self._choose(at[0] if at else None, at)

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().leaveEvent(event)
        self._choose(None, None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()
        self.mouseMoveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        mosaic = self._mosaic
        if mosaic is None:
            super().keyPressEvent(event)
            return
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -mosaic.columns,
            Qt.Key.Key_Down: mosaic.columns,
        }
        if event.key() in steps:
            tile = 0 if self._tile is None else self._tile + steps[Qt.Key(event.key())]
            if 0 <= tile < len(mosaic.tiles.values):
                self._choose(tile, None)
        else:
            super().keyPressEvent(event)

    def _pixel(self, point: QPointF) -> tuple[int, int, int] | None:
        if self._mosaic is None:
            return None
        return self._mosaic.tile_at(int(point.x() / self._scale), int(point.y() / self._scale))

    def _choose(self, tile: int | None, at: tuple[int, int, int] | None) -> None:
        if tile != self._tile:
            self._tile = tile
            self.update()
        text = self.describe(tile, at)
        self.setAccessibleDescription(text)
        self.described.emit(text)

    def describe(self, tile: int | None, at: tuple[int, int, int] | None = None) -> str:
        """A tile in words: its name, extremes and mean, and the weight under the mouse."""
        if self._mosaic is None or tile is None:
            return ""
        tiles = self._mosaic.tiles
        values = tiles.values[tile]
        least, most, mean = (number(v, ".4g") for v in (values.min(), values.max(), values.mean()))
        text = f"{tiles.names[tile]}: min {least}, max {most}, mean {mean}"
        if at is not None:
            _, row, column = at
            here = ", ".join(number(v, ".4g") for v in np.atleast_1d(values[row, column]))
            where = f"[{column}]" if tiles.kind == "vector" else f"[{row}, {column}]"
            text += f"; {where} = {here}"
        return text.replace("-", "−")


class ImageView(QScrollArea):
    """A canvas that fits its window until somebody zooms. Ctrl + wheel, + and − zoom, 0 fits again."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setProperty("paper", True)
        self.canvas = ImageCanvas()
        self.setWidget(self.canvas)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._fitted = True
        self._zoom = 1.0

    @property
    def zoom(self) -> float:
        """Screen pixels a weight."""
        return self._zoom

    def set_mosaic(self, mosaic: Mosaic | None) -> None:
        old = self.canvas.image().size()
        self.canvas.set_mosaic(mosaic)
        if self._fitted or self.canvas.image().size() != old:
            self.fit()

    def fit(self) -> None:
        """The largest scale at which everything is visible; whole pixels a weight where that is possible."""
        self._fitted = True
        size = self.canvas.image().size()
        if size.isEmpty():
            return
        room = self.maximumViewportSize() - QSize(4, 4)
        scale = min(room.width() / size.width(), room.height() / size.height(), _LARGEST)
        self._apply(float(np.floor(scale)) if scale >= 2 else max(scale, 0.05))

    def zoom_by(self, factor: float) -> None:
        self._fitted = False
        center = self.canvas.mapFrom(self.viewport(), self.viewport().rect().center())
        before = QPointF(center) / self._zoom
        self._apply(min(max(self._zoom * factor, 0.05), _LARGEST))
        after = before * self._zoom
        self.horizontalScrollBar().setValue(round(after.x() - self.viewport().width() / 2))
        self.verticalScrollBar().setValue(round(after.y() - self.viewport().height() / 2))

    def _apply(self, scale: float) -> None:
        self._zoom = scale
        self.canvas.set_scale(scale)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(_STEP ** (event.angleDelta().y() / 120))
            event.accept()
        else:
            super().wheelEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_by(_STEP)
            case Qt.Key.Key_Minus:
                self.zoom_by(1 / _STEP)
            case Qt.Key.Key_0:
                self.fit()
            case _:
                super().keyPressEvent(event)

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        if self._fitted:
            self.fit()


def _scaled(rect: QRectF, scale: float) -> QRectF:
    return QRectF(rect.x() * scale, rect.y() * scale, rect.width() * scale, rect.height() * scale)
