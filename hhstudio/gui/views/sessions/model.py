"""Session model: the sessions of a folder as a list, read off the window's thread, searched, sorted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QFileSystemWatcher,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.views.sessions.descriptions import haystack, state_of, summary, tooltip
from hhstudio.gui.widgets.markup import plain

if TYPE_CHECKING:
    from hhstudio.store.catalog.index import Index, IndexedSession

ENTRY = int(Qt.ItemDataRole.UserRole)
_SETTLE_MS = 300
"""Files change several times in a row while a session is compacted: look once, afterwards."""
Where = QModelIndex | QPersistentModelIndex


def _accuracy(entry: IndexedSession) -> float:
    """Mean over the paths, -1 where nothing was measured."""
    known = [value for value in entry.session.average.values() if value is not None]
    return sum(known) / len(known) if known else -1.0


ORDERS: dict[str, tuple[str, Callable[[IndexedSession], Any]]] = {
    "newest": ("Newest first", lambda e: (-e.session.modified, e.session.path.name)),
    "oldest": ("Oldest first", lambda e: (e.session.modified, e.session.path.name)),
    "name": ("Name", lambda e: e.session.path.name.casefold()),
    "accuracy": ("Best accuracy", lambda e: (-_accuracy(e), e.session.path.name)),
    "duration": ("Longest run", lambda e: (-e.session.seconds, e.session.path.name)),
    "size": ("Largest file", lambda e: (-e.session.size, e.session.path.name)),
    "state": ("State", lambda e: (state_of(e.session), -e.session.modified)),
}
"""Orders by name: title and key."""


class SessionModel(QAbstractListModel):
    """``read`` says that a look at the folder has ended; ``renamed`` (path, name) that a name was typed."""

    read = Signal()
    renamed = Signal(object, str)

    def __init__(self, jobs: BackgroundJobs, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._jobs = jobs
        self.folder = Path()
        self.rows: list[IndexedSession] = []
        self.search = ""
        self.order = "newest"
        self._index: Index | None = None
        self._words: dict[str, tuple[IndexedSession, str]] = {}
        self._reading = False
        self._again = False
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._watcher.directoryChanged.connect(lambda _: self._settle.start())
        self._settle.timeout.connect(self.look)

    @property
    def unread(self) -> bool:
        """Whether the folder has not been looked at yet."""
        return self._index is None and self._reading

    @property
    def count(self) -> int:
        """Sessions in the folder, those included that the search leaves out."""
        return 0 if self._index is None else len(self._index.entries)

    @property
    def tags(self) -> list[str]:
        """All tags there are, by name."""
        entries = () if self._index is None else self._index.entries.values()
        return sorted({tag for entry in entries for tag in entry.notes.tags}, key=str.casefold)

    def set_folder(self, folder: Path) -> None:
        """Show another folder; one that does not exist has no sessions."""
        self.folder, self._index = folder, None
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._watch()
        self.look()

    def set_search(self, text: str) -> None:
        """Show what has all these words: in its name, data, device, state, notes or tags (``#tag``)."""
        self.search = text
        self._arrange()

    def set_order(self, order: str) -> None:
        """One of :data:`ORDERS`; any other name is the first."""
        self.order = order if order in ORDERS else "newest"
        self._arrange()

    def look(self) -> None:
        """Read the folder anew. Files that have not changed are not opened again."""
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        self._watch()
        folder, known = self.folder, self._index
        self._jobs.submit(lambda: _look(folder, known), self._take, self._failed)

    def find(self, path: Path) -> QModelIndex:
        """Where a session is; invalid when it is not shown."""
        for row, entry in enumerate(self.rows):
            if entry.session.path == path:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: Where = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Where) -> Qt.ItemFlag:
        flags = super().flags(index)
        running = index.isValid() and self.rows[index.row()].session.state == "running"
        return flags if running else flags | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Where, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.rows[index.row()]
        if role == ENTRY:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return entry.session.path.stem
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(tooltip(entry), wraps=True)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.session.path.stem}, {state_of(entry.session)}, {summary(entry.session)}"
        return None

    def setData(self, index: Where, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        path = self.rows[index.row()].session.path
        if role != Qt.ItemDataRole.EditRole or str(value).strip() in ("", path.stem):
            return False
        self.renamed.emit(path, str(value))
        return True

    def _watch(self) -> None:
        if self.folder.is_dir() and not self._watcher.directories():
            self._watcher.addPath(str(self.folder))

    def _take(self, catalog: Index) -> None:
        self._reading = False
        if catalog.folder == self.folder:
            self._index = catalog
            self._arrange()
        if catalog.folder != self.folder or self._again or not catalog.complete:
            self.look()
        if catalog.complete:
            self.read.emit()

    def _arrange(self) -> None:
        """Put what is to be seen in its order. Rows that stay are told as changed, not as new."""
        entries = [] if self._index is None else list(self._index.entries.values())
        wanted = self.search.casefold().split()
        if wanted:
            entries = [e for e in entries if all(word in self._haystack(e) for word in wanted)]
        rows = sorted(entries, key=ORDERS[self.order][1])
        if rows == self.rows:
            return
        if [e.session.path for e in rows] == [e.session.path for e in self.rows]:
            changed = [at for at, (new, old) in enumerate(zip(rows, self.rows, strict=True)) if new != old]
            self.rows = rows
            for at in changed:
                self.dataChanged.emit(self.index(at), self.index(at))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def _haystack(self, entry: IndexedSession) -> str:
        name = entry.session.path.name
        known = self._words.get(name)
        if known is None or known[0] is not entry:
            known = self._words[name] = (entry, haystack(entry))
        return known[1]

    def _failed(self, _error: Exception) -> None:
        """A folder that cannot be listed shows nothing; the next change of it is another chance."""
        self._reading = False
        self.read.emit()


def _look(folder: Path, known: Index | None) -> Index:
    from hhstudio.store.catalog import index

    catalog = index.up_to_date(known if known is not None else index.load(folder))
    if catalog.complete and catalog.changed:
        index.store(catalog)
    return catalog
