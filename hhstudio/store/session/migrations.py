"""Migrations of session files of older format versions, step by step.

A step turns a file of version N into one of version N + 1, on a copy; the old file stays beside the new one
as ``NAME.h5.version-N-1``. Version 1 is the first, so that there are no steps yet. What has been added within
a version is optional: a reader does without it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py

from hhstudio.core.atomic_write import put_in_place, temporary_file
from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import check_ordinary, copy_to_new
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.lock import Lock
from hhstudio.store.session import pending_journal

STEPS: dict[int, Callable[[h5py.File], None]] = {}
"""By the version that a step begins with."""


def version_of(path: Path) -> int | None:
    """The format version of a session file; None where it cannot be told: whoever opens it says why."""
    try:
        check_ordinary(path.stat(), path)  # HDF5 would wait for a named pipe
        with h5py.File(path, "r") as file:
            if safe_read.attribute(file, "format", "") != file_format.FORMAT:
                return None
            return safe_read.int_attribute(file, "version")
    except (*safe_read.DAMAGE, SessionError):
        return None


def is_older(path: Path) -> bool:
    """Whether there is something to bring up to date."""
    version = version_of(path)
    return version is not None and 1 <= version < file_format.VERSION


def migrate(path: Path) -> str:
    """Bring a session file up to date; what was done, in words.

    Raises SessionError, and leaves everything as it was, where a step is missing or fails, where a writer is
    at work, or where the folder cannot be written.
    """
    before = version_of(path)
    assert before is not None
    try:
        lock = Lock(path, "bringing it up to date")
    except OSError as error:
        raise SessionError(
            f"{path}: format version {before} has to be brought up to date, but its folder cannot be written "
            f"({error.strerror or error}); copy the session elsewhere and open the copy"
        ) from None
    try:
        with temporary_file(path) as temporary:
            shutil.copyfile(path, temporary)
            _take_steps(path, temporary, before)
            with safe_read.open_hdf5(temporary):  # it is what this version reads
                pass
            aside = pending_journal.free_name(path, f"version-{before}")
            copy_to_new(path, aside)
            put_in_place(temporary, path)
    except OSError as error:
        raise SessionError(f"{path}: cannot be brought up to date ({error.strerror or error})") from None
    finally:
        lock.release()
    return (
        f"brought from format version {before} to {file_format.VERSION}; the old file is kept as {aside.name}"
    )


def _take_steps(path: Path, temporary: Path, before: int) -> None:
    with h5py.File(temporary, "r+") as file, safe_read.reading(path, "its older layout"):
        for version in range(before, file_format.VERSION):
            step = STEPS.get(version)
            if step is None:
                raise SessionError(
                    f"{path}: a session of format version {before}, which this one does not read any more"
                )
            step(file)
            file.attrs.modify("version", version + 1)
