"""Files of sessions and specs: where they are put, and under which names."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Container
from pathlib import Path

import platformdirs

from hhstudio.core.errors import HHStudioError
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec

_LONGEST = 60


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
        if path not in taken and not path.exists() and not path.with_name(path.name + ".journal").exists():
            return path
    raise HHStudioError(f"{folder} has 100 000 sessions called {stem}: choose another name or folder")


def file_stem(name: str) -> str:
    """A name as part of a file name, on every system."""
    stem = re.sub(r"[^\w.-]+", "-", name, flags=re.UNICODE).strip("-. ")[:_LONGEST]
    return stem or "session"


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
    """Write a spec as JSON, see :func:`write_whole`. Raises HHStudioError."""
    write_whole(path, specs.encode(spec))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file: the old one stays whole until the new one is. Raises HHStudioError."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise HHStudioError(f"{path}: cannot be written ({error.strerror or error})") from None


def shown_path(path: Path) -> str:
    """A path for the screen: relative to the working folder or with ``~`` where that is shorter."""
    for base, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        try:
            return prefix + path.relative_to(base).as_posix()
        except ValueError:
            continue
    return str(path)
