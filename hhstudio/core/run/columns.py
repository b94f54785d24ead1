"""Append-only arrays: small ones in memory, long ones in an unnamed file that the system keeps in mind.

A run of days records millions of points, and every one is kept so that zooming in shows it. What is
long is therefore mapped from a temporary file without a name: the system may write it out and forget it,
and the process holds only what it has just looked at. Where no such file can be had (no room, no
permission), the array stays in memory.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from typing import IO

import numpy as np

SPILL = 1 << 17
"""Numbers from which a column goes to a file: a megabyte of them."""


class Column:
    """Views that were handed out stay valid, and stay as they were, while the column grows."""

    def __init__(self, dtype: type) -> None:
        self._data: np.ndarray = np.empty(64, dtype=dtype)
        self._size = 0
        self._file: IO[bytes] | None = None
        self._map: mmap.mmap | None = None
        self._stays = False
        self._since = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, values: np.ndarray) -> None:
        """Append. A long array that comes first, as from a file, is kept as it is rather than copied: whoever
        gave it must not write into it."""
        usable = values.dtype == self._data.dtype and values.flags.writeable
        if usable and not self._size and len(values) >= SPILL:
            self._data, self._size = values, len(values)
            return
        needed = self._size + len(values)
        if needed > len(self._data):
            self._grow(max(needed, 2 * len(self._data)))
        self._data[self._size : needed] = values
        self._size = needed
        self._since += len(values)
        if self._since >= SPILL:
            self._since = 0
            self.let_go()

    def view(self) -> np.ndarray:
        return self._data[: self._size]

    def truncate(self, size: int) -> None:
        self._size = min(self._size, size)

    def let_go(self) -> None:
        """Tell the system that what lies in a file need not stay in memory: it comes back when it is looked
        at."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def _grow(self, room: int) -> None:
        if room >= SPILL and not self._stays:
            mapped = self._mapped(room)
            if mapped is not None:
                self._data = mapped
                return
        grown = np.empty(room, dtype=self._data.dtype)
        grown[: self._size] = self.view()
        self._data, self._map, self._file = grown, None, None

    def _mapped(self, room: int) -> np.ndarray | None:
        """The file, so long, as an array; what it held it holds still. None where it cannot be had."""
        size = room * self._data.dtype.itemsize
        file = self._file
        try:
            file = file or tempfile.TemporaryFile(prefix="hhstudio-")  # noqa: SIM115 - lives with the column
            # Reserved, because writing into a map on a full disk would end the process.
            os.posix_fallocate(file.fileno(), 0, size)
            mapped = mmap.mmap(file.fileno(), size)
        except (OSError, AttributeError, ValueError):
            self._stays = True
            if self._file is None and file is not None:
                file.close()
            return None
        grows, self._file, self._map = self._file is not None, file, mapped
        if not grows:
            weakref.finalize(self, file.close)  # the map keeps the file for views that were handed out
        array = np.frombuffer(mapped, dtype=self._data.dtype)
        if not grows:
            array[: self._size] = self.view()
        return array
