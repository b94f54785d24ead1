"""Export files: replaced whole, and where a library is missing, the error says how to install it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hhstudio.core.errors import ExportError

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

Key = tuple[str, int]


@contextlib.contextmanager
def needed_for(what: str) -> Iterator[None]:
    """Imports of libraries that only an export needs. Raises ExportError where one is not installed."""
    try:
        yield
    except ImportError as error:
        library = (error.name or str(error)).partition(".")[0]
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
