"""Making a change of a folder last: names survive a power cut only after the folder is synced."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def sync_file(path: Path) -> None:
    """Wait until the disk has the file. Raises OSError."""
    file = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    finally:
        os.close(file)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's names; nothing where folders cannot be synced."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems refuse
            raise
    finally:
        os.close(handle)


def put_in_place(temporary: Path, path: Path) -> None:
    """Replace ``path`` by a finished file beside it: afterwards one or the other is whole on disk."""
    sync_file(temporary)
    temporary.replace(path)
    sync_folder(path.parent)


def is_writable(path: Path) -> bool:
    """Whether this process may write a file, or change what is in a folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, says that the disk or a quota is full."""
    full = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
    while error is not None:
        text = str(error)
        if isinstance(error, OSError) and error.errno in full:
            return True
        if any(f"errno = {code}," in text for code in full):  # HDF5 puts the number into its text
            return True
        error = error.__cause__ or error.__context__
    return False
