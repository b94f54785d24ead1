"""Checked file: what lies under an HDF5 file that is being written, and never tells HDF5 of a failed write.

When libhdf5 meets a failing write (a full disk) it keeps the file open for ever and takes the process
down at exit. So a failure is remembered here instead, HDF5 goes on and closes in peace, and whoever
writes asks :meth:`CheckedFile.check` before believing in the file.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

from hhstudio.core.ordinary_files import create

_LARGEST_KEPT = 1 << 20
"""After a failure, writes up to this many bytes are kept in memory: HDF5 reads its own small structures
back; what is larger is data, which it does not."""


class CheckedFile(io.RawIOBase):
    """A new file, for reading and writing. Raises OSError when it cannot be created."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        path.unlink(missing_ok=True)  # what a writer that died left there
        self._file = os.fdopen(create(path), "r+b", buffering=0)
        self._error: OSError | None = None
        self._unwritten: list[tuple[int, bytes]] = []
        self._position = 0
        self._end = 0

    def check(self) -> None:
        """Raise the OSError of the first write that failed, if any did."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        self._position = start + offset
        return self._position

    def write(self, data: object) -> int:
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        start, size = self._position, len(view)
        if self._error is None:
            try:
                self._file.seek(start)
                done = 0
                while done < size:
                    done += self._file.write(view[done:]) or 0
            except OSError as error:
                self._error = error
        if self._error is not None and size <= _LARGEST_KEPT:
            self._unwritten.append((start, bytes(view)))
        self._position = start + size
        self._end = max(self._end, self._position)
        return size

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        start = self._position
        size = max(0, min(len(view), self._end - start))
        self._file.seek(start)
        data = self._file.read(size) or b""
        view[: len(data)] = data
        view[len(data) : size] = bytes(size - len(data))
        for offset, lost in self._unwritten:
            low, high = max(offset, start), min(offset + len(lost), start + size)
            if low < high:
                view[low - start : high - start] = lost[low - offset : high - offset]
        self._position = start + size
        return size

    def truncate(self, size: int | None = None) -> int:
        size = self._position if size is None else size
        if self._error is None:
            try:
                self._file.truncate(size)
            except OSError as error:
                self._error = error
        self._end = size
        return size
