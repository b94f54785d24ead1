"""Python script: the lines that open the same data in a notebook, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import ExportError
from hhstudio.core.run import python_snippets
from hhstudio.store.export.files import chosen

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session


def export_python(session: Session, out: Path, path: str | None = None, task: int | None = None) -> None:
    """Of one condition, or of the whole session. Raises ExportError and WriteError."""
    if (path is None) != (task is None):
        raise ExportError("--path and --task name one condition together: give both, or neither")
    if path is None or task is None:
        lines = python_snippets.everything(session.path)
    else:
        chosen(session, path, task)
        lines = python_snippets.weights(session.path, path, task)
    write_file(out, lines.encode())
