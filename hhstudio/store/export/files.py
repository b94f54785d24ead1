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
    available = sorted(session.available())
    conditions = [key for key in available if path in (None, key[0]) and task in (None, key[1])]
    if not conditions:
        named = ", ".join(f"{p} task {t}" for p, t in available[:6]) or "none"
        more = ", …" if len(available) > 6 else ""
        raise ExportError(f"{session.path}: holds no such weights; known: {named}{more}")
    return conditions
