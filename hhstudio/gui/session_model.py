"""The sessions of a folder as a list model, read off the window's thread and kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QFileSystemWatcher,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from hhstudio.gui.jobs import Jobs
from hhstudio.gui.words import duration, percent, size

if TYPE_CHECKING:
    from hhstudio.store.brief import Brief

BRIEF = int(Qt.ItemDataRole.UserRole)
_SETTLE_MS = 300
"""Files change several times in a row while a session is compacted: look once, afterwards."""
Index = QModelIndex | QPersistentModelIndex


class SessionModel(QAbstractListModel):
    """Newest first. ``read`` says that a look at the folder has ended."""

    read = Signal()

    def __init__(self, jobs: Jobs, parent: object = None) -> None:
        super().__init__(parent)  # type: ignore[arg-type]
        self._jobs = jobs
        self.folder = Path()
        self.briefs: list[Brief] = []
        self._known: dict[Path, tuple[tuple[int, ...], Brief]] = {}
        self._reading = False
        self._again = False
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._watcher.directoryChanged.connect(lambda _: self._settle.start())
        self._settle.timeout.connect(self.look)

    def set_folder(self, folder: Path) -> None:
        """Show another folder; one that does not exist has no sessions."""
        self.folder = folder
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        self._watch()
        self.look()

    def look(self) -> None:
        """Read the folder anew. Files that have not changed are not opened again."""
        if self._reading:
            self._again = True
            return
        self._reading, self._again = True, False
        self._watch()
        folder, known = self.folder, dict(self._known)
        self._jobs.submit(_scanner(folder, known), self._take, self._failed)

    def find(self, path: Path) -> QModelIndex:
        """Where a session is; invalid when it is not in the list."""
        for row, found in enumerate(self.briefs):
            if found.path == path:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.briefs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        found = self.briefs[index.row()]
        if role == BRIEF:
            return found
        if role == Qt.ItemDataRole.DisplayRole:
            return found.path.stem
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(found)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{found.path.stem}, {state_word(found)}, {summary(found)}"
        return None

    def _watch(self) -> None:
        if self.folder.is_dir() and not self._watcher.directories():
            self._watcher.addPath(str(self.folder))

    def _take(self, found: tuple[Path, dict[Path, tuple[tuple[int, ...], Brief]]]) -> None:
        folder, known = found
        self._reading = False
        if folder == self.folder:
            self._known = known
            briefs = sorted((b for _, b in known.values()), key=lambda b: (-b.modified, b.path.name))
            if briefs != self.briefs:
                self.beginResetModel()
                self.briefs = briefs
                self.endResetModel()
        self.read.emit()
        if self._again or folder != self.folder:
            self.look()

    def _failed(self, _error: Exception) -> None:
        """A folder that cannot be listed shows nothing; the next change of it is another chance."""
        self._take((self.folder, {}))


def state_word(found: Brief) -> str:
    if found.error:
        return "cannot be read"
    return {"failed": "interrupted", "running": "running"}.get(found.state, found.state)


def summary(found: Brief) -> str:
    """What a session was about and what it reached, in a line."""
    if found.error:
        return found.error.split(": ", 1)[-1]
    reached = [f"{100 * value:.1f}" for value in found.average.values() if value is not None]
    if not reached:
        return f"at step {found.step}" if found.step else state_word(found)
    return " / ".join(reached) + " %"


def tooltip(found: Brief) -> str:
    if found.error:
        return found.error
    lines = [str(found.path), f"{state_word(found)}, step {found.step} of {found.total_steps}"]
    lines += [f"{name}: {percent(value)}" for name, value in found.average.items()]
    lines.append(f"{found.dataset} on {found.device}, {duration(found.seconds)}, {size(found.size)}")
    return "\n".join(lines)


def _scanner(
    folder: Path, known: dict[Path, tuple[tuple[int, ...], Brief]]
) -> Callable[[], tuple[Path, dict[Path, tuple[tuple[int, ...], Brief]]]]:
    def scan() -> tuple[Path, dict[Path, tuple[tuple[int, ...], Brief]]]:
        from hhstudio.store.brief import brief  # h5py takes its time: not before the window is there

        found: dict[Path, tuple[tuple[int, ...], Brief]] = {}
        for path in folder.glob("*.h5"):
            if path.name.startswith("."):
                continue
            stamp = _stamp(path)
            kept = known.get(path)
            unchanged = kept is not None and kept[0] == stamp and kept[1].state != "running"
            found[path] = kept if unchanged and kept is not None else (stamp, brief(path))
        return folder, found

    return scan


def _stamp(path: Path) -> tuple[int, ...]:
    stamps: list[int] = []
    for file in (path, path.with_name(path.name + ".journal")):
        try:
            status = file.stat()
            stamps += [status.st_mtime_ns, status.st_size, status.st_ino]
        except OSError:
            stamps.append(-1)
    return tuple(stamps)
