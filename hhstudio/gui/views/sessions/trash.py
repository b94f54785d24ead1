"""Trash: sessions are thrown away into the system's trash or a folder of ours, and taken back."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QFile

from hhstudio.core.errors import HHStudioError

FOLDER = ".trash"
"""In the sessions folder, used where the system has no trash for it."""


@dataclass(frozen=True)
class Thrown:
    """A session that lies in the trash: where each of its files was, and where it is now."""

    session: Path
    files: tuple[tuple[Path, Path], ...]


def throw_away(session: Path) -> Thrown:
    """Move a session, its journal and notes into the trash. Raises HHStudioError; nothing is lost then."""
    from hhstudio.store.catalog.file_operations import belongings
    from hhstudio.store.journal.lock import owner

    writer = owner(session)
    if writer is not None:
        raise HHStudioError(f"{session.name} is being written by {writer}: stop that run first")
    moved: list[tuple[Path, Path]] = []
    try:
        for file in belongings(session):
            moved.append((file, _into_trash(file)))
    except OSError as error:
        _back(moved)
        raise HHStudioError(
            f"{session.name} could not be moved to the trash ({error.strerror or error}); nothing was removed"
        ) from None
    return Thrown(session, tuple(moved))


def take_back(thrown: Thrown) -> None:
    """Put everything where it was. Raises HHStudioError where the trash was emptied or the name is taken."""
    for before, now in thrown.files:
        if os.path.lexists(before):
            raise HHStudioError(f"there is another {before.name} now: rename it, then undo again")
        if not os.path.lexists(now):
            raise HHStudioError(f"{before.name} is not in the trash any more")
    try:
        _back(list(thrown.files))
    except OSError as error:
        raise HHStudioError(
            f"{thrown.session.name} could not be put back ({error.strerror or error})"
        ) from None


def _into_trash(file: Path) -> Path:
    handle = QFile(str(file))
    if handle.moveToTrash():
        where = Path(handle.fileName())
        if where != file and os.path.lexists(where):
            return where
    own = file.parent / FOLDER
    own.mkdir(exist_ok=True)
    if own.is_symlink():
        raise OSError(errno.ELOOP, f"{FOLDER} is a link to another folder", str(own))
    number, target = 1, own / file.name
    while os.path.lexists(target):
        number += 1
        target = own / f"{number}-{file.name}"
    shutil.move(file, target)
    return target


def _back(moved: list[tuple[Path, Path]]) -> None:
    for before, now in reversed(moved):
        shutil.move(now, before)
        if now.parent.name != "files":
            continue
        # what a desktop remembers of a file in its trash
        (now.parent.parent / "info" / f"{now.name}.trashinfo").unlink(missing_ok=True)
