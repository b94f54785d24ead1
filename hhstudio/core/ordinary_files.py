"""Ordinary files: whatever stands under a name, nothing waits for it, and nothing is written through a link.

Whoever made a folder may have put a named pipe, a device or a link where a file is expected. Every file
that comes from outside is opened by :func:`open_to_read`, every lock, journal and copy that we begin by
:func:`create` or :func:`open_own`. What is refused is an OSError with a ``strerror`` for people.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path
from typing import BinaryIO

# absent where the system has nothing of the kind
_BINARY = getattr(os, "O_BINARY", 0)
_WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_ordinary(status: os.stat_result, path: Path) -> None:
    """Raise an OSError that says what ``path`` is instead, where it is not an ordinary file."""
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        what = next((words for is_one, words in _KINDS if is_one(status.st_mode)), "something else")
        raise OSError(errno.EINVAL, f"{what}, not an ordinary file", str(path))


def open_to_read(path: Path) -> BinaryIO:
    """The file that a path names, links followed. Raises OSError at once where it is not an ordinary one."""
    return os.fdopen(_opened(path, os.O_RDONLY), "rb")


def read_bytes(path: Path) -> bytes:
    """Everything in a file. Raises OSError."""
    with open_to_read(path) as file:
        return file.read()


def read_text(path: Path, errors: str = "strict") -> str:
    """Everything in a UTF-8 file. Raises OSError, UnicodeDecodeError."""
    return read_bytes(path).decode("utf-8", errors)


def create(path: Path, mode: int = 0o666) -> int:
    """A new empty file, open for reading and writing. Raises FileExistsError where anything has the name, a
    link that leads nowhere included, and OSError."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINK | _BINARY, mode)


def open_own(path: Path, *, make: bool = False) -> int:
    """A file that only we write, open for reading and (``make``) writing; made where there is none.

    Raises OSError: a link is not followed, whatever else is no ordinary file not waited for.
    """
    return _opened(path, (os.O_RDWR | os.O_CREAT if make else os.O_RDONLY) | _NO_LINK, links=False)


def copy_to_new(source: Path, target: Path) -> None:
    """Copy a file to a name that nothing has. Raises OSError; the target is then not there, or not ours."""
    with open_to_read(source) as original:
        file = create(target)
        try:
            with os.fdopen(file, "wb") as copy:
                shutil.copyfileobj(original, copy, 1 << 20)
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def _opened(path: Path, flags: int, links: bool = True) -> int:
    try:  # before it is opened: opening a device may do something
        check_ordinary(path.stat() if links else path.lstat(), path)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
    file = os.open(path, flags | _WITHOUT_WAITING | _BINARY, 0o666)
    try:
        check_ordinary(os.fstat(file), path)  # what was put there meanwhile
    except BaseException:
        os.close(file)
        raise
    return file
