"""Colour bar of the weights, with labels and their histogram on the same scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.colormap import signed_map
from hhstudio.gui.widgets.theme import current_theme

_BINS = 81  # odd, so that one bin is centred on zero


class ScaleHistogram(QWidget):
    """How often each value occurs (log of the count), above the colours that stand for it.

    Limits of None: every tile has its own scale, so the ends of the bar have no single number.
    """

    def __init__(self) -> None:
        super().__init__()
        self._counts = np.zeros(_BINS, int)
        self._limit: float | None = None
        self._spread = 1.0
        self._colored = False
        self.setToolTip("Histogram of the shown weights (logarithmic), over the colour scale")

    @property
    def limit(self) -> float | None:
        """The absolute value at the ends of the bar."""
        return self._limit

    @property
    def counts(self) -> np.ndarray:
        """Weights in each of the bins from -spread to +spread."""
        return self._counts

    def set_values(self, values: np.ndarray, limit: float | None, colored: bool) -> None:
        """``colored``: red, green and blue filters, which the signed bar does not describe."""
        finite = values[np.isfinite(values)]
        self._spread = max(float(np.abs(finite).max(initial=0.0)), 1e-12) if limit is None else limit or 1e-12
        self._counts, _ = np.histogram(finite, bins=_BINS, range=(-self._spread, self._spread))
        self._limit, self._colored = limit, colored
        ends = "each tile has its own scale" if limit is None else f"from {-limit:.4g} to {limit:.4g}"
        self.setAccessibleName(f"Histogram and colour scale, {ends}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 70)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 64)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        theme = current_theme()
        font = QFont(self.font())
        font.setPixelSize(10)
        painter.setFont(font)
        wide = QRectF(8, 2, self.width() - 16, self.height() - 30)
        peak = np.log1p(max(int(self._counts.max()), 1))
        bar = wide.width() / _BINS
        for number, count in enumerate(self._counts.tolist()):
            if count:
                tall = wide.height() * float(np.log1p(count)) / peak
                rect = QRectF(wide.left() + number * bar, wide.bottom() - tall, max(bar - 0.6, 0.8), tall)
                painter.fillRect(rect, QColor(theme.muted))
        strip = QRectF(wide.left(), wide.bottom() + 2, wide.width(), 9)
        if self._colored:
            grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
            table = np.ascontiguousarray(grey)
        else:
            table = signed_map(theme.dark)
        painter.drawImage(strip, QImage(table.data, 256, 1, 768, QImage.Format.Format_RGB888))
        painter.setPen(QColor(theme.border))
        painter.drawRect(strip)
        painter.setPen(QColor(theme.muted))
        labels = QRectF(wide.left() - 6, strip.bottom() + 1, wide.width() + 12, 15)
        own = self._limit is None
        low, high = ("min", "max") if own else (f"−{self._limit:.3g}", f"{self._limit:.3g}")
        painter.drawText(labels, Qt.AlignmentFlag.AlignLeft, low)
        middle = "0 · own scale per tile" if own else "0 · red, green, blue each" if self._colored else "0"
        painter.drawText(labels, Qt.AlignmentFlag.AlignHCenter, middle)
        painter.drawText(labels, Qt.AlignmentFlag.AlignRight, high)
