"""Edge of one slot: a curve from a hypernetwork to what it generates."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker, QStaticText
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from hhstudio.core.tree.tidy_layout import Orientation
from hhstudio.gui.views.tree.canvas.node_item import PORT
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.node_text import EdgeText
from hhstudio.gui.widgets.pens import Paints

LABEL_FROM = 0.85
"""Level of detail from which the link's mode is written on the edge."""
CURVED_FROM = 0.16
"""Below this level of detail edges are straight hairlines."""
_MARGIN = 10.0


class EdgeItem(QGraphicsItem):
    """A curve between two points that the scene gives it; its own zero is at its source. Holds the slot's
    id, never the slot."""

    def __init__(self, slot_id: str, paints: Paints) -> None:
        super().__init__()
        self.slot_id = slot_id
        self.paints = paints
        self.text = EdgeText("", False, "")
        self.glows = self.hovered = self.ghost = False
        self.flow = -1
        self._label = QStaticText()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._curve, self._bounds = QPainterPath(), QRectF()
        self._span, self._line = QPointF(), QLineF()
        self._orientation: Orientation = "horizontal"
        self._tag, self._text_at = QRectF(), QPointF()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setZValue(0)

    def show_text(self, text: EdgeText) -> None:
        if text != self.text:
            self.prepareGeometryChange()
            self.text = text
            self._label.setText(text.label)
            self.setToolTip(plain(text.tip))
            self._measure_label()
            self._place_label()

    def show_paints(self, paints: Paints) -> None:
        self.paints = paints
        self._measure_label()
        self._place_label()
        self.update()

    def show_state(self, **flags: bool | int) -> None:
        """Set ``glows``, ``hovered``, ``ghost`` (only thought of) or ``flow`` (which width the gradient gives
        it, -1 none); paints only on change."""
        for name, value in flags.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.update()

    def stretch(self, start: QPointF, end: QPointF, orientation: Orientation) -> None:
        """Draw from ``start`` to ``end``, both in scene coordinates. An edge whose ends move alike only
        moves, which is cheap."""
        span = end - start
        if span != self._span or orientation != self._orientation:
            self.prepareGeometryChange()
            self._span, self._orientation = span, orientation
            self._line.setPoints(QPointF(), span)
            self._curve = curve(QPointF(), span, orientation)
            self._place_label()
        if start != self.pos():
            self.setPos(start)

    def point(self, share: float) -> QPointF:
        """A point of the curve, from 0 at the source to 1 at the target, in scene coordinates."""
        return self.pos() + self._curve.pointAtPercent(share)

    def _measure_label(self) -> None:
        self._label.prepare(font=self.paints.tiny_font)
        size = self._label.size()
        self._tag = QRectF(0, 0, size.width() + 10, size.height() + 2)

    def _place_label(self) -> None:
        self._bounds = self._curve.controlPointRect().adjusted(-_MARGIN, -_MARGIN, _MARGIN, _MARGIN)
        self._tag.moveCenter(self._span / 2)
        self._text_at = self._tag.topLeft() + QPointF(5, 1)
        self._bounds = self._bounds.united(self._tag)

    def boundingRect(self) -> QRectF:
        return self._bounds

    def shape(self) -> QPainterPath:
        stroker = QPainterPathStroker()
        stroker.setWidth(12)
        return stroker.createStroke(self._curve)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        detail = painter.worldTransform().m11()  # the view never turns
        paints = self.paints
        if detail < CURVED_FROM:
            painter.setPen(paints.border_glow if self.glows else paints.edge_far)
            painter.drawLine(self._line)
            return
        painter.setBrush(paints.hollow)
        if self.glows:
            painter.setPen(paints.halo_edge)
            painter.drawPath(self._curve)
        chosen = paints.edge_direct if self.text.direct else paints.edge
        if self.isSelected() or self.hovered:
            chosen = paints.edge_selected
        elif self.ghost:
            chosen = paints.ghost
        elif self.glows:
            chosen = paints.edge_flows[self.flow] if self.flow >= 0 else paints.edge_glow
        painter.setPen(chosen)
        painter.drawPath(self._curve)
        painter.setPen(paints.port_pen)
        painter.setBrush(paints.port)
        painter.drawEllipse(QPointF(), PORT, PORT)
        painter.setBrush(paints.track)
        painter.drawEllipse(self._span, PORT - 1.5, PORT - 1.5)
        if detail >= LABEL_FROM and self.text.label and self._room():
            painter.setPen(paints.none)
            painter.setBrush(paints.label)
            painter.drawRoundedRect(self._tag, 5, 5)
            painter.setPen(paints.muted)
            painter.setFont(paints.tiny_font)
            painter.drawStaticText(self._text_at, self._label)

    def _room(self) -> bool:
        """Whether the label fits between the cards."""
        gap = self._span
        return max(abs(gap.x()) - self._tag.width(), abs(gap.y()) - 3 * self._tag.height()) > 8


def curve(start: QPointF, end: QPointF, orientation: Orientation) -> QPainterPath:
    """A cubic that leaves and arrives along the direction in which the tree grows."""
    path = QPainterPath(start)
    if orientation == "horizontal":
        reach = max(44.0, abs(end.x() - start.x()) * 0.48)
        path.cubicTo(start + QPointF(reach, 0), end - QPointF(reach, 0), end)
    else:
        reach = max(44.0, abs(end.y() - start.y()) * 0.48)
        path.cubicTo(start + QPointF(0, reach), end - QPointF(0, reach), end)
    return path
