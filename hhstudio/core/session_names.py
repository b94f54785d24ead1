"""Session names: the folder where sessions are put unless one is said, and free names in a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Container
from pathlib import Path

import platformdirs

from hhstudio.core.errors import HHStudioError
from hhstudio.core.file_names import within_bytes

SESSIONS_VARIABLE = "HHSTUDIO_SESSIONS"
"""Environment variable that names the default folder of sessions."""

_LONGEST = 60
_MOST_BYTES = 180
"""Some letters take four."""


def default_folder() -> Path:
    """``$HHSTUDIO_SESSIONS``, or ``sessions`` of the checkout that is the working folder, otherwise below the
    user's documents. It need not exist."""
    chosen = os.environ.get(SESSIONS_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    try:
        here = Path.cwd()
    except OSError:  # the working folder was deleted
        return platformdirs.user_documents_path() / "hhstudio"
    if (here / "hhstudio").is_dir() and (here / "pyproject.toml").is_file():
        return here / "sessions"
    return platformdirs.user_documents_path() / "hhstudio"


def unused_path(folder: Path, name: str, taken: Container[Path] = ()) -> Path:
    """``folder/name.h5``, or with the first number behind it that is free; a journal also takes a name, and
    so do those ``taken``."""
    stem = file_stem(name)
    for number in range(1, 100_000):
        path = folder / (f"{stem}.h5" if number == 1 else f"{stem}-{number}.h5")
        journal = path.with_name(path.name + ".journal")
        if path not in taken and not any(map(os.path.lexists, (path, journal))):
            return path
    raise HHStudioError(f"{folder} has 100 000 sessions called {stem}: choose another name or folder")


def file_stem(name: str) -> str:
    """A name as part of a file name, on every system."""
    stem = re.sub(r"[^\w.-]+", "-", name, flags=re.UNICODE).strip("-. ")[:_LONGEST]
    return within_bytes(stem, _MOST_BYTES) or "session"
