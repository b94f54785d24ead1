"""What all exports have in common: files are replaced whole, and what is missing is said with its cure."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from hhstudio.core.errors import ExportError
from hhstudio.store.file.atomic_write import put_in_place

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

Key = tuple[str, int]


@contextlib.contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A file beside ``out`` to write into, put in its place when all went well, removed when not. Raises
    ExportError where the folder cannot be written."""
    # the suffix stays last: some writers choose the format by it
    temporary = out.with_name(f".{out.stem}.{os.getpid()}.part{out.suffix}")
    try:
        yield temporary
        put_in_place(temporary, out)
    except OSError as error:
        raise ExportError(f"{out}: cannot be written: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def optional(name: str, what: str) -> ModuleType:
    """A library that only exports need. Raises ExportError where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        library = name.partition(".")[0]
        raise ExportError(
            f"{what} needs {library}, which is not installed: pip install hhstudio[export]"
        ) from None


def chosen(session: Session, path: str | None, task: int | None) -> list[Key]:
    """Conditions whose weights are kept, of one path or one task if given. Raises ExportError where there
    are none."""
    kept = sorted(session.available())
    found = [key for key in kept if path in (None, key[0]) and task in (None, key[1])]
    if not found:
        known = ", ".join(f"{p} task {t}" for p, t in kept[:6]) or "none"
        raise ExportError(f"{session.path}: holds no such weights; known: {known}{', …' * (len(kept) > 6)}")
    return found
