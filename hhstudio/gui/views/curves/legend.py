"""Legend of all panels: a chip per task. A click hides or shows it, a double click isolates it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QScrollArea, QSizePolicy, QWidget

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.widgets.flow_layout import FlowLayout
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.task_style import task_label, task_short, task_style, task_tooltip
from hhstudio.gui.widgets.theme import current_theme

_LINE = 20
_LINES_BEFORE_COMPACT = 2
_MOST_HEIGHT = 100
"""Pixels that the legend takes; that of a hundred tasks scrolls, and leaves the panels their room."""


class Chip(QAbstractButton):
    """A task's line sample and name; checked while the task is shown."""

    isolate = Signal(int)

    def __init__(self, task: int) -> None:
        super().__init__()
        self.task = task
        self.full, self.compact = "", False
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_tasks(self, tasks: Sequence[TaskInfo]) -> None:
        self.full = task_label(tasks, self.task)
        hint = "click: hide or show · double click or Alt+click: show only this one"
        self.setToolTip(plain(f"{task_tooltip(tasks, self.task)}\n{hint}"))
        self.setAccessibleName(self.full)

    def full_width(self) -> int:
        return min(self.fontMetrics().horizontalAdvance(self.full), 150) + _LINE + 20

    def sizeHint(self) -> QSize:
        short = self.fontMetrics().horizontalAdvance(task_short(self.task)) + _LINE + 18
        return QSize(short if self.compact else self.full_width(), self.fontMetrics().height() + 6)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.isolate.emit(self.task)
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.isolate.emit(self.task)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.isolate.emit(self.task)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, shown = current_theme(), self.isChecked()
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), 1))
            painter.setBrush(QColor(theme.raised))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        color, dashes = task_style(theme, self.task)
        pen = QPen(QColor(color if shown else theme.border), 2.5)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashes:
            pen.setDashPattern([d / 2.5 for d in dashes])
        painter.setPen(pen)
        middle = self.height() / 2
        painter.drawLine(7, round(middle), 7 + _LINE, round(middle))
        painter.setPen(QColor(theme.text if shown else theme.muted))
        font = self.font()
        font.setStrikeOut(not shown)
        painter.setFont(font)
        room = self.rect().adjusted(_LINE + 12, 0, -4, 0)
        text = task_short(self.task) if self.compact else self.full
        text = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class Legend(QWidget):
    """Emits the set of hidden tasks whenever it changes. Names shrink to numbers rather than take space."""

    hidden_changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.chips: dict[int, Chip] = {}
        self._shown: tuple[list[int], Sequence[TaskInfo]] = ([], ())
        self._flow = FlowLayout(self, spacing=2)

    def set_tasks(self, shown: Sequence[int], tasks: Sequence[TaskInfo]) -> None:
        """One chip for each of ``shown``, in that order; what was hidden stays hidden."""
        if (list(shown), tasks) == self._shown:
            return
        self._shown = (list(shown), tasks)
        if list(shown) != list(self.chips):
            hidden = self.hidden()
            for chip in self.chips.values():
                self._flow.removeWidget(chip)
                chip.setParent(None)
                chip.deleteLater()
            self.chips = {}
            for task in shown:
                chip = self.chips[task] = Chip(task)
                chip.setChecked(task not in hidden)
                chip.toggled.connect(self._changed)
                chip.isolate.connect(self.isolate)
                self._flow.addWidget(chip)
        for chip in self.chips.values():
            chip.set_tasks(tasks)
        self._choose_width()

    def hidden(self) -> set[int]:
        return {task for task, chip in self.chips.items() if not chip.isChecked()}

    def isolate(self, task: int) -> None:
        """Show only this task; if it is alone already, show all again."""
        alone = self.hidden() >= set(self.chips) - {task}
        for other, chip in self.chips.items():
            chip.blockSignals(True)
            chip.setChecked(alone or other == task)
            chip.blockSignals(False)
            chip.update()
        self._changed()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        super().resizeEvent(event)
        self._choose_width()

    def _changed(self) -> None:
        self.hidden_changed.emit(self.hidden())

    def _choose_width(self) -> None:
        needed = sum(chip.full_width() + 2 for chip in self.chips.values())
        compact = needed > _LINES_BEFORE_COMPACT * self.width()
        for chip in self.chips.values():
            if chip.compact != compact:
                chip.compact = compact
                chip.updateGeometry()
        self._flow.invalidate()


class LegendArea(QScrollArea):
    """Where a legend stands: as high as it is, and scrolling from a height on."""

    def __init__(self, legend: Legend) -> None:
        super().__init__()
        self._legend = legend
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setProperty("clear", True)
        self.setWidgetResizable(True)
        self.setWidget(legend)
        legend.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
        policy = self.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        legend.installEventFilter(self)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(self._legend.heightForWidth(width), _MOST_HEIGHT)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.heightForWidth(max(self.width(), 200)))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
        return super().eventFilter(watched, event)
