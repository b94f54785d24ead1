"""Compare view: table, curves and parallel coordinates of the same lines, in the same colours."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QSplitter,
    QStackedLayout,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from hhstudio.core.atomic_write import write_file
from hhstudio.core.formatting import duration
from hhstudio.gui.views.compare.controls import Controls
from hhstudio.gui.views.compare.lines import Line, Looks, lines_of
from hhstudio.gui.views.compare.model import LINE, LineModel, SortedLines, columns_of
from hhstudio.gui.views.compare.overlay import CurveOverlay
from hhstudio.gui.views.compare.parallel import ParallelCoordinates
from hhstudio.gui.views.compare.source import ComparedSessions
from hhstudio.gui.views.compare.sweep_controller import SweepController
from hhstudio.gui.widgets.empty_label import EmptyLabel
from hhstudio.gui.widgets.export_dialog import ask_where
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters
from hhstudio.gui.widgets.theme import current_theme
from hhstudio.gui.widgets.themed import Themed

_EMPTY = Markup(
    "<p style='font-size:15px'><b>Compare sessions here</b></p>"
    "<p>Choose several in the session list and press Compare in their menu, open the folder of a sweep, "
    "or start a sweep: Run › New sweep …</p>"
)


class CompareView(Themed, QWidget):
    """``open_requested`` carries the Path of a session; ``folder_requested`` asks for a sweep's folder.
    ``sweeps``: what starts sweeps, where the view is part of a window."""

    open_requested = Signal(object)
    folder_requested = Signal()
    status_message = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sessions = ComparedSessions(self)
        self.sweeps: SweepController | None = None
        self.lines: list[Line] = []
        self.looks = Looks()
        self.model = LineModel(self)
        self.sorted = SortedLines(self)
        self.sorted.setSourceModel(self.model)
        self.controls = Controls()
        self.table = QTableView()
        self.overlay, self.parallel = CurveOverlay(), ParallelCoordinates()
        self.legend = TextLabel()
        self.empty = EmptyLabel(_EMPTY)
        self.empty.setObjectName("compareEmpty")
        self._coloured_by_hand = False
        self._build()
        self._connect()
        self.follow_theme()

    def recolour(self) -> None:
        self._show()

    # what can be asked of it ------------------------------------------------------------------------

    def compare(self, paths: Iterable[Path], together: bool = False) -> None:
        """Compare these sessions; ``together`` with those that are compared already."""
        if not together or self.sessions.folder is not None:
            self.sessions.clear()
        self.sessions.add(paths)

    def compare_sweep(self, folder: Path) -> None:
        """Compare the runs of a sweep, and follow it."""
        self.sessions.add_sweep(folder)

    def may_close(self, close: Callable[[], object]) -> bool:
        """Whether the window may close now; where not, ``close`` is called when it may."""
        return self.sweeps is None or self.sweeps.may_close(close)

    def release(self) -> None:
        """The window closes: no timer and no thread is left."""
        self.sessions.close()
        if self.sweeps is not None:
            self.sweeps.close()

    # building ---------------------------------------------------------------------------------------

    def _build(self) -> None:
        table = self.table
        table.setModel(self.sorted)
        table.setSortingEnabled(True)
        table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        table.setShowGrid(False)
        table.setAlternatingRowColors(True)
        table.setMouseTracking(True)
        table.setTabKeyNavigation(False)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.setAccessibleName("Compared sessions")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(24)
        head = table.horizontalHeader()
        head.setHighlightSections(False)
        head.setMinimumSectionSize(44)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.overlay, "Curves")
        self.tabs.addTab(self.parallel, "Settings and accuracy")
        self.splitter = QSplitter()
        self.splitter.addWidget(table)
        self.splitter.addWidget(self.tabs)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setSizes([560, 520])
        self.legend.setContentsMargins(10, 0, 10, 3)
        self.legend.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.splitter)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(3)
        column.addWidget(self.controls)
        column.addWidget(self.legend)
        column.addLayout(self._stack, 1)

    def _connect(self) -> None:
        self.sessions.changed.connect(self._show)
        self.sessions.failed.connect(self.status_message)
        controls = self.controls
        controls.path_changed.connect(self._show)
        controls.metric_changed.connect(self._metric_changed)
        controls.average_changed.connect(self._average_changed)
        controls.color_changed.connect(self._color_chosen)
        controls.copy_wanted.connect(self.copy)
        controls.export_wanted.connect(self.export)
        controls.clear_wanted.connect(self.sessions.clear)
        controls.folder_wanted.connect(self.folder_requested)
        self.model.checked.connect(self._draw)
        self.table.activated.connect(lambda index: self._open(index.data(LINE)))
        self.table.entered.connect(lambda index: self._hover(index.data(LINE).key))
        self.table.viewport().installEventFilter(self)
        self.table.installEventFilter(self)
        self.table.customContextMenuRequested.connect(self._menu_at)
        for plot in (self.overlay, self.parallel):
            plot.hovered.connect(self._hover)
            plot.opened.connect(self._open_key)
        self.parallel.brushed.connect(self._brushed)

    # showing ----------------------------------------------------------------------------------------

    def _show(self) -> None:
        entries = list(self.sessions.entries.values())
        self.lines = lines_of(entries, self.controls.average)
        paths = list(dict.fromkeys(path for entry in entries for path in entry.paths))
        settings = list(dict.fromkeys(name for line in self.lines for name in line.settings))
        self.controls.offer(paths, settings)
        if not self._coloured_by_hand:
            self.controls.color_by = _telling(self.lines, settings, self.controls.path)
        self.looks.by = self.controls.color_by
        self.looks.assign(self.lines)
        columns = columns_of(self.lines, self.controls.path, self.controls.average)
        before = [column.title for column in self.model.columns]
        self.model.show(self.lines, columns, self.looks)
        if before != [column.title for column in columns]:
            self._fit_columns()
        self._stack.setCurrentWidget(self.splitter if self.lines else self.empty)
        self.legend.setVisible(bool(self.lines))
        self.legend.setText(self._legend_text())
        self._draw()

    def _draw(self) -> None:
        path, hidden = self.controls.path, self.model.hidden
        self.overlay.show_lines(self.lines, self.looks, hidden, path, self.controls.metric_name)
        self.parallel.show_lines(self.lines, self.looks, hidden, path, "average")

    def _legend_text(self) -> Markup:
        if self.looks.legend:
            shown = "&nbsp;&nbsp; ".join(
                f"<span style='color:{color}'>{'▬▬' if not dashes else '▬ ▬'}</span> {letters(text)}"
                for text, color, dashes in self.looks.legend
            )
            words = (
                f"Colours show <b>{letters(self.looks.by)}</b>: {shown}. They do not stand for tasks here."
            )
        else:
            what = "mean" if self.controls.average else "session"
            words = f"A colour for each {what}, as in the table. Colours do not stand for tasks here."
        muted = current_theme().muted
        return Markup(f"<span style='color:{muted}'>{words}{self._sweep_text()}</span>")

    def _sweep_text(self) -> str:
        table = self.sessions.sweep
        if table is None:
            return ""
        done, failed = table.count("finished"), table.count("failed")
        parts = [f"{done} of {len(table.runs)} finished"]
        if failed:
            parts.append(f"{failed} failed")
        if table.state == "running" and table.eta is not None:
            parts.append(f"{duration(table.eta)} left")
        return f" &nbsp;·&nbsp; Sweep {letters(table.name)}: {', '.join(parts)}."

    def _fit_columns(self) -> None:
        """As wide as what is in them; long names of runs, which their settings tell too, may be cut."""
        head, metrics = self.table.horizontalHeader(), self.table.fontMetrics()
        for at, column in enumerate(self.model.columns):
            texts = [column.text(line) for line in self.lines]
            wide = max([metrics.horizontalAdvance(text) for text in texts], default=0)
            title = metrics.horizontalAdvance(column.title) + 22
            extra, most = (64, 196) if at == 0 else (16, 160)
            head.resizeSection(at, min(max(wide + extra, title), most))
        self._widen_names()

    def _widen_names(self) -> None:
        """Room that no column needs goes to names that are cut."""
        head, metrics = self.table.horizontalHeader(), self.table.fontMetrics()
        names = [metrics.horizontalAdvance(self.model.columns[0].text(line)) for line in self.lines]
        spare = self.table.viewport().width() - head.length()
        missing = max(names, default=0) + 64 - head.sectionSize(0)
        if spare > 0 and missing > 0:
            head.resizeSection(0, head.sectionSize(0) + min(spare, missing))

    def _metric_changed(self) -> None:
        self.sessions.metric = self.controls.metric_name
        self._draw()

    def _average_changed(self) -> None:
        self.model.hidden.clear()
        self.parallel.clear_brushes()
        self._show()

    def _color_chosen(self) -> None:
        self._coloured_by_hand = True
        self._show()

    # hovering, brushing, opening --------------------------------------------------------------------

    def _hover(self, key: str) -> None:
        self.overlay.set_hovered(key)
        self.parallel.set_hovered(key)

    def _brushed(self, keys: set[str] | None) -> None:
        self.model.set_brushed(keys)
        self.overlay.set_brushed(keys)

    def _open_key(self, key: str) -> None:
        line = next((line for line in self.lines if line.key == key), None)
        if line is not None:
            self._open(line)

    def _open(self, line: Line) -> None:
        """Open a session; of a mean, show the runs that it is the mean of."""
        if len(line.entries) > 1:
            self.controls.average = False
            self._average_changed()
            self._select({entry.key for entry in line.entries})
        elif Path(line.entries[0].key).exists():
            self.open_requested.emit(Path(line.entries[0].key))
        else:
            self.status_message.emit(f"{line.title} has not begun yet")

    def _select(self, keys: set[str]) -> None:
        self.table.clearSelection()
        chosen = self.table.selectionModel()
        for row in range(self.sorted.rowCount()):
            index = self.sorted.index(row, 0)
            if index.data(LINE).key in keys:
                chosen.select(index, chosen.SelectionFlag.Select | chosen.SelectionFlag.Rows)

    # copying, exporting, keys -----------------------------------------------------------------------

    def chosen_rows(self) -> list[int]:
        """Rows of the model that are selected, all where none is, in the order on screen."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        shown = rows or range(self.sorted.rowCount())
        return [self.sorted.mapToSource(self.sorted.index(row, 0)).row() for row in shown]

    def copy(self) -> None:
        """The table, or the rows that are selected, as text with tabs."""
        rows = self.chosen_rows()
        QGuiApplication.clipboard().setText(self.model.text(rows))
        self.status_message.emit(f"Copied {len(rows)} row{'s' if len(rows) != 1 else ''}")

    def export(self) -> None:
        """Ask where the table is to be saved as CSV: all rows in their order on screen."""
        rows = [self.sorted.mapToSource(self.sorted.index(r, 0)).row() for r in range(self.sorted.rowCount())]
        text = self.model.csv(rows)

        def save(path: Path) -> None:
            write_file(path, text.encode())

        ask_where(self, "Export the comparison", "comparison.csv", save, self.status_message.emit)

    def menu(self) -> QMenu:
        """What can be done with the rows that are selected."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        lines = [self.model.lines[row] for row in self.chosen_rows()]
        selected = bool(self.table.selectionModel().selectedRows())
        menu.addAction("Open", lambda: self._open(lines[0])).setEnabled(selected and len(lines) == 1)
        menu.addAction("Show only these", lambda: self._only(lines)).setEnabled(selected)
        menu.addAction("Show all", lambda: self._only(self.lines))
        menu.addSeparator()
        menu.addAction("Copy", self.copy)
        take = menu.addAction("Take out of the comparison", lambda: self._remove(lines))
        take.setEnabled(selected and self.sessions.folder is None)
        return menu

    def _only(self, lines: list[Line]) -> None:
        shown = {line.key for line in lines}
        self.model.hidden.clear()
        self.model.hidden.update(line.key for line in self.lines if line.key not in shown)
        self._show()

    def _remove(self, lines: list[Line]) -> None:
        self.sessions.remove([entry.key for line in lines for entry in line.entries])

    def _menu_at(self, at: QPoint) -> None:
        if self.lines:
            self.menu().popup(self.table.viewport().mapToGlobal(at))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.table and event.type() == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            if event.matches(QKeySequence.StandardKey.Copy):
                self.copy()
                return True
            if event.key() == Qt.Key.Key_Space:
                self._toggle_chosen()
                return True
            if event.key() == Qt.Key.Key_Escape and self.parallel.brushes:
                self.parallel.clear_brushes()
                return True
        if watched is self.table.viewport() and event.type() == QEvent.Type.Leave:
            self._hover("")
        return super().eventFilter(watched, event)

    def _toggle_chosen(self) -> None:
        """Show or hide the curves of the selected rows, all alike."""
        keys = {index.data(LINE).key for index in self.table.selectionModel().selectedRows()}
        if keys & self.model.hidden:
            self.model.hidden -= keys
        else:
            self.model.hidden |= keys
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        tall = self.height() > 1.1 * self.width()
        orientation = Qt.Orientation.Vertical if tall else Qt.Orientation.Horizontal
        if self.splitter.orientation() != orientation:
            self.splitter.setOrientation(orientation)
        if self.lines:
            self._widen_names()


def _telling(lines: list[Line], settings: list[str], path: str) -> str:
    """What to colour by at first: few lines each have a colour; many are coloured by the setting whose
    values differ most in what they reached."""
    if len(lines) <= 6:
        return ""
    measured = [(line, figure.mean) for line in lines if (figure := line.estimate(path, "average"))]
    spread: dict[str, float] = {}
    for name in settings:
        reached: dict[str, list[float]] = {}
        for line, value in measured:
            reached.setdefault(repr(line.settings.get(name)), []).append(value)
        means = [sum(values) / len(values) for values in reached.values()]
        spread[name] = max(means) - min(means) if 1 < len(means) < len(measured) else -1.0
    return max((name for name in settings if name != "seed"), key=lambda n: spread[n], default="")
