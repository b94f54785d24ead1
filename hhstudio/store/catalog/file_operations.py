"""File operations on a session: which files belong to it, and giving it another name."""

from __future__ import annotations

import os
from pathlib import Path

from hhstudio.core.errors import SessionError
from hhstudio.store.catalog.notes import notes_path
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.journal.lock import Lock
from hhstudio.store.session import pending_journal
from hhstudio.store.session.place import check_place


def belongings(session: Path) -> list[Path]:
    """The files of a session that exist, its own first."""
    return [file for file in (session, journal_path(session), notes_path(session)) if os.path.lexists(file)]


def rename(session: Path, name: str) -> Path:
    """Give a session another file name (``.h5`` is added) in its folder; its new path.

    Raises SessionError where it is being written, where the name is taken or no name for a file.
    """
    stem = name.strip().removesuffix(".h5").strip()
    if not stem or stem.startswith(".") or any(c in stem for c in '/\\:*?"<>|\0\n'):
        raise SessionError(f"{name!r} cannot be the name of a file")
    new = session.with_name(f"{stem}.h5")
    if new == session:
        return session
    check_place(new)
    try:
        lock = Lock(session, "renaming")
        try:
            pending_journal.merge_journal(session)
            for taken in (new, journal_path(new), notes_path(new)):
                if os.path.lexists(taken) and not (taken.exists() and taken.samefile(session)):
                    raise SessionError(f"{taken.name} exists already: choose another name")
            session.rename(new)
            if notes_path(session).exists():
                notes_path(session).rename(notes_path(new))
        finally:
            lock.release()
    except OSError as error:
        raise SessionError(f"{session}: cannot be renamed ({error.strerror or error})") from None
    return new
