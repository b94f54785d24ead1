"""Timeline below the canvas: when the tree grew, which weights were kept, and a handle that takes the window
back to any step."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QToolTip, QVBoxLayout, QWidget

from hhstudio.core.formatting import count
from hhstudio.gui.widgets.icons import icon
from hhstudio.gui.widgets.markup import TextLabel, plain
from hhstudio.gui.widgets.pens import font, pen
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

PLAY_MS = 1400
"""How long a replay stays at each stop, at most."""
_WHOLE_MS = 12_000
"""How long a replay with many stops takes, about."""
_QUICKEST_MS = 80
_SIDE = 14.0
_CATCH = 9.0
"""Pixels from a mark within which a click means the mark."""
_NEAR = 4.0
"""The same from a snapshot: there may be many."""
_HIGH, _LOW = 36, 24
"""Pixels, with labels above the line and without."""


class Mark(NamedTuple):
    """A change of the tree: at which step, what came or went in a word, and why."""

    step: int
    label: str
    reason: str


class Axis(QWidget):
    """Steps from 0 to ``last``, marks, ticks where ``snapshots`` of the weights were kept, and a handle.
    ``moved``: the user wants another step; ``play_wanted``: the space bar."""

    moved = Signal(int)
    play_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.marks: tuple[Mark, ...] = ()
        self.tasks: tuple[int, ...] = ()
        self.snapshots: tuple[int, ...] = ()
        self.last, self.step = 1, 1
        self._before: int | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HIGH)
        self.setMouseTracking(True)
        self.setAccessibleName("Time")

    def sizeHint(self) -> QSize:
        return QSize(400, _HIGH)

    def show_steps(
        self,
        last: int,
        step: int,
        marks: tuple[Mark, ...],
        tasks: tuple[int, ...],
        snapshots: tuple[int, ...] = (),
    ) -> None:
        now = (max(1, last), step, marks, tasks, snapshots)
        if now != (self.last, self.step, self.marks, self.tasks, self.snapshots):
            self.last, self.step, self.marks, self.tasks, self.snapshots = now
            self.setFixedHeight(_HIGH if marks else _LOW)
            self.setAccessibleDescription(
                f"step {step} of {last}; {len(snapshots)} snapshots; the tree changed {len(marks)} times"
            )
            self.update()

    @property
    def stops(self) -> list[int]:
        """Steps at which something is kept or changes, in order."""
        return sorted({mark.step for mark in self.marks} | set(self.snapshots))

    def place(self, step: float) -> float:
        """Where a step is, in pixels."""
        return _SIDE + (self.width() - 2 * _SIDE) * min(max(step / self.last, 0.0), 1.0)

    def step_at(self, x: float) -> int:
        """The step at a pixel; a mark nearby attracts, or else a snapshot."""
        near = min(self.marks, key=lambda mark: abs(self.place(mark.step) - x), default=None)
        if near is not None and abs(self.place(near.step) - x) <= _CATCH:
            return near.step
        snapshot = min(self.snapshots, key=lambda step: abs(self.place(step) - x), default=None)
        if snapshot is not None and abs(self.place(snapshot) - x) <= _NEAR:
            return snapshot
        return round(min(max((x - _SIDE) / max(1.0, self.width() - 2 * _SIDE), 0.0), 1.0) * self.last)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._before = self.step
            self.moved.emit(self.step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._before is not None:
            self.moved.emit(self.step_at(event.position().x()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._before = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        stops = [0, *self.stops, self.last]
        key = event.key()
        if key == Qt.Key.Key_Left:
            self.moved.emit(max((s for s in stops if s < self.step), default=0))
        elif key == Qt.Key.Key_Right:
            self.moved.emit(min((s for s in stops if s > self.step), default=self.last))
        elif key == Qt.Key.Key_Home:
            self.moved.emit(0)
        elif key == Qt.Key.Key_End:
            self.moved.emit(self.last)
        elif key == Qt.Key.Key_Space:
            self.play_wanted.emit()
        elif key == Qt.Key.Key_Escape and self._before is not None:  # in the middle of a drag
            before, self._before = self._before, None
            self.moved.emit(before)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            near = [m for m in self.marks if abs(self.place(m.step) - event.pos().x()) <= _CATCH]
            lines = [f"Step {count(m.step)}: {m.reason}" for m in near]
            snapshots = [s for s in self.snapshots if abs(self.place(s) - event.pos().x()) <= _NEAR]
            lines += [f"Step {count(step)}: weights were kept" for step in snapshots[:3]]
            text = "\n".join(lines) or (
                "Drag to look back: filters, matrix, curves and tree follow. "
                "Left and Right: from one snapshot to the next; Space: play"
            )
            QToolTip.showText(event.globalPos(), plain(text), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: object) -> None:
        theme, painter = current_theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() - 12.0
        end, now = self.place(self.last), self.place(self.step)
        painter.setPen(pen(theme.border, 4))
        painter.drawLine(QPointF(_SIDE, middle), QPointF(end, middle))
        painter.setPen(pen(theme.accent, 4))
        painter.drawLine(QPointF(_SIDE, middle), QPointF(now, middle))
        painter.setPen(pen(theme.muted, 1))
        for step in self.tasks:
            x = self.place(step)
            painter.drawLine(QPointF(x, middle + 5), QPointF(x, middle + 8))
        self._paint_snapshots(painter, middle)
        self._paint_marks(painter, middle)
        painter.setPen(pen(theme.panel, 2))
        painter.setBrush(QColor(theme.accent))
        painter.drawEllipse(QPointF(now, middle), 7.5, 7.5)
        if self.hasFocus():
            painter.setPen(pen(theme.text, 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(now, middle), 10, 10)

    def _paint_snapshots(self, painter: QPainter, middle: float) -> None:
        """A tick each, and none closer than two pixels."""
        free = -1.0
        for step in self.snapshots:
            x = self.place(step)
            if x < free:
                continue
            free = x + 3
            painter.setPen(pen(current_theme().text if step <= self.step else current_theme().muted, 1.6))
            painter.drawLine(QPointF(x, middle - 8), QPointF(x, middle - 3))

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        theme, free = current_theme(), -1.0
        small = font(11)
        metrics = QFontMetricsF(small)
        painter.setFont(small)
        for mark in self.marks:
            x, passed = self.place(mark.step), mark.step <= self.step
            painter.setPen(pen(theme.ok if passed else theme.muted, 1.6))
            painter.setBrush(QColor(theme.ok if passed else theme.panel))
            painter.drawEllipse(QPointF(x, middle), 5, 5)
            wide = metrics.horizontalAdvance(mark.label)
            left = min(max(x - wide / 2, 2.0), self.width() - wide - 2)
            if left > free:  # labels never overlap
                painter.setPen(pen(theme.text if passed else theme.muted, 1))
                painter.drawText(QRectF(left, 0, wide + 2, 14), Qt.AlignmentFlag.AlignLeft, mark.label)
                free = left + wide + 8


class Timeline(Themed, QWidget):
    """``step_wanted``: show the tree as it was at a step; -1: as it is."""

    step_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.axis = Axis(self)
        self.play = QToolButton(self)
        self.play.setCheckable(True)
        self.play.setToolTip("Play: from one snapshot, or change of the tree, to the next (Space)")
        self.play.setAccessibleName("Play through time")
        self.now = QToolButton(self)
        self.now.setText("Now")
        self.now.setToolTip("Back to everything as it is now (End)")
        self.words = TextLabel(parent=self)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        top = QHBoxLayout()
        top.setSpacing(6)
        for part in (self.play, self.axis, self.now):
            top.addWidget(part, 1 if part is self.axis else 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 5, 10, 6)
        column.setSpacing(1)
        column.addLayout(top)
        column.addWidget(self.words)
        self._back = False
        self._text = ""
        self._timer = QTimer(self, interval=PLAY_MS)
        self._timer.timeout.connect(self._go_on)
        self.axis.moved.connect(self._move)
        self.axis.play_wanted.connect(self.play.toggle)
        self.now.clicked.connect(lambda: self._want(-1))
        self.play.toggled.connect(self._play)
        self.follow_theme()
        self.hide()

    def recolour(self) -> None:
        theme = current_theme()
        self.play.setIcon(icon("start", theme.text, theme.muted))

    def show_growth(
        self,
        last: int,
        step: int | None,
        marks: tuple[Mark, ...],
        tasks: tuple[int, ...],
        snapshots: tuple[int, ...] = (),
        seen: tuple[int, ...] | None = None,
    ) -> None:
        """``step``: the one that is shown, None for everything as it is. ``seen``: those of the snapshots
        that can be on screen; None: all."""
        self._back = step is not None
        shown = last if step is None else step
        self.axis.show_steps(last, shown, marks, tasks, snapshots)
        self.now.setEnabled(self._back)
        text = f"Step {count(shown)} of {count(last)}" if self._back else "Now"
        latest = max((m for m in marks if m.step <= shown), key=lambda m: m.step, default=None)
        if marks:
            text += f": {latest.reason}" if latest is not None else ": as it began"
        if self._back and snapshots:
            last_kept = max((s for s in (snapshots if seen is None else seen) if s <= shown), default=None)
            if last_kept is None:
                text += "; no weights were kept by then"
            else:
                text += f"; weights of step {count(last_kept)}"
        elif snapshots:
            number = len(snapshots)
            text += f"; weights were kept at {count(number)} step{'' if number == 1 else 's'}"
        self._text = text
        self._elide()

    def stop(self) -> None:
        """End a replay where it is."""
        self.play.setChecked(False)

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._elide()

    def _elide(self) -> None:
        room = max(60, self.words.width() - 4)
        self.words.setText(self.words.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideRight, room))
        self.words.setToolTip(plain(self._text))

    def _move(self, step: int) -> None:
        self.stop()
        self._want(step)

    def _want(self, step: int) -> None:
        self.step_wanted.emit(-1 if step >= self.axis.last else step)

    def _play(self, on: bool) -> None:
        if not on:
            self._timer.stop()
            return
        if not self._back:
            self._want(0)
        ahead = sum(step > self.axis.step for step in self.axis.stops)
        self._timer.start(min(PLAY_MS, max(_QUICKEST_MS, _WHOLE_MS // max(ahead, 1))))

    def _go_on(self) -> None:
        after = [step for step in self.axis.stops if step > self.axis.step]
        if after and self._back:
            self._want(min(after))
            return
        self.stop()
        self._want(-1)
