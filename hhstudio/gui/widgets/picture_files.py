"""Picture files of the tree, SVG and PNG, that carry the whole document: dropping one opens it."""

from __future__ import annotations

import html
import re
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QPainter, QPixmap
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsScene

from hhstudio.core.atomic_write import replacing
from hhstudio.core.errors import HHStudioError, SpecError
from hhstudio.core.ordinary_files import check_ordinary
from hhstudio.core.spec import interchange
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.gui.widgets import fonts

KEY = "hhstudio-spec"
"""Name of the text in a PNG, and id of the metadata in an SVG."""
LARGEST = 64 * 1024 * 1024
"""Bytes of a picture that is looked into."""
_MARGIN = 40.0
_SCALE = 2.0
_WIDEST = 16_000
"""Pixels of a PNG's longer side at most: larger trees are drawn smaller."""
_IN_SVG = re.compile(rf'<metadata id="{KEY}">(.*?)</metadata>', re.DOTALL)


def save(scene: QGraphicsScene, area: QRectF, background: QColor, spec: Spec, path: Path) -> None:
    """Draw what stands in ``area``, and put ``spec`` inside; the suffix is the format (.svg, .png).

    The old file stays whole until the new one is. Raises WriteError.
    """
    area = area.marginsAdded(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN))
    draw = _draw_svg if path.suffix.lower() == ".svg" else _draw_png
    with replacing(path) as picture:
        draw(scene, area, background, spec, picture)


def read(path: Path) -> Spec:
    """The document in a picture. Raises :class:`SpecError` where there is none."""
    try:
        status = path.stat()
        check_ordinary(status, path)
        if status.st_size > LARGEST:
            raise SpecError(f"{path}: a picture of {status.st_size >> 20} MB is not looked into")
        text = _from_svg(path) if path.suffix.lower() == ".svg" else QImageReader(str(path)).text(KEY)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None
    if not text:
        raise SpecError(f"{path}: this picture holds no hhstudio document")
    spec = interchange.decode(text, str(path))
    if not isinstance(spec, Spec):
        raise SpecError(f"{path}: this picture holds no hhstudio document")
    return spec


def write_png(image: QImage | QPixmap, path: Path) -> None:
    """Replace a file by a picture. Raises WriteError."""
    with replacing(path) as picture:
        # PySide6 takes the format as text, whatever its stubs say.
        if not image.save(str(picture), "PNG"):  # type: ignore[call-overload]
            raise OSError("the picture could not be encoded")


def _draw_png(scene: QGraphicsScene, area: QRectF, background: QColor, spec: Spec, path: Path) -> None:
    scale = min(_SCALE, _WIDEST / max(area.width(), area.height(), 1.0))
    size = QSize(max(round(area.width() * scale), 1), max(round(area.height() * scale), 1))
    image = QImage(size, QImage.Format.Format_ARGB32)
    if image.isNull():
        raise HHStudioError(f"{path}: there is not enough memory for a picture of this tree")
    image.fill(background)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    scene.render(painter, QRectF(image.rect()), area, Qt.AspectRatioMode.KeepAspectRatio)
    painter.end()
    image.setText(KEY, specs.encode(spec).decode())
    if not image.save(str(path)):
        raise OSError("the picture could not be encoded")


def _draw_svg(scene: QGraphicsScene, area: QRectF, background: QColor, spec: Spec, path: Path) -> None:
    writer = QSvgGenerator()
    writer.setFileName(str(path))
    writer.setTitle(spec.name)
    writer.setDescription("A tree of hypernetworks, drawn by hhstudio")
    box = QRectF(0, 0, area.width(), area.height())
    writer.setSize(box.size().toSize())
    writer.setViewBox(box)
    painter = QPainter(writer)
    painter.fillRect(box, background)
    scene.render(painter, box, area, Qt.AspectRatioMode.KeepAspectRatio)
    painter.end()
    fonts.embed(path)
    text = path.read_text(encoding="utf-8")
    inside = html.escape(specs.encode(spec).decode(), quote=False)
    end = text.rindex("</svg>")
    path.write_text(f'{text[:end]}<metadata id="{KEY}">{inside}</metadata>\n</svg>\n', encoding="utf-8")


def _from_svg(path: Path) -> str:
    match = _IN_SVG.search(path.read_text(encoding="utf-8", errors="replace"))
    return html.unescape(match[1]) if match else ""
