"""Python script: the lines that open the same data in a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import ExportError
from hhstudio.store.export.files import chosen

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session


def snippet(file: Path | str, path: str | None = None, task: int | None = None, tensor: str = "") -> str:
    """Python that opens a session: its accuracies and curves, and the weights of a condition if given (one
    tensor of them, if ``tensor`` is given)."""
    lines = ["import hhstudio", f"session = hhstudio.open({str(Path(file).resolve())!r})"]
    if path is None or task is None:
        lines.append("metrics = session.metrics()  # columns: step, path, task, metric, value")
        lines.append("accuracy = {path: session.accuracy(path) for path in session.paths}")
    elif tensor:
        lines.append(f"values = session.tensor({path!r}, {task}, {tensor!r})")
    else:
        lines.append(f"weights = session.weights({path!r}, {task})  # arrays by name")
        lines.append(f"solver = session.solver({path!r}, {task})  # a torch.nn.Module")
    return "\n".join(lines) + "\n"


def export_python(session: Session, out: Path, path: str | None = None, task: int | None = None) -> None:
    """The snippet as a file. Raises ExportError and WriteError."""
    if path is not None and task is not None:
        chosen(session, path, task)
    elif (path is None) != (task is None):
        raise ExportError("--path and --task name one condition together: give both, or neither")
    write_file(out, snippet(session.path, path, task).encode())
