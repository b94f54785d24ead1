"""Pixels: arrays as pictures, and pictures as arrays."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage, QPixmap, Qt

from hhstudio.gui.widgets.colormap import accuracy_map


def image_of(pixels: np.ndarray) -> QImage:
    """(H, W, C) uint8 with one or three channels as a picture."""
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    if channels == 1:
        return QImage(pixels.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
    return QImage(pixels[..., :3].copy().data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def pixels_of(image: QImage) -> np.ndarray:
    """A picture as (H, W, 3) uint8."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    width, height = image.width(), image.height()
    rows = np.frombuffer(image.constBits(), np.uint8, count=image.sizeInBytes())
    return rows.reshape(height, image.bytesPerLine())[:, : 3 * width].reshape(height, width, 3).copy()


def enlarged(image: QImage, side: int) -> QPixmap:
    """At most ``side`` pixels high and wide, without smoothing, so that every pixel is seen."""
    factor = max(1, side // max(image.width(), image.height(), 1))
    return QPixmap.fromImage(
        image.scaled(image.size() * factor, mode=Qt.TransformationMode.FastTransformation)
    )


def maps_of(maps: np.ndarray, columns: int, dark: bool) -> QImage:
    """(N, h, w) feature maps side by side, each from its lowest to its highest value."""
    count, height, width = maps.shape
    columns = max(1, min(columns, count))
    rows = -(-count // columns)
    low = maps.min(axis=(1, 2), keepdims=True)
    reach = np.maximum(maps.max(axis=(1, 2), keepdims=True) - low, 1e-12)
    shades = np.nan_to_num(np.clip((maps - low) / reach, 0, 1) * 255).astype(np.uint8)
    sheet = np.zeros((rows * (height + 1), columns * (width + 1), 3), np.uint8)
    sheet[:] = (24, 28, 34) if dark else (225, 229, 234)
    table = accuracy_map(dark)
    for number in range(count):
        row, column = divmod(number, columns)
        at = (
            slice(row * (height + 1), row * (height + 1) + height),
            slice(column * (width + 1), column * (width + 1) + width),
        )
        sheet[at] = table[shades[number]]
    return image_of(sheet)
