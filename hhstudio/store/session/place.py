"""Place of a session file: what may not stand there already, and how long its name may be."""

from __future__ import annotations

import os
from pathlib import Path

from hhstudio.core.atomic_write import named_file
from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import check_ordinary

_LONGEST_ADDITION = ".journal.damaged-99"
"""What is put behind a session's name at most, by whoever sets a journal aside."""
_USUAL = 255


def most_bytes(folder: Path) -> int:
    """Bytes, in UTF-8, that the name of a session in a folder may have."""
    try:
        longest = os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # not a POSIX system, or no such folder yet
        longest = _USUAL
    return longest - len(_LONGEST_ADDITION)


def check_place(session: Path) -> None:
    """Raise SessionError where something stands that is no file, or where the names of what lies beside a
    session would be too long."""
    for file in (session, named_file(session)):
        size, most = len(os.fsencode(file.name)), most_bytes(file.parent)
        if size > most:
            raise SessionError(
                f"{file.parent / (file.name[:40] + '…')}: a name of {size} bytes is too long for a session; "
                f"here it may have {most} bytes (UTF-8, .h5 included), so that the names of its journal and "
                "its lock fit too: choose a shorter one"
            )
    try:
        check_ordinary(session.stat(), session)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise SessionError(f"{session}: {error.strerror or error}") from None
