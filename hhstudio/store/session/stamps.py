"""Stamps of a session's files, by which is told whether anything was written. Loads no HDF5."""

from __future__ import annotations

from pathlib import Path

from hhstudio.store.journal.journal import journal_path

Stamp = tuple[int, int, int, int] | None
"""Device, number, size and time of a file; None where there is none."""

Stamps = tuple[Stamp, Stamp]


def stamps(path: Path) -> Stamps:
    """Of a session file and of its journal: they differ when anything was written."""
    return _stamp(path), _stamp(journal_path(path))


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
