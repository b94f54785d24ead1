"""Card of one node: kind, name, sizes, and the activity of its path."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF, QStaticText
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from hhstudio.core.formatting import percent
from hhstudio.core.tree.tidy_layout import Orientation
from hhstudio.gui.state.path_activity import PathActivity
from hhstudio.gui.views.tree.canvas.node_glyphs import paint_fold, paint_frost, paint_pin
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.node_text import NodeText
from hhstudio.gui.widgets.pens import Paints

WIDTH, HEIGHT, RADIUS = 208.0, 92.0, 11.0
PORT = 5.0
PORT_REACH = 13.0
"""How far from the card's edge a press still means its slots, canvas units."""

NAMED, FAR, NEAR = 0.18, 0.28, 0.68
"""Levels of detail: below FAR a card is a coloured block, from NAMED on with its name; below NEAR it says
little, but large."""

_CARD = QRectF(-WIDTH / 2, -HEIGHT / 2, WIDTH, HEIGHT)
_BOUNDS = _CARD.adjusted(-12, -12, 12, 12)
_ICON = QRectF(_CARD.left() + 12, _CARD.top() + 12, 30, 30)
_SPARK = QRectF(_CARD.left() + 92, _CARD.top() + 52, WIDTH - 92 - 14, 22)
_BAR = QRectF(_CARD.left() + 14, _CARD.bottom() - 10, WIDTH - 28, 3.5)
_BADGE = QRectF(_CARD.right() - 26, _CARD.top() + 10, 16, 16)
_FROST = QRectF(_CARD.right() - 26, _CARD.top() + 30, 16, 16)
_PIN = QRectF(_CARD.right() - 24, _CARD.bottom() - 26, 14, 13)
_FOLD = QRectF(_CARD.right() - 26, -11, 36, 22)


class NodeItem(QGraphicsItem):
    """Draws a card around its position. Holds the node's id and what to paint, never the node."""

    def __init__(self, node_id: str, paints: Paints) -> None:
        super().__init__()
        self.node_id = node_id
        self.paints = paints
        self.text = NodeText("hypernetwork", "", "", "")
        self.activity = PathActivity()
        self.orientation: Orientation = "horizontal"
        self.hovered = self.verdict_ok = self.verdict_bad = self.on_active_path = False
        self.ghost = self.doomed = self.fresh = False
        self.folded = 0
        self._name, self._large, self._subtitle = QStaticText(), QStaticText(), QStaticText()
        self._huge, self._huge_at = QStaticText(), QPointF()
        self._detail: tuple[QStaticText, ...] = ()
        self._short, self._large_number = QStaticText(), QStaticText()
        self._number, self._caption = QStaticText(), QStaticText()
        self._spark = QPolygonF()
        self._bars: tuple[tuple[int, QLineF], ...] = ()
        titles = (self._name, self._large, self._huge, self._subtitle, self._short)
        for text in (*titles, self._large_number, self._number, self._caption):
            text.setTextFormat(Qt.TextFormat.PlainText)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.setZValue(1)

    # what it shows -------------------------------------------------------------------------------------

    def show_text(self, text: NodeText) -> None:
        if text == self.text:
            return
        self.text = text
        self._write()
        self.update()

    def show_activity(self, activity: PathActivity) -> None:
        self.activity = activity
        self._number.setText("" if activity.accuracy is None else percent(activity.accuracy))
        self._large_number.setText(self._number.text().replace("100.0", "100"))  # as wide as 99.9
        self._caption.setText(activity.caption)
        spark = activity.spark if len(activity.spark) > 1 else ()
        step = _SPARK.width() / max(1, len(spark) - 1)
        self._spark = QPolygonF(
            [
                QPointF(_SPARK.left() + i * step, _SPARK.bottom() - v * _SPARK.height())
                for i, v in enumerate(spark)
            ]
        )
        width = _SPARK.width() / max(6, len(activity.bars))
        self._bars = tuple(
            (task, QLineF(x, _SPARK.bottom(), x, _SPARK.bottom() - max(1.0, value * _SPARK.height())))
            for i, (task, value) in enumerate(activity.bars)
            if (x := _SPARK.right() - (len(activity.bars) - i - 0.5) * width)
        )
        self._show_tip()
        self.update()

    def show_paints(self, paints: Paints) -> None:
        self.paints = paints
        self._write()
        self.update()

    def show_state(self, **flags: bool | int) -> None:
        """Set ``hovered``, ``verdict_ok``, ``verdict_bad``, ``on_active_path``, ``ghost`` (only thought of),
        ``doomed`` (about to go), ``fresh`` (has just grown) or ``folded`` (how many nodes it hides); paints
        only on change."""
        for name, value in flags.items():
            if getattr(self, name) != value:
                setattr(self, name, value)
                self.update()

    def _write(self) -> None:
        paints, text = self.paints, self.text
        room = WIDTH - 52 - (32 if text.badge else 14)
        elide = Qt.TextElideMode.ElideRight
        self._name.setText(paints.name_metrics.elidedText(text.name, elide, room))
        self._large.setText(paints.large_metrics.elidedText(text.name, elide, room))
        huge = paints.huge_metrics.elidedText(text.name, elide, WIDTH - 24)
        self._huge.setText(huge)
        metrics = paints.huge_metrics
        self._huge_at = QPointF(-metrics.horizontalAdvance(huge) / 2, -metrics.height() / 2)
        self._short.setText(text.short)
        self._subtitle.setText(paints.small_metrics.elidedText(text.subtitle, elide, WIDTH - 66))
        lines = [paints.small_metrics.elidedText(line, elide, WIDTH - 28) for line in text.detail.split("\n")]
        self._detail = tuple(QStaticText(line) for line in lines)
        for line in self._detail:
            line.setTextFormat(Qt.TextFormat.PlainText)
        self._show_tip()

    def _show_tip(self) -> None:
        self.setToolTip(plain("\n".join(filter(None, [self.text.spoken, self.activity.spoken]))))

    # where its slots are -------------------------------------------------------------------------------

    def slot_point(self, index: int, count: int) -> QPointF:
        """Where slot ``index`` of ``count`` leaves the card, in scene coordinates."""
        share = (index + 1) / (count + 1) - 0.5
        if self.orientation == "horizontal":
            return self.pos() + QPointF(WIDTH / 2, share * (HEIGHT - 16))
        return self.pos() + QPointF(share * (WIDTH - 24), HEIGHT / 2)

    def entry_point(self) -> QPointF:
        """Where the slot that generates this node arrives, in scene coordinates."""
        if self.orientation == "horizontal":
            return self.pos() - QPointF(WIDTH / 2, 0)
        return self.pos() - QPointF(0, HEIGHT / 2)

    def is_at_slots(self, at: QPointF) -> bool:
        """Whether a scene position is on the side where slots leave (hypernetworks only)."""
        if self.text.kind != "hypernetwork":
            return False
        local = at - self.pos()
        if self.orientation == "horizontal":
            return abs(local.x() - WIDTH / 2) <= PORT_REACH and abs(local.y()) <= HEIGHT / 2
        return abs(local.y() - HEIGHT / 2) <= PORT_REACH and abs(local.x()) <= WIDTH / 2

    def is_at_badge(self, at: QPointF) -> bool:
        """Whether a scene position is on the mark of a problem."""
        return bool(self.text.badge) and _BADGE.adjusted(-4, -4, 4, 4).contains(at - self.pos())

    def is_at_fold(self, at: QPointF) -> bool:
        """Whether a scene position is on the number of nodes that are folded away."""
        return self.folded > 0 and _FOLD.contains(at - self.pos())

    # painting ------------------------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        return _BOUNDS

    def shape(self) -> QPainterPath:
        return _SHAPE

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        detail = painter.worldTransform().m11()  # the view never turns
        if self.ghost:
            painter.setOpacity(0.75)
        if detail < FAR:
            self._paint_far(painter, detail >= NAMED)
            return
        near = detail >= NEAR
        self._paint_card(painter, near)
        self._paint_icon(painter)
        if near:
            self._paint_name(painter)
            if self.activity.accuracy is not None or self.activity.active:
                self._paint_activity(painter)
            else:
                self._paint_detail(painter)
        else:
            self._paint_middle(painter)
        if self.text.badge:
            self._paint_badge(painter)
        if self.text.frozen:
            paint_frost(painter, self.paints, _FROST)
        if self.text.pinned and detail >= FAR:
            paint_pin(painter, self.paints, _PIN)
        if self.folded:
            paint_fold(painter, self.paints, _FOLD, self.folded)

    def _paint_far(self, painter: QPainter, named: bool) -> None:
        paints, kind = self.paints, self.text.kind
        glows = self.activity.active or self.on_active_path
        border = paints.border_selected if self.isSelected() else paints.border_glow if glows else paints.none
        if self.ghost or self.fresh:
            border = paints.ghost if self.ghost else paints.border_fresh
        if self.doomed:
            border = paints.edge_refused
        painter.setPen(paints.far_pen[kind] if named and border is paints.none else border)
        painter.setBrush(paints.far_named[kind] if named else paints.far[kind])
        painter.drawRect(_CARD)
        if named:
            painter.setPen(paints.text)
            painter.setFont(paints.huge_font)
            painter.drawStaticText(self._huge_at, self._huge)
        if self.activity.accuracy is not None:
            self._paint_bar(painter)

    def _paint_card(self, painter: QPainter, near: bool) -> None:
        paints = self.paints
        glows = self.activity.active or self.on_active_path
        if glows or self.fresh:
            painter.setBrush(paints.hollow)
            for halo in paints.halo_fresh if self.fresh else paints.halo:
                painter.setPen(halo)
                painter.drawRoundedRect(_CARD, RADIUS, RADIUS)
        selected = self.isSelected()
        border = paints.border
        if self.verdict_bad or self.doomed:
            border = paints.edge_refused
        elif selected or self.verdict_ok:
            border = paints.border_selected
        elif self.ghost:
            border = paints.ghost
        elif self.fresh:
            border = paints.border_fresh
        elif glows:
            border = paints.border_glow
        elif self.hovered:
            border = paints.border_hover
        painter.setPen(border)
        brush = paints.card if near else paints.mid[self.text.kind]
        if selected or self.hovered:
            brush = paints.card_selected if selected else paints.card_hover
        painter.setBrush(brush)
        painter.drawRoundedRect(_CARD, RADIUS, RADIUS)

    def _paint_icon(self, painter: QPainter) -> None:
        paints, kind = self.paints, self.text.kind
        painter.setPen(paints.none)
        painter.setBrush(paints.tint[kind])
        painter.drawRoundedRect(_ICON, 8, 8)
        painter.setPen(paints.kind_pen[kind])
        painter.setBrush(paints.kind[kind] if self.text.root else paints.hollow)
        painter.drawPath(_HYPERNETWORK if kind == "hypernetwork" else _SOLVER)

    def _paint_middle(self, painter: QPainter) -> None:
        """What can be read at half size: the name, and the accuracy or else the size."""
        paints, activity = self.paints, self.activity
        painter.setPen(paints.text)
        painter.setFont(paints.large_font)
        painter.drawStaticText(QPointF(_CARD.left() + 52, _CARD.top() + 11), self._large)
        if activity.accuracy is None and not activity.active:
            painter.setPen(paints.muted)
            painter.setFont(paints.middle_font)
            painter.drawStaticText(QPointF(_CARD.left() + 14, _CARD.top() + 54), self._short)
            return
        painter.drawStaticText(QPointF(_CARD.left() + 14, _CARD.top() + 48), self._large_number)
        self._paint_curve(painter)
        self._paint_bar(painter)

    def _paint_name(self, painter: QPainter) -> None:
        paints = self.paints
        painter.setPen(paints.text)
        painter.setFont(paints.name_font)
        painter.drawStaticText(QPointF(_CARD.left() + 52, _CARD.top() + 10), self._name)
        painter.setPen(paints.muted)
        painter.setFont(paints.small_font)
        painter.drawStaticText(QPointF(_CARD.left() + 52, _CARD.top() + 28), self._subtitle)

    def _paint_detail(self, painter: QPainter) -> None:
        painter.setPen(self.paints.muted)
        painter.setFont(self.paints.small_font)
        for line, text in enumerate(self._detail):
            painter.drawStaticText(QPointF(_CARD.left() + 14, _CARD.top() + 52 + 16 * line), text)

    def _paint_activity(self, painter: QPainter) -> None:
        paints = self.paints
        painter.setPen(paints.text)
        painter.setFont(paints.number_font)
        painter.drawStaticText(QPointF(_CARD.left() + 14, _CARD.top() + 48), self._number)
        painter.setPen(paints.muted)
        painter.setFont(paints.tiny_font)
        painter.drawStaticText(QPointF(_CARD.left() + 14, _CARD.top() + 66), self._caption)
        self._paint_curve(painter)
        self._paint_bar(painter)

    def _paint_curve(self, painter: QPainter) -> None:
        """The sparkline, or a bar a task."""
        paints, activity = self.paints, self.activity
        if self._spark.size() > 1:
            painter.setPen(paints.task_pen(activity.task or 0))
            painter.setBrush(paints.hollow)
            painter.drawPolyline(self._spark)
        for task, line in self._bars:
            width = min(8.0, 0.6 * _SPARK.width() / max(6, len(self._bars)))
            top = QRectF(line.x2() - width / 2, line.y2(), width, line.y1() - line.y2())
            painter.fillRect(top, paints.task_brush(task))

    def _paint_bar(self, painter: QPainter) -> None:
        painter.setPen(self.paints.none)
        painter.setBrush(self.paints.track)
        painter.drawRoundedRect(_BAR, 1.7, 1.7)
        if self.activity.accuracy:
            painter.setBrush(self.paints.kind[self.text.kind])
            filled = QRectF(
                _BAR.left(), _BAR.top(), _BAR.width() * min(1.0, self.activity.accuracy), _BAR.height()
            )
            painter.drawRoundedRect(filled, 1.7, 1.7)

    def _paint_badge(self, painter: QPainter) -> None:
        painter.setPen(self.paints.none)
        painter.setBrush(self.paints.error if self.text.badge == "error" else self.paints.warn)
        painter.drawEllipse(_BADGE)
        painter.setPen(self.paints.on_accent)
        middle = _BADGE.center()
        painter.drawLine(QPointF(middle.x(), middle.y() - 4), QPointF(middle.x(), middle.y() + 1))
        painter.drawPoint(QPointF(middle.x(), middle.y() + 4.4))


def _card_shape() -> QPainterPath:
    path = QPainterPath()
    path.addRoundedRect(_CARD, RADIUS, RADIUS)
    return path


def _hypernetwork_glyph() -> QPainterPath:
    """One dot that fans out to three: a network that generates networks."""
    path, at = QPainterPath(), _ICON.center()
    source = at + QPointF(-7.5, 0)
    path.addEllipse(source, 2.6, 2.6)
    for target in (QPointF(7.5, -7), QPointF(7.5, 0), QPointF(7.5, 7)):
        path.moveTo(source + QPointF(2.6, 0))
        path.lineTo(at + target - QPointF(2.2, 0))
        path.addEllipse(at + target, 2.2, 2.2)
    return path


def _solver_glyph() -> QPainterPath:
    """Three layers, smaller and smaller."""
    path, at = QPainterPath(), _ICON.center()
    for x, half in ((-8.0, 8.0), (-1.5, 5.5), (5.0, 3.0)):
        path.addRoundedRect(QRectF(at.x() + x, at.y() - half, 3.6, 2 * half), 1.4, 1.4)
    return path


_SHAPE = _card_shape()
_HYPERNETWORK = _hypernetwork_glyph()
_SOLVER = _solver_glyph()
