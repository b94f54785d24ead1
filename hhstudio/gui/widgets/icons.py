"""Icons of the studio: SVG in ``resources/icons``, painted in a colour of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from hhstudio.core.resources import resource


@lru_cache(maxsize=256)
def icon(name: str, color: str, disabled: str | None = None) -> QIcon:
    """The icon of that name with ``currentColor`` replaced. Raises FileNotFoundError."""
    icon = QIcon()
    for size in (16, 20, 32, 64):
        icon.addPixmap(pixmap(name, color, size))
        if disabled:
            icon.addPixmap(pixmap(name, disabled, size), QIcon.Mode.Disabled)
    return icon


def pixmap(name: str, color: str, size: int) -> QPixmap:
    """The icon as ``size`` x ``size`` pixels. Raises FileNotFoundError."""
    text = _source(name).replace("currentColor", color)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    image = QPixmap(QSize(size, size))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return image


def part(name: str, dark: bool) -> str:
    """Path of a widget's part (``chevron``, ``check``), which a stylesheet can only name as a file."""
    return resource(f"icons/{name}-{'dark' if dark else 'light'}.svg").as_posix()


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return resource(f"icons/{name}.svg").read_text(encoding="utf-8")
