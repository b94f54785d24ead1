"""Files of sessions and specs: where they are put, and under which names."""

from __future__ import annotations

import os
import re
from collections.abc import Container
from pathlib import Path

import platformdirs

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import HHStudioError
from hhstudio.core.file_names import within_bytes
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec

_LONGEST = 60
_MOST_BYTES = 180
"""Some letters take four."""


def default_folder() -> Path:
    """``sessions`` of the checkout that is the working folder, otherwise below the user's documents."""
    here = Path.cwd()
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


def make_folder(folder: Path) -> None:
    """Raises HHStudioError where it cannot be made or written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HHStudioError(
            f"{folder}: cannot be made ({error.strerror}); choose another sessions folder"
        ) from None
    if not os.access(folder, os.W_OK):
        raise HHStudioError(f"{folder}: cannot be written; choose another sessions folder")


def save_spec(spec: Spec, path: Path) -> None:
    """Replace a file by a spec as JSON, whole or not at all. Raises WriteError."""
    write_file(path, specs.encode(spec))


def shown_path(path: Path) -> str:
    """A path for the screen: relative to the working folder or with ``~`` where that is shorter."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        try:
            return prefix + path.relative_to(base).as_posix()
        except ValueError:
            continue
    return str(path)
