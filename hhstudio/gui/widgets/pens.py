"""Pens, brushes and fonts of the canvas, made once for a theme, so that painting allocates nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPen
from PySide6.QtWidgets import QApplication

from hhstudio.gui.widgets.theme import Theme

DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
)

EDGE_WIDTHS = (1.6, 2.2, 3.0, 4.0, 5.2, 6.6)
"""Widths of edges on the active path, from the smallest gradient to the largest: steps, so that nothing
flickers."""


class Paints:
    """What the items of a scene paint with."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.card = QBrush(QColor(theme.panel))
        self.card_hover = QBrush(QColor(theme.raised))
        self.card_selected = QBrush(blend(theme.selection, theme.panel, 0.55))
        self.border = pen(theme.border, 1.2)
        self.border_hover = pen(theme.muted, 1.2)
        self.border_selected = pen(theme.accent, 2.0)
        self.border_glow = pen(theme.glow, 2.0)
        self.border_fresh = pen(theme.ok, 2.4)
        self.ghost = pen(theme.accent, 2.0, Qt.PenStyle.DashLine)
        self.frost = pen(theme.accent, 1.5)
        self.halo_fresh = tuple(pen(_faded(theme.ok, alpha), width) for alpha, width in ((34, 14), (64, 7)))
        self.halo = tuple(pen(_faded(theme.glow, alpha), width) for alpha, width in ((28, 14), (52, 7)))
        self.halo_edge = pen(_faded(theme.glow, 70), 8)
        self.edge = pen(theme.edge, 1.8)
        self.edge_direct = pen(theme.edge, 1.8, Qt.PenStyle.DashLine)
        self.edge_selected = pen(theme.accent, 2.6)
        self.edge_glow = pen(theme.glow, 2.6)
        self.edge_flows = tuple(pen(theme.glow, width) for width in EDGE_WIDTHS)
        self.edge_far = pen(theme.edge, 0, Qt.PenStyle.SolidLine)
        self.edge_draft = pen(theme.accent, 2.2, Qt.PenStyle.DashLine)
        self.edge_refused = pen(theme.error, 2.2, Qt.PenStyle.DashLine)
        self.text = pen(theme.text, 1)
        self.muted = pen(theme.muted, 1)
        self.on_accent = pen(theme.accent_text, 1.8)
        self.accent = QBrush(QColor(theme.accent))
        self.port = QBrush(QColor(theme.panel))
        self.port_pen = pen(theme.edge, 1.6)
        self.track = QBrush(QColor(theme.border))
        self.ok = QBrush(QColor(theme.ok))
        self.error = QBrush(QColor(theme.error))
        self.warn = QBrush(QColor(theme.warn))
        self.label = QBrush(QColor(theme.canvas))
        self.grid = pen(blend(theme.grid, theme.canvas, 0.6), 0)
        self.canvas = QBrush(QColor(theme.canvas))
        self.none = QPen(Qt.PenStyle.NoPen)
        self.hollow = QBrush(Qt.BrushStyle.NoBrush)
        self.kind = {
            "hypernetwork": QBrush(QColor(theme.node_hypernetwork)),
            "solver": QBrush(QColor(theme.node_solver)),
        }
        self.kind_pen = {kind: pen(brush.color(), 1.7) for kind, brush in self.kind.items()}
        self.tint = {kind: QBrush(_faded(brush.color(), 34)) for kind, brush in self.kind.items()}
        self.mid = {
            kind: QBrush(blend(brush.color(), theme.panel, 0.13)) for kind, brush in self.kind.items()
        }
        self.far = {
            kind: QBrush(blend(brush.color(), theme.panel, 0.55)) for kind, brush in self.kind.items()
        }
        self.far_named = {
            kind: QBrush(blend(brush.color(), theme.panel, 0.3)) for kind, brush in self.kind.items()
        }
        self.far_pen = {kind: pen(brush.color(), 3) for kind, brush in self.far.items()}
        self.task_pens = tuple(pen(*_task(theme, task)) for task in range(40))
        self.task_brushes = tuple(QBrush(each.color()) for each in self.task_pens)
        self.note_colors = _note_colors(theme)
        self.note_pens = {
            name: pen(blend(c, theme.canvas, 0.62), 1.4) for name, c in self.note_colors.items()
        }
        self.guide = pen(theme.glow, 0, Qt.PenStyle.DashLine)
        self.title_font = font(14, QFont.Weight.DemiBold)
        self.comment_font = font(12.5)
        self.title_metrics = QFontMetricsF(self.title_font)
        self.name_font = font(13, QFont.Weight.DemiBold)
        self.small_font = font(11)
        self.tiny_font = font(9.5)
        self.number_font = font(16, QFont.Weight.DemiBold)
        self.large_font = font(23, QFont.Weight.DemiBold)
        self.huge_font = font(40, QFont.Weight.DemiBold)
        self.middle_font = font(18)
        self.name_metrics = QFontMetricsF(self.name_font)
        self.small_metrics = QFontMetricsF(self.small_font)
        self.large_metrics = QFontMetricsF(self.large_font)
        self.huge_metrics = QFontMetricsF(self.huge_font)

    def task_pen(self, task: int) -> QPen:
        return self.task_pens[task % len(self.task_pens)]

    def task_brush(self, task: int) -> QBrush:
        return self.task_brushes[task % len(self.task_brushes)]


def _note_colors(theme: Theme) -> dict[str, QColor]:
    """What the colours of comments and frames are in a theme."""
    named = {
        "yellow": theme.glow,
        "blue": theme.accent,
        "green": theme.ok,
        "red": theme.error,
        "violet": theme.task_colors[3 if theme.dark else 2],
        "grey": theme.muted,
    }
    return {name: QColor(color) for name, color in named.items()}


def font(pixels: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The application's font at a size in canvas units."""
    sized = QFont(QApplication.font())
    sized.setPixelSize(max(1, round(pixels)))
    sized.setWeight(weight)
    return sized


def pen(color: str | QColor, width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    drawn = QPen(QColor(color), width, style, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    if width == 0:
        drawn.setCosmetic(True)
    return drawn


def blend(one: str | QColor, two: str | QColor, share: float) -> QColor:
    """A colour between two, ``share`` of the first."""
    a, b = QColor(one), QColor(two)
    ends = (a.redF(), b.redF()), (a.greenF(), b.greenF()), (a.blueF(), b.blueF())
    return QColor.fromRgbF(*(share * x + (1 - share) * y for x, y in ends))


def _faded(color: str | QColor, alpha: int) -> QColor:
    faded = QColor(color)
    faded.setAlpha(alpha)
    return faded


def _task(theme: Theme, task: int) -> tuple[str, float, Qt.PenStyle]:
    color, dash = theme.task_pen(task)
    return color, 1.6, DASHES[dash]
