"""Outline model: the tree as rows, kept in step by inserting and removing the few that an edit touches."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hhstudio.core.tree.topology import Topology
from hhstudio.gui.widgets.markup import plain

ID = int(Qt.ItemDataRole.UserRole)
HEADERS = ("Node", "Weights", "Acc.")
_MEANING = (
    "",
    "Numbers that the network has",
    "Accuracy: of the task being learned, else ACC, the mean over all tasks after the path's last one",
)
_MANY = 60
"""With more rows that come or go at once, all are made anew."""
Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()

# Made once: Qt asks thousands of times a second, and enums of Python are slow to combine and compare.
_NOTHING = Qt.ItemFlag.NoItemFlags
_CHOSEN = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_RENAMED = _CHOSEN | Qt.ItemFlag.ItemIsEditable
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_DISPLAY, _EDIT = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.EditRole)
_DECORATION, _TOOL_TIP = int(Qt.ItemDataRole.DecorationRole), int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT, _SPOKEN = int(Qt.ItemDataRole.TextAlignmentRole), int(Qt.ItemDataRole.AccessibleTextRole)


class _Row:
    """One node: ``at``, its place among its parent's ``below``; ``texts`` of the columns."""

    __slots__ = ("above", "at", "below", "key", "node_id", "number", "spoken", "texts", "tip")

    def __init__(self, node_id: str, number: int, above: _Row | None) -> None:
        self.node_id, self.number, self.above = node_id, number, above
        self.at = 0
        self.below: list[_Row] = []
        self.texts: tuple[str, ...] = ("",) * len(HEADERS)
        self.tip = self.spoken = ""
        self.key: object = None


class OutlineModel(QAbstractItemModel):
    """Nodes, and below them comments and frames. ``describe`` gives a row's texts, tool tip and spoken text;
    ``picture`` its icon; ``rename`` asks for another name and says whether it was taken; ``renamable``:
    which rows have one."""

    def __init__(
        self,
        describe: Callable[[str], tuple[tuple[str, ...], str, str]],
        picture: Callable[[str], object],
        rename: Callable[[str, str], bool],
        parent: QObject,
        renamable: Callable[[str], bool] = lambda _id: True,
    ) -> None:
        super().__init__(parent)
        self._describe, self._picture, self._rename = describe, picture, rename
        self._renamable = renamable
        self._top = _Row("", 0, None)
        self._rows: dict[str, _Row] = {}
        self._numbered: dict[int, _Row] = {0: self._top}
        self._numbers = itertools.count(1)

    # what changed ------------------------------------------------------------------------------------

    def follow(self, topology: Topology) -> list[str]:
        """Show a tree; returns the ids whose rows are new, parents first."""
        wanted = _arrangement(topology)
        parents = {node: above for above, nodes in wanted.items() for node in nodes}
        leaving = [
            row for node, row in self._rows.items()
            if parents.get(node) != (row.above.node_id if row.above else None)
        ]  # fmt: skip
        arriving = len(parents) - len(self._rows) + len(leaving)
        disordered = len(leaving) + arriving > _MANY
        for above, nodes in wanted.items():
            row = self._rows.get(above, self._top if above == "" else None)
            if row is not None and not disordered:
                staying = [r.node_id for r in row.below if parents.get(r.node_id) == above]
                among = set(staying)
                disordered = staying != [node for node in nodes if node in among]
        if disordered:
            return self._reset(wanted)
        for row in leaving:
            if row.node_id in self._rows and row.above is not None:
                self._remove(row)
        fresh = []
        for above, nodes in wanted.items():  # parents come before their children
            for at, node in enumerate(nodes):
                if node not in self._rows:
                    self._insert(above, at, node)
                    fresh.append(node)
        return fresh

    def describe_all(self, made_of: Callable[[str], object]) -> None:
        """Read anew the texts of every row that is made of something else than before, and tell of those
        that are different."""
        for row in self._rows.values():
            key = made_of(row.node_id)
            if key == row.key:
                continue
            row.key = key
            texts, tip, spoken = self._describe(row.node_id)
            if texts != row.texts or tip != row.tip or spoken != row.spoken:
                row.texts, row.tip, row.spoken = texts, tip, spoken
                self._changed(row)

    def describe_some(self, node_ids: set[str]) -> None:
        """The same for some nodes."""
        for node in node_ids & self._rows.keys():
            row = self._rows[node]
            texts, tip, spoken = self._describe(node)
            if texts != row.texts or tip != row.tip or spoken != row.spoken:
                row.texts, row.tip, row.spoken = texts, tip, spoken
                self._changed(row)

    def texts(self, column: int) -> set[str]:
        """What stands in a column, each text once."""
        return {row.texts[column] for row in self._rows.values()}

    def repaint(self) -> None:
        """Pictures have other colours."""
        for row in self._rows.values():
            self._changed(row)

    def index_of(self, node_id: str, column: int = 0) -> QModelIndex:
        """The index of a node; invalid for unknown ones."""
        row = self._rows.get(node_id)
        return self.createIndex(row.at, column, row.number) if row is not None else QModelIndex()

    def _changed(self, row: _Row) -> None:
        first = self.createIndex(row.at, 0, row.number)
        self.dataChanged.emit(first, self.createIndex(row.at, len(HEADERS) - 1, row.number))

    def _reset(self, wanted: dict[str, list[str]]) -> list[str]:
        self.beginResetModel()
        self._rows, self._numbered = {}, {0: self._top}
        self._top.below = []
        for above, nodes in wanted.items():
            parent = self._rows[above] if above else self._top
            for node in nodes:
                self._make(node, parent, len(parent.below))
        self.endResetModel()
        return list(self._rows)

    def _make(self, node: str, above: _Row, at: int) -> None:
        row = _Row(node, next(self._numbers), above)
        row.texts, row.tip, row.spoken = self._describe(node)
        above.below.insert(at, row)
        for place in range(at, len(above.below)):
            above.below[place].at = place
        self._rows[node] = self._numbered[row.number] = row

    def _insert(self, above: str, at: int, node: str) -> None:
        parent = self._rows[above] if above else self._top
        self.beginInsertRows(self._index(parent), at, at)
        self._make(node, parent, at)
        self.endInsertRows()

    def _remove(self, row: _Row) -> None:
        parent = row.above
        assert parent is not None
        self.beginRemoveRows(self._index(parent), row.at, row.at)
        del parent.below[row.at]
        for place in range(row.at, len(parent.below)):
            parent.below[place].at = place
        waiting = [row]
        while waiting:
            gone = waiting.pop()
            del self._rows[gone.node_id], self._numbered[gone.number]
            waiting.extend(gone.below)
        self.endRemoveRows()

    def _index(self, row: _Row) -> QModelIndex:
        return QModelIndex() if row is self._top else self.createIndex(row.at, 0, row.number)

    def _row(self, index: Index) -> _Row:
        return self._numbered.get(index.internalId(), self._top) if index.isValid() else self._top

    # what Qt asks --------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = _TOP) -> QModelIndex:
        below = self._row(parent).below
        if not (0 <= row < len(below) and 0 <= column < len(HEADERS)):
            return QModelIndex()
        return self.createIndex(row, column, below[row].number)

    def parent(self, index: Index = _TOP) -> QModelIndex:  # type: ignore[override]
        above = self._row(index).above if index.isValid() else None
        return QModelIndex() if above is None else self._index(above)

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() and parent.column() > 0 else len(self._row(parent).below)

    def columnCount(self, parent: Index = _TOP) -> int:
        return len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        return {_DISPLAY: HEADERS, _TOOL_TIP: _MEANING}.get(role, (None,) * len(HEADERS))[section]

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if not index.isValid():
            return None
        row, column = self._numbered.get(index.internalId(), self._top), index.column()
        if role in (_DISPLAY, _EDIT):
            return row.texts[column]
        if column == 0:
            if role == _DECORATION:
                return self._picture(row.node_id)
            if role == _TOOL_TIP:
                return plain(row.tip)
            if role == _SPOKEN:
                return row.spoken
        elif role == _ALIGNMENT:
            return _RIGHT
        return row.node_id if role == ID else None

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Writes a new name to the document instead of to itself; the document answers."""
        if role == Qt.ItemDataRole.EditRole and index.isValid() and index.column() == 0:
            return self._rename(self._row(index).node_id, str(value))
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return _NOTHING
        if index.column() or not self._renamable(self._row(index).node_id):
            return _CHOSEN
        return _RENAMED


def _arrangement(topology: Topology) -> dict[str, list[str]]:
    """Ids below each id ("" for the top), parents before their children, every node once; comments and
    frames come last."""
    tops = [topology.root] if topology.root in topology.by_id else []
    tops += [node.id for node in topology.nodes if node.id not in topology.incoming]
    tops += [node.id for node in topology.nodes]  # whatever is left stands on a cycle
    notes = [note.id for note in topology.annotations]
    below_each: dict[str, list[str]] = {"": []}
    seen: set[str] = set()
    for top in tops:
        if top is None or top in seen:
            continue
        seen.add(top)
        below_each[""].append(top)
        waiting = [top]
        while waiting:
            here = waiting.pop()
            slots = topology.outgoing.get(here, ())
            below = []
            for slot in slots:
                if slot.target in topology.by_id and slot.target not in seen:
                    seen.add(slot.target)
                    below.append(slot.target)
            if below:
                below_each[here] = below
                waiting.extend(reversed(below))
    below_each[""] += notes
    return below_each
