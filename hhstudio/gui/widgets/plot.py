"""Plot of a panel: axes, zooming with mouse and keys, and the position under the mouse."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont

from hhstudio.gui.widgets.markup import letters
from hhstudio.gui.widgets.plot_background import Backdrop
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_LEFT_MARGIN = 46  # the same for every panel, so that panels below each other line up
_ZOOM = 0.8


class CurveAxis(pg.AxisItem):
    """An axis that can show shares of 1 as percent, and counts as 12k rather than in powers."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation, maxTickLength=4 if orientation == "bottom" else 0)
        self.percent = False
        self.enableAutoSIPrefix(False)

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.percent:
            digits = 0 if spacing >= 0.01 else 1
            return [f"{100 * v:.{digits}f}%" if -1e-9 <= v <= 1 + 1e-9 else "" for v in values]
        if self.orientation == "bottom" and not self.logMode:
            return [_count(v, spacing) for v in values]
        return super().tickStrings(values, scale, spacing)

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        """On a log axis decades, with 2 and 5 between them where few decades are visible."""
        if not self.logMode:
            return super().tickValues(low, high, size)
        room = max(size / 24, 1)
        for digits in ((1, 2, 5), (1,)):
            decades = range(math.floor(low), math.ceil(high) + 1)
            ticks = [d + math.log10(k) for d in decades for k in digits]
            ticks = [t for t in ticks if low <= t <= high]
            if len(ticks) <= room:
                return [(1.0, ticks)]
        every = math.ceil((high - low) / room)
        return [(1.0, [t for t in ticks if round(t) % every == 0])]

    def logTickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        if self.orientation == "bottom":
            return [_count(float(f"{10.0**v:.3g}"), 0.0) for v in values]
        return [f"{10.0**v:.0e}".replace("e-0", "e-") if v < -2.5 else f"{10.0**v:.3g}" for v in values]


def _count(value: float, spacing: float) -> str:
    if abs(value) >= 10_000 or (spacing >= 1000 and value):
        return f"{value / 1000:g}k" if abs(value) < 1e6 else f"{value / 1e6:g}M"
    return f"{value:g}"


class CurveView(pg.ViewBox):
    """Dragging zooms into a rectangle, with Shift or the middle button it pans; Ctrl + wheel zooms.

    The plain wheel is left to the scroll area around the panels.
    """

    moved_by_hand = Signal()
    fit_wanted = Signal()

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.disableAutoRange()

    def wheelEvent(self, event, axis=None) -> None:  # type: ignore[no-untyped-def]
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        factor = _ZOOM ** (event.delta() / 120)
        center = pg.Point(pg.functions.invertQTransform(self.childGroup.transform()).map(event.pos()))
        self.scaleBy(x=factor, y=factor if axis == 1 else None, center=center)
        event.accept()
        self.moved_by_hand.emit()

    def mouseDragEvent(self, event, axis=None) -> None:  # type: ignore[no-untyped-def]
        left = event.button() == Qt.MouseButton.LeftButton
        pan = event.modifiers() & Qt.KeyboardModifier.ShiftModifier or not left
        self.state["mouseMode"] = pg.ViewBox.PanMode if pan else pg.ViewBox.RectMode
        super().mouseDragEvent(event, axis)
        if pan or event.isFinish():
            self.moved_by_hand.emit()

    def mouseDoubleClickEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        event.accept()
        self.fit_wanted.emit()

    def zoom(self, factor: float) -> None:
        """Zoom x about the middle."""
        self.scaleBy(x=factor, y=None)
        self.moved_by_hand.emit()

    def pan(self, share: float) -> None:
        """Move x by a share of what is visible."""
        (low, high), _ = self.viewRange()
        self.translateBy(x=share * (high - low))
        self.moved_by_hand.emit()


class Plot(Themed, pg.PlotWidget):
    """Emits the x under the mouse, and None when the mouse leaves."""

    hovered = Signal(object)

    def __init__(self) -> None:
        self.view = CurveView()
        self.axis_y, self.axis_x = CurveAxis("left"), CurveAxis("bottom")
        super().__init__(
            viewBox=self.view, axisItems={"left": self.axis_y, "bottom": self.axis_x}, enableMenu=False
        )
        self._name_x = ""
        menu = self.getPlotItem().ctrlMenu  # made without a parent, even where it is never shown
        menu.setParent(self, menu.windowFlags())
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hideButtons()
        self.axis_y.setWidth(_LEFT_MARGIN)
        for axis in (self.axis_x, self.axis_y):
            axis.setStyle(hideOverlappingLabels=False)
        self.getPlotItem().layout.setContentsMargins(0, 0, 14, 0)
        self.backdrop = Backdrop(self.axis_y)
        self.addItem(self.backdrop, ignoreBounds=True)
        self.follow_theme()

    def recolour(self) -> None:
        theme, small = current_theme(), QFont(self.font())
        small.setPixelSize(11)
        self.setBackground(QColor(theme.panel))
        for axis in (self.axis_x, self.axis_y):
            axis.setPen(pg.mkPen(theme.grid))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.setTickFont(small)
        rubber = QColor(theme.muted)
        self.view.rbScaleBox.setPen(pg.mkPen(rubber))
        rubber.setAlpha(40)
        self.view.rbScaleBox.setBrush(pg.mkBrush(rubber))
        self.backdrop.set_font(self.font())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._worn is not None:
            self.recolour()

    def set_scales(self, percent: bool, log: bool, log_x: bool = False) -> None:
        if log_x != self.axis_x.logMode:
            self.axis_x.setLogMode(x=log_x)
            self.axis_x.picture = None
            self.axis_x.update()
        if (percent, log) != (self.axis_y.percent, self.axis_y.logMode):
            self.axis_y.percent = percent
            self.axis_y.setLogMode(y=log)
            self.axis_y.picture = None
            self.axis_y.update()

    def set_ranges(self, x: tuple[float, float], y: tuple[float, float] | None) -> None:
        """Show these ranges; nothing is done (and no axis drawn again) where they are shown already."""
        now_x, now_y = self.view.viewRange()
        if tuple(now_x) != x:
            self.setXRange(*x, padding=0)
        if y is not None and tuple(now_y) != y:
            self.setYRange(*y, padding=0)

    def name_x(self, name: str) -> None:
        """The x axis' name; "" takes no room."""
        if name != self._name_x:
            self._name_x = name
            self.axis_x.setLabel(letters(name))
            self.axis_x.showLabel(bool(name))

    def to_pixels(self, x: float, y: float) -> QPointF:
        """A point of the plot in this widget's coordinates."""
        return QPointF(self.mapFromScene(self.view.mapViewToScene(QPointF(x, y))))

    def area(self) -> QRectF:
        """The rectangle of the curves, in this widget's coordinates."""
        return QRectF(self.mapFromScene(self.view.sceneBoundingRect()).boundingRect())

    def mouseMoveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """The scene passes over moves that follow each other fast; the crosshair must not miss the last."""
        super().mouseMoveEvent(event)
        position = self.mapToScene(event.position().toPoint())
        inside = self.view.sceneBoundingRect().contains(position)
        self.hovered.emit(self.view.mapSceneToView(position).x() if inside else None)

    def leaveEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().leaveEvent(event)
        self.hovered.emit(None)
