"""Files of sessions and specs: folders that are made, specs that are saved, paths that are shown."""

from __future__ import annotations

import os
from pathlib import Path

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec


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
