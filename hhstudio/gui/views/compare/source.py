"""Compared sessions: read off the window's thread one by one, followed while they run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from hhstudio.core.errors import HHStudioError
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.comparison import ComparisonEntry
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.service.sweep import table as tables
from hhstudio.service.sweep.table import SweepTable

_SETTLE_MS = 100
LOOK_MS = 1000
"""Between looks at sessions that are being written."""
Stamp = tuple[int, ...]


class ComparedSessions(QObject):
    """Holds entries by file. ``changed``: some came, went or grew. ``failed`` carries a text.

    A sweep's folder brings its runs, those that wait included, and is looked at until it has ended.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: dict[str, ComparisonEntry] = {}
        self.pending = 0
        self.sweep: SweepTable | None = None
        self.folder: Path | None = None
        self._metric = "accuracy"
        self._jobs = BackgroundJobs(self)
        self._stamps: dict[str, Stamp] = {}
        self._busy: set[str] = set()
        self._specs: dict[str, ComparisonEntry] = {}
        self._took = 0.0
        self._settle = QTimer(self, singleShot=True)
        self._settle.timeout.connect(self._tell)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def metric(self) -> str:
        """Whose curves are read."""
        return self._metric

    @metric.setter
    def metric(self, name: str) -> None:
        if name != self._metric:
            self._metric = name
            self._stamps.clear()
            for key in self.entries:
                self._read(key)

    def add(self, paths: Iterable[Path]) -> None:
        """Compare these sessions too."""
        for path in paths:
            self._read(str(path))
        self._timer.start()

    def add_sweep(self, folder: Path) -> None:
        """Compare the runs of a sweep, in place of what was compared; follow it while it goes on."""
        self.clear()
        self.folder = folder
        self._timer.start()
        self.look()

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.entries.pop(key, None)
            self._stamps.pop(key, None)
        self.changed.emit()

    def clear(self) -> None:
        self.folder = self.sweep = None
        self.entries.clear()
        self._stamps.clear()
        self._specs.clear()
        self._timer.stop()
        self.changed.emit()

    def look(self) -> None:
        """Read again what has changed on disk."""
        if self.folder is not None and "" not in self._busy:
            folder = self.folder
            self._busy.add("")
            self._jobs.submit(lambda: _read_sweep(folder, self._specs), self._take_sweep, self._sweep_failed)
        running = [key for key, entry in self.entries.items() if entry.state == "running"]
        for key in running:
            self._read(key)
        if self.folder is None and not running:
            self._timer.stop()

    def close(self) -> None:
        self._timer.stop()
        self._settle.stop()
        self._jobs.close()

    # inside -----------------------------------------------------------------------------------------

    def _read(self, key: str) -> None:
        if key in self._busy:
            return
        self._busy.add(key)
        self.pending += 1
        metric, stamp = self._metric, self._stamps.get(key)
        self._jobs.submit(
            lambda: _read_entry(key, metric, stamp),
            lambda reading: self._take(key, metric, reading),
            lambda error: self._read_failed(key, error),
        )

    def _take(self, key: str, metric: str, reading: tuple[Stamp, ComparisonEntry] | None) -> None:
        self._busy.discard(key)
        self.pending -= 1
        if reading is not None and (self.folder is None or key in self._specs):
            self._stamps[key], self.entries[key] = reading
        if metric != self._metric:
            self._read(key)
        self._soon()

    def _read_failed(self, key: str, error: Exception) -> None:
        self._busy.discard(key)
        self.pending -= 1
        if key not in self._specs:  # of a sweep, the table says what there is to say
            self.failed.emit(_text(error))
        self._soon()

    def _take_sweep(self, sweep: tuple[Path, SweepTable, dict[str, ComparisonEntry]]) -> None:
        folder, table, entries = sweep
        self._busy.discard("")
        if folder != self.folder:
            return
        self.sweep, self._specs = table, entries
        self.entries = {key: self._joined(self.entries.get(key), entry) for key, entry in entries.items()}
        for row in table.runs:
            key = str(folder / row.file)
            if row.state in ("running", "finished", "stopped", "failed") and Path(key).exists():
                self._read(key)
        if table.state != "running":
            self._timer.stop()
        self._soon()

    @staticmethod
    def _joined(from_file: ComparisonEntry | None, from_table: ComparisonEntry) -> ComparisonEntry:
        """What was read of a session, with what only the table knows: why it failed."""
        if from_file is None or from_file.state == "waiting":
            return from_table
        if from_table.state in ("failed", "stopped") and from_file.state != from_table.state:
            return replace(from_file, state=from_table.state, message=from_table.message)
        return from_file

    def _sweep_failed(self, error: Exception) -> None:
        self._busy.discard("")
        if self.sweep is None and not isinstance(error, tables.SessionError):
            self.failed.emit(_text(error))
        self._soon()

    def _soon(self) -> None:
        """Tell of the news before long: at once when all is read, and not so often that showing what has
        come holds up what is still to come."""
        if self.pending == 0:
            self._settle.start(0)
        elif not self._settle.isActive():
            self._settle.start(max(_SETTLE_MS, round(5000 * self._took)))

    def _tell(self) -> None:
        began = time.monotonic()
        self.changed.emit()
        self._took = time.monotonic() - began


def _read_entry(key: str, metric: str, last: Stamp | None) -> tuple[Stamp, ComparisonEntry] | None:
    """None when the file is as it was."""
    from hhstudio.store.catalog.comparison_entry import read_comparison_entry

    path = Path(key)
    stamp = tuple(
        part
        for file in (path, path.with_name(path.name + ".journal"), path.with_name(path.name + ".lock"))
        for part in _stamp(file)
    )
    return None if stamp == last else (stamp, read_comparison_entry(path, {metric}))


def _stamp(file: Path) -> Stamp:
    try:
        status = file.stat()
    except OSError:
        return (-1, -1)
    return status.st_mtime_ns, status.st_size


def _read_sweep(
    folder: Path, entries_before: dict[str, ComparisonEntry]
) -> tuple[Path, SweepTable, dict[str, ComparisonEntry]]:
    """The table of a sweep and an entry for each of its runs, as the table has it."""
    table = tables.read(folder)
    specs = {Path(key).stem: entry.spec for key, entry in entries_before.items()}
    if specs.keys() != {Path(row.file).stem for row in table.runs}:
        specs = {run.name: run.spec for run in sweeps.expand(table.sweep, folder)}
    rows = [row.entry(specs[row.name], folder) for row in table.runs]
    return folder, table, {entry.key: entry for entry in rows}


def _text(error: Exception) -> str:
    from hhstudio.service.logs import unexpected

    return str(error) if isinstance(error, HHStudioError) else unexpected(error)
