"""Table of lines: settings that differ, and what each line reached on every path."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPen, QPixmap

from hhstudio.core.formatting import duration, number
from hhstudio.core.run import continual
from hhstudio.core.run.state_words import state_word
from hhstudio.core.spreadsheet import SpreadsheetWriter, tab_separated
from hhstudio.core.statistics import Estimate
from hhstudio.core.sweeps.comparison import ALL_PATHS, MEASURES, MISSING
from hhstudio.core.sweeps.run_names import value_text
from hhstudio.gui.views.compare.lines import Line, Looks, short
from hhstudio.gui.widgets import glossary
from hhstudio.gui.widgets.markup import plain
from hhstudio.gui.widgets.theme import current_theme

SORT = int(Qt.ItemDataRole.UserRole)
LINE = SORT + 1
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


@dataclass(frozen=True)
class Column:
    """``value``: what is sorted by and exported; ``text``: what is shown. ``best``: the highest is marked."""

    title: str
    tip: str
    value: Callable[[Line], Any]
    text: Callable[[Line], str]
    numeric: bool = True
    best: bool = False
    setting: bool = False
    centered: bool = False
    estimate: Callable[[Line], Estimate | None] | None = None


def estimate_text(estimate: Estimate | None, measure: str) -> str:
    """As ``97.2 ± 0.4 %``; differences in percentage points with a sign."""
    if estimate is None or not math.isfinite(estimate.mean):
        return MISSING
    sign = "+" if measure in ("backward_transfer", "forward_transfer", "through_other_paths") else ""
    mean = f"{round(100 * estimate.mean, 1) + 0.0:{sign}.1f}".replace("-", "−")
    error = "" if estimate.error is None else f" ± {number(100 * estimate.error, '.1f')}"
    return f"{mean}{error} %" if measure in ("average", "end_average") else f"{mean}{error} pt"


def columns_of(lines: list[Line], path: str, average: bool) -> list[Column]:
    """Name, state, final accuracy, what differs, then the other figures; ``path`` chooses whose."""
    columns = [
        Column("Means" if average else "Run", "Double click: open", _title, _title, numeric=False),
        Column("State", "How far it has come", _state_text, _state_text, numeric=False),
    ]
    if average:
        columns.append(
            Column("n", "Runs that are averaged", _size, lambda line: str(_size(line)), centered=True)
        )
    names = list(dict.fromkeys(name for line in lines for name in line.settings))
    lasts = [short(name) for name in names]
    for name in names:
        columns.append(_setting(name, name if lasts.count(short(name)) > 1 else short(name)))
    figures = _figures(lines, path)
    columns[2:2] = figures[:1]  # what it is all about, where it is seen first
    columns += figures[1:]
    columns.append(Column("Time", "Of training", _seconds, lambda line: duration(_seconds(line))))
    return columns


def _figures(lines: list[Line], path: str) -> list[Column]:
    paths = list(dict.fromkeys(name for line in lines for entry in line.entries for name in entry.paths))
    if path == ALL_PATHS:
        figures = [(name, measure) for measure in ("average", "backward_transfer") for name in paths]
        if len(paths) > 1:
            figures.insert(0, (ALL_PATHS, "average"))
    else:
        figures = [(path, measure) for measure in MEASURES]
    return [_figure(name, measure) for name, measure in figures]


def _figure(path: str, measure: str) -> Column:
    def estimate(line: Line) -> Estimate | None:
        return line.estimate(path, measure)

    return Column(
        f"{MEASURES[measure]} {path or 'mean'}",
        glossary.tip(MEASURES[measure], f"{path or 'Mean over the paths'}: {continual.DEFINITIONS[measure]}"),
        lambda line: None if (figure := estimate(line)) is None else figure.mean,
        lambda line: estimate_text(estimate(line), measure),
        best=measure == "average",
        estimate=estimate,
    )


def _setting(name: str, title: str) -> Column:
    def value(line: Line) -> Any:
        return line.settings.get(name, MISSING)

    def text(line: Line) -> str:
        setting = value(line)
        if isinstance(setting, list | tuple):
            return ", ".join(map(value_text, setting)) or "none"
        return value_text(setting)

    return Column(title, name, value, text, numeric=False, setting=True, centered=True)


def _title(line: Line) -> str:
    return line.title


def _size(line: Line) -> int:
    return len(line.entries)


def _seconds(line: Line) -> float:
    return line.seconds


def _state_text(line: Line) -> str:
    entry = line.entries[0]
    if len(line.entries) == 1 and entry.state == "running" and entry.total_steps:
        return f"{state_word(entry.state)}, {100 * entry.step / entry.total_steps:.0f} %"
    return state_word(line.state)


class LineModel(QAbstractTableModel):
    """Rows are lines. The check box of a row says whether its curve is drawn (``checked`` is emitted)."""

    checked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self.columns: list[Column] = []
        self.hidden: set[str] = set()
        self.brushed: set[str] | None = None
        self._looks: Looks | None = None
        self._icons: dict[str, QIcon] = {}
        self._best: dict[int, float] = {}

    def show(self, lines: list[Line], columns: list[Column], looks: Looks) -> None:
        """Other lines, or the same ones with news: rows keep their places where they can."""
        self._looks = looks
        self._icons = {line.key: _swatch(*looks.pen(line.key)) for line in lines}
        same = [line.key for line in lines] == [line.key for line in self.lines] and [
            column.title for column in columns
        ] == [column.title for column in self.columns]
        if not same:
            self.beginResetModel()
        self.lines, self.columns = lines, columns
        self._best = {}
        for at, column in enumerate(columns):
            values = [v for line in lines if column.best and (v := column.value(line)) is not None]
            if len(values) > 1:
                self._best[at] = max(values)
        if same:
            if lines:
                self.dataChanged.emit(self.index(0, 0), self.index(len(lines) - 1, len(columns) - 1))
        else:
            self.endResetModel()

    def set_brushed(self, keys: set[str] | None) -> None:
        """Lines that the parallel coordinates pick out; None: all. The others are shown grey."""
        self.brushed = keys
        if self.lines:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.lines) - 1, len(self.columns) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Role.DisplayRole:
            return self.columns[section].title
        if role == Role.ToolTipRole:
            return plain(self.columns[section].tip)
        if role == Role.TextAlignmentRole:
            return int(_alignment(self.columns[section]))
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def data(self, index: Index, role: int = Role.DisplayRole) -> object:
        line, column = self.lines[index.row()], self.columns[index.column()]
        first = index.column() == 0
        if role == Role.DisplayRole:
            return column.text(line)
        if role == SORT:
            return column.value(line)
        if role == LINE:
            return line
        if role == Role.ToolTipRole:
            return plain(_tip(line))
        if role == Role.TextAlignmentRole:
            return int(_alignment(column))
        if role == Role.DecorationRole and first:
            return self._icons.get(line.key)
        if role == Role.CheckStateRole and first:
            return Qt.CheckState.Unchecked if line.key in self.hidden else Qt.CheckState.Checked
        if role == Role.FontRole and self._is_best(index, line):
            font = QFont()
            font.setBold(True)
            return font
        if role == Role.ForegroundRole and self._looks is not None:
            return self._foreground(line, index.column())
        return None

    def setData(self, index: Index, value: object, role: int = Role.EditRole) -> bool:
        if role != Role.CheckStateRole or index.column():
            return False
        key = self.lines[index.row()].key
        shown = Qt.CheckState(value) == Qt.CheckState.Checked
        self.hidden.discard(key) if shown else self.hidden.add(key)
        self.dataChanged.emit(index, index)
        self.checked.emit()
        return True

    def text(self, rows: list[int]) -> str:
        """Rows with their heads, to be pasted into a spreadsheet."""
        shown = [[column.title for column in self.columns]]
        shown += [[column.text(self.lines[row]) for column in self.columns] for row in rows]
        return tab_separated(shown) + "\n"

    def csv(self, rows: list[int]) -> str:
        """Rows with full names of settings, exact numbers and, of means, standard errors."""
        out = io.StringIO()
        writer = SpreadsheetWriter(out, lineterminator="\n")
        heads = [column.tip if column.setting else column.title for column in self.columns]
        measured = [(column.title, column.estimate) for column in self.columns if column.estimate is not None]
        writer.writerow([*heads, *(f"{title} standard error" for title, _ in measured), "files"])
        for row in rows:
            line = self.lines[row]
            cells = [_plain(column.value(line)) for column in self.columns]
            figures = [estimate(line) for _, estimate in measured]
            errors = ["" if each is None or each.error is None else each.error for each in figures]
            writer.writerow([*cells, *errors, " ".join(entry.key for entry in line.entries)])
        return out.getvalue()

    def _is_best(self, index: Index, line: Line) -> bool:
        best = self._best.get(index.column())
        return best is not None and self.columns[index.column()].value(line) == best

    def _foreground(self, line: Line, column: int) -> QColor | None:
        theme = current_theme()
        if self.brushed is not None and line.key not in self.brushed:
            return QColor(theme.edge)
        if column == 1:
            color = {"failed": theme.error, "finished": theme.ok, "running": theme.accent}.get(line.state)
            return QColor(color or theme.muted)
        return None


class SortedLines(QSortFilterProxyModel):
    """Numbers by size, texts by letters, what is missing always last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT)

    def lessThan(self, left: Index, right: Index) -> bool:
        a, b = self._rank(left.data(SORT)), self._rank(right.data(SORT))
        return a < b

    def _rank(self, value: Any) -> tuple[int, float, str]:
        descending = self.sortOrder() == Qt.SortOrder.DescendingOrder
        if value is None or value == MISSING or (isinstance(value, float) and math.isnan(value)):
            return (-1 if descending else 2), 0.0, ""
        if isinstance(value, int | float):
            return 0, float(value), ""
        return 1, 0.0, value_text(value)


def _alignment(column: Column) -> Qt.AlignmentFlag:
    flag = Qt.AlignmentFlag
    side = flag.AlignRight if column.numeric else flag.AlignHCenter if column.centered else flag.AlignLeft
    return side | flag.AlignVCenter


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, int | float | str) else value_text(value)


def _tip(line: Line) -> str:
    if len(line.entries) > 1:
        return "\n".join([f"Mean over {len(line.entries)} runs:", *(entry.name for entry in line.entries)])
    entry = line.entries[0]
    lines = [entry.name, entry.key, f"step {entry.step} of {entry.total_steps}"]
    return "\n".join([*lines, entry.message] if entry.message else lines)


def _swatch(color: str, dashes: tuple[float, ...]) -> QIcon:
    """A short piece of the line as it is drawn."""
    image = QPixmap(44, 32)
    image.setDevicePixelRatio(2)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(color), 3)
    if dashes:
        pen.setDashPattern([part / 3 for part in dashes])
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(pen)
    painter.drawLine(1, 8, 21, 8)
    painter.end()
    return QIcon(image)
