"""Held file: the writer's open session file outlives deletion and replacement of its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import h5py

from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.store.file import safe_read
from hhstudio.store.session import pending_journal, reading
from hhstudio.store.session.reading import FileIdentity


class HeldFile:
    """Remembers which file the writer put in place, and sees whether it is still there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._stamp: tuple[int, ...] = ()
        self._identity = FileIdentity("", 0)

    def acquire(self, identity: FileIdentity) -> None:
        """Take hold of the file that is in place now. Raises OSError."""
        self.release()
        self._file = open_to_read(self._path)
        self._stamp = _stamp(os.fstat(self._file.fileno()))
        self._identity = identity

    def release(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._file.fileno()).st_size if self._file is not None else 0

    def holds(self) -> bool:
        """Whether the file is in its place and as it was left."""
        try:
            return self._stamp == _stamp(self._path.stat())
        except OSError:
            return False

    def set_aside_others(self) -> str:
        """Rename whatever else stands in its place; what to say about that, or that nothing does, "" where
        the file is in its place. Raises OSError."""
        name = self._path.name
        if self._file is None or self.holds():
            return ""
        try:
            self._path.stat()
        except FileNotFoundError:
            return f"{name} was deleted while it was being written; it is written anew"
        aside = pending_journal.free_name(self._path, "replaced")
        self._path.rename(aside)
        return f"{name} was replaced by another file, which is now {aside.name}"

    def base(self) -> tuple[h5py.File | None, str]:
        """The file as it was left, wherever it is now; None before there is one, and where somebody wrote
        over it, with what to say about that. Raises OSError."""
        if self._file is None:
            return None, ""
        self._file.seek(0)
        try:
            base = safe_read.open_hdf5(self._path, self._file)
        except SessionError as error:
            return None, f"{self._path.name} was spoiled; {_LOST} ({error})"
        try:
            with safe_read.reading(self._path):
                ours = reading.identity(base) == self._identity
        except SessionError:
            ours = False
        if ours:
            return base, ""
        base.close()
        return None, _LOST


_LOST = "the weights that only it held are lost, what is in memory is written anew"


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
