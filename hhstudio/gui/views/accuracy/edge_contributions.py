"""Edge contributions on a path: a bar of accuracy lost without what an edge generates."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QFrame, QWidget

from hhstudio.core.formatting import percent, short_count
from hhstudio.core.run.edge_contributions import ALL, BYPASSED, EdgeContribution, contributions
from hhstudio.core.run.history import History
from hhstudio.core.spec.costs import ParameterCount
from hhstudio.gui.views.accuracy.arrangement import MARGIN, TITLE
from hhstudio.gui.views.accuracy.tables import points_text
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.elided_label import ElidedLabel
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.theme import current_theme

ROW, NOTE = 22, 17
"""Pixels a row of a bar and a line of text below the bars take."""
_VALUE = 58
BYPASSED_TIP = (
    f"Without what is generated here the path loses less than {100 * BYPASSED:g} point of accuracy. "
    "Anchors or other contributions do the work, so the edge is bypassed."
)


class ContributionRow(QWidget):
    """One contribution: its ends, a bar, points of accuracy. Hover or focus says it in a sentence."""

    described = Signal(str)

    def __init__(self, path: str, contribution: EdgeContribution, parent: QWidget) -> None:
        super().__init__(parent)
        self.contribution = contribution
        self._title, self._most = 0, 0.1
        self.sentence = _sentence(path, contribution)
        if contribution.bypassed:
            glossary.explain(self, "Bypassed", f"{self.sentence}\n\n{BYPASSED_TIP}")
        else:
            glossary.explain(self, "Edge contribution", self.sentence)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(contribution.title)
        self.setAccessibleDescription(self.sentence)

    def show_as(self, title_width: int, most: float) -> None:
        """``most``: accuracy lost that fills the whole bar."""
        self._title, self._most = title_width, most
        self.update()

    def title_hint(self) -> int:
        """Pixels that the title takes."""
        return QFontMetrics(self._font()).horizontalAdvance(self.contribution.title) + 2

    def bar(self) -> QRectF:
        """The filled part of the bar, in pixels of this widget."""
        track = self._track()
        share = min(max(self.contribution.lost / self._most, 0.0), 1.0)
        return QRectF(track.left(), track.top(), share * track.width(), track.height())

    def _track(self) -> QRectF:
        left = self._title + 8
        return QRectF(left, self.height() / 2 - 4, max(self.width() - left - _VALUE - 4, 8), 8)

    def _font(self, bold: bool = False) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(11)
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font

    def paintEvent(self, _event: object) -> None:
        theme, contribution = current_theme(), self.contribution
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole, middle = QRectF(self.rect()), Qt.AlignmentFlag.AlignVCenter
        painter.setFont(self._font())
        painter.setPen(QColor(theme.text))
        title = QFontMetrics(painter.font()).elidedText(
            contribution.title, Qt.TextElideMode.ElideMiddle, self._title
        )
        painter.drawText(whole, middle | Qt.AlignmentFlag.AlignLeft, title)
        track, bar = self._track(), self.bar()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.grid))
        painter.drawRoundedRect(track, 3, 3)
        if bar.width() > 0:
            plain = theme.muted if contribution.key == ALL else theme.node_hypernetwork
            painter.setBrush(QColor(theme.warn if contribution.bypassed else plain))
            painter.drawRoundedRect(bar.adjusted(0, 0, max(0.0, 3 - bar.width()), 0), 3, 3)
        if contribution.bypassed:
            self._paint_flag(painter, track, bar)
        painter.setFont(self._font(bold=True))
        painter.setPen(QColor(theme.warn if contribution.bypassed else theme.text))
        painter.drawText(whole, middle | Qt.AlignmentFlag.AlignRight, points_text(contribution.lost))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _paint_flag(self, painter: QPainter, track: QRectF, bar: QRectF) -> None:
        width = QFontMetrics(painter.font()).horizontalAdvance("bypassed") + 12
        place = QRectF(max(bar.right() + 6, track.left() + 8), 2, width, self.height() - 4)
        if place.right() > track.right():
            return
        painter.setBrush(QColor(current_theme().panel))
        painter.setPen(QPen(QColor(current_theme().warn), 1))
        painter.drawRoundedRect(place.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "bypassed")

    def enterEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().enterEvent(event)
        self.described.emit(self.sentence)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.described.emit("")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.described.emit(self.sentence)


class ContributionCard(QFrame):
    """All contributions on one path, what is left without them, and what the path stores and generates."""

    described = Signal(str)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self._most = 0.1
        self.rows: list[ContributionRow] = []
        self.setProperty("card", True)
        self.title = ElidedLabel(path, self)
        self.title.setProperty("title", True)
        self.remaining = TextLabel(parent=self)
        self.counts = TextLabel(parent=self)
        for label in (self.remaining, self.counts):
            label.setProperty("note", True)
        self._counts: tuple[str, str] = ("", "")
        self.lay_out(self.width())

    def show_history(self, history: History, most: float) -> None:
        """``most``: accuracy lost that fills a bar, the same on all paths."""
        edges = contributions(history, self.path)
        if [row.contribution for row in self.rows] != edges:
            for row in self.rows:
                row.setParent(None)
                row.deleteLater()
            self.rows = [ContributionRow(self.path, contribution, self) for contribution in edges]
            for row in self.rows:
                row.described.connect(self.described)
                row.show()
        self._most = most
        text, tip = _remaining(history, self.path, edges)
        self.remaining.setText(text)
        self.remaining.setToolTip(plain(tip))
        self._counts = _counts(history.parameters, self.path)
        self.lay_out(self.width())

    def sizeHint(self) -> QSize:
        notes = sum(bool(text) for text in (self.remaining.text(), self._counts[0]))
        return QSize(300, MARGIN + TITLE + ROW * len(self.rows) + 4 + NOTE * notes + MARGIN - 2)

    def set_alone(self, alone: bool) -> None:
        """Below a matrix of the same path the title need not say the path again."""
        self.title.setText("Accuracy lost without what an edge generates" if alone else self.path)

    def lay_out(self, width: int) -> None:
        """Take the height that a width needs."""
        self.resize(width, self.sizeHint().height())
        inner = width - 2 * MARGIN
        self.title.setGeometry(MARGIN, 7, inner, 18)
        title_width = min(max((row.title_hint() for row in self.rows), default=0), inner * 45 // 100)
        y = MARGIN + TITLE
        for row in self.rows:
            row.setGeometry(MARGIN, y, inner, ROW)
            row.show_as(title_width, self._most)
            y += ROW
        y += 4
        short, full = self._counts
        fits = self.counts.fontMetrics().horizontalAdvance(full) <= inner
        self.counts.setText(full if fits else short)
        self.counts.setToolTip(plain("" if fits else full))
        for label in (self.remaining, self.counts):
            label.setVisible(bool(label.text()))
            if label.text():
                label.setGeometry(MARGIN, y, inner, NOTE)
                y += NOTE


def full_bar(by_path: Iterable[list[EdgeContribution]]) -> float:
    """Accuracy lost at the end of all bars: the largest contribution, up to a full ten."""
    most = max((contribution.lost for edges in by_path for contribution in edges), default=0.0)
    return max(math.ceil(10 * most - 1e-6) / 10, 0.1)


def _sentence(path: str, contribution: EdgeContribution) -> str:
    what = "anything generated" if contribution.key == ALL else f"what {contribution.title} generates"
    change = (
        f"falls by {points_text(contribution.lost)}"
        if contribution.lost >= 0
        else f"rises by {points_text(-contribution.lost)}"
    )
    return f"{path}: without {what} the mean accuracy over its tasks {change}"


def _remaining(history: History, path: str, edges: list[EdgeContribution]) -> tuple[str, str]:
    """What is left of the accuracy with everything generated taken out, and what that means."""
    average = history.summary(path).left
    whole = next((contribution.lost for contribution in edges if contribution.key == ALL), None)
    if average is None or whole is None:
        return "", ""
    left = percent(average - whole)
    if _anchored(history, path):
        return (
            f"The anchors alone reach {left} of {percent(average)}",
            "Mean accuracy over the path's tasks with every generated part set to zero",
        )
    return (
        f"Without anything generated {left} remain, of {percent(average)}",
        "No edge of this path has an anchor: what remains is chance",
    )


def _anchored(history: History, path: str) -> bool:
    spec, topology = history.spec, history.topology
    if spec is None or topology is None:
        return False
    slots = next((each.slots for each in topology.paths if each.name == path), ())
    links = (topology.slot_by_id[slot].link for slot in slots)
    return any(((link and link.mode) or spec.link.mode) == "anchored" for link in links)


def _counts(counted: tuple[ParameterCount, ...], path: str) -> tuple[str, str]:
    """Stored against generated numbers of a path, in short and in full; empty where not counted."""
    count = next((each for each in counted if each.path == path), None)
    if count is None:
        return "", ""
    parts = (("root", count.root), ("embeddings", count.embeddings), ("anchors", count.anchors))
    listed = ", ".join(f"{name} {short_count(number)}" for name, number in parts)
    stored, generated = short_count(count.stored), short_count(count.generated)
    return (
        f"Stored {stored} (anchors {short_count(count.anchors)}), generated {generated}",
        f"Stored {stored} ({listed}), generated {generated}",
    )
