"""Atomic file replacement: a file has its old content or its new one, whole and on disk, whatever happens.

A temporary file beside the target, created exclusively, is written, synced, renamed over the target, and the
folder synced: names survive a power cut only after that. Where the target is a symbolic link, the file that
it names is replaced, and the link stays, as an editor does it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hhstudio.core import ordinary_files
from hhstudio.core.errors import WriteError
from hhstudio.core.file_names import within_bytes

_STEM_BYTES, _SUFFIX_BYTES = 160, 60
"""Of the name of a temporary file: with what is put between them, no file system finds it too long."""


def write_file(path: Path, data: bytes, *, through_links: bool = True) -> None:
    """Replace a file, or make it. Raises WriteError, which says what was kept.

    ``through_links``: whether the file that a symbolic link names is meant; False for files whose names are
    ours and not the user's, where somebody else may have put a link: that is refused.
    """
    if not through_links:
        with telling(path):
            _refuse_link(path)
    with replacing(path) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file to write into, which replaces ``path`` when the block ends; its suffix is the same.

    When the block does not end well, nothing has changed and the temporary file is gone.

    Raises
    ------
    WriteError
        Where the folder, the disk or what stands at ``path`` does not allow it; the text says what was kept.
        An OSError within the block counts as one.
    """
    with telling(path), temporary_file(path) as temporary:
        yield temporary
        put_in_place(temporary, path)


@contextlib.contextmanager
def temporary_file(path: Path) -> Iterator[Path]:
    """An empty file beside what ``path`` names, removed in the end if it is still there. Raises OSError."""
    target = named_file(path)
    mode = _mode(target)
    # the suffix stays last: some writers choose the format by it
    stem, suffix = within_bytes(target.stem, _STEM_BYTES), within_bytes(target.suffix, _SUFFIX_BYTES)
    temporary = target.with_name(f".{stem}.{os.urandom(6).hex()}.part{suffix}")
    os.close(ordinary_files.create(temporary, 0o666 if mode is None else mode & 0o777 | 0o600))
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def put_in_place(temporary: Path, path: Path) -> None:
    """Replace ``path`` by a finished file beside it, with the permissions that ``path`` had.

    Afterwards one or the other is whole on disk. Raises OSError.
    """
    target = named_file(path)
    mode = _mode(target)
    if mode is not None:
        temporary.chmod(mode | 0o600)
    file = os.open(temporary, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(file)
    finally:
        os.close(file)
    if mode is not None:
        temporary.chmod(mode)
    temporary.replace(target)
    sync_folder(target.parent)


@contextlib.contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn an OSError within the block into a WriteError that says what became of ``path``."""
    before = _stamp(path)
    try:
        yield
    except OSError as error:
        full = is_full(error)
        reason = "the disk is full" if full else error.strerror or str(error)
        after = _stamp(path)
        if after != before:
            content = "it was replaced, but the disk did not confirm that"
        else:
            content = "nothing was written" if after is None else "what was there is kept as it was"
        raise WriteError(f"{path}: cannot be written ({reason}); {content}", full) from error


def named_file(path: Path) -> Path:
    """The file that a path names, symbolic links followed."""
    return Path(os.path.realpath(path))


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


def is_writable(path: Path) -> bool:
    """Whether this process may write a file, or change what is in a folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, says that the disk or a quota is full."""
    full = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
    while error is not None:
        if isinstance(error, OSError) and error.errno in full:
            return True
        error = error.__cause__ or error.__context__
    return False


def _mode(target: Path) -> int | None:
    """Permissions of a file, None where there is none. Raises OSError for what is not an ordinary file."""
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    ordinary_files.check_ordinary(status, target)
    return stat.S_IMODE(status.st_mode)


def _refuse_link(path: Path) -> None:
    try:
        ordinary_files.check_ordinary(path.lstat(), path)
    except FileNotFoundError:
        return


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
