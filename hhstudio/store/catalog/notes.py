"""Notes: what a person says of a session, a text and tags, in ``NAME.h5.notes.json`` beside it.

Not in the session file: that is written whole or not at all, and nobody waits a second for a word. A
session without notes has no such file; deleting it loses nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import NOT_DECODED, SessionError, WriteError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.store.session import pending_journal

_MOST = 1 << 20
"""Bytes of a file of notes at most."""


@dataclass(frozen=True)
class Notes:
    text: str = ""
    tags: tuple[str, ...] = ()


def notes_path(session: Path) -> Path:
    return session.with_name(session.name + ".notes.json")


def read_notes(session: Path) -> Notes:
    """Empty where there are none, or where they cannot be read."""
    return _read(notes_path(session)) or Notes()


def _read(path: Path) -> Notes | None:
    try:
        with open_to_read(path) as file:
            data = file.read(_MOST + 1)
        return msgspec.json.decode(data, type=Notes) if len(data) <= _MOST else None
    except (OSError, *NOT_DECODED):
        return None


def write_notes(session: Path, notes: Notes) -> None:
    """Replace the notes, wholly or not at all; a file that cannot be read is not lost, but set aside. Raises
    SessionError."""
    path = notes_path(session)
    tags = tuple(dict.fromkeys(tag for tag in map(str.strip, notes.tags) if tag))
    notes = Notes(notes.text.strip(), tags)
    try:
        if path.exists() and _read(path) is None:
            path.rename(pending_journal.free_name(path, "damaged"))
        if notes == Notes():
            path.unlink(missing_ok=True)
            return
        write_file(path, msgspec.json.format(msgspec.json.encode(notes)) + b"\n", through_links=False)
    except OSError as error:
        raise SessionError(f"{path}: the notes cannot be written ({error.strerror or error})") from None
    except WriteError as error:
        raise SessionError(f"the notes are not changed: {error}") from None
