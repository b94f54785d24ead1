"""The line that a list of sessions shows: attributes only, whatever the file is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import msgspec

from hhstudio.core.errors import HHStudioError
from hhstudio.store.file import safe_read
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.journal.lock import owner
from hhstudio.store.session import reading
from hhstudio.store.session.thumbnail_data import Sketch, sketch
from hhstudio.store.session.writing import BRIEF

_LARGEST = 32 << 20
"""Bytes of a file without a sketch that is worth reading for one."""


@dataclass(frozen=True)
class Brief:
    """``average``: by path, of the last tasks learned; ``size`` in bytes, journal included; ``modified``:
    seconds since the epoch. ``error``: why nothing else is known, "" where it is. ``leftover``: a journal
    waits to be taken in, so that the file knows less than opening it will show."""

    path: Path
    state: str = ""
    name: str = ""
    dataset: str = ""
    device: str = ""
    created: str = ""
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    average: dict[str, float | None] = field(default_factory=dict)
    size: int = 0
    modified: float = 0.0
    leftover: bool = False
    error: str = ""
    tasks: int = 0
    sketch: Sketch = field(default_factory=Sketch)


def brief(path: Path | str) -> Brief:
    """What a session is, in about a millisecond. Never raises."""
    path = Path(path)
    size, modified = _on_disk(path)
    journal, _ = _on_disk(journal_path(path))
    common = {"path": path, "size": size + journal, "modified": modified, "leftover": journal > 0}
    try:
        if journal and not path.exists():
            raise safe_read.DamagedError(f"{path}: only its journal is left; `hhstudio recover` rebuilds it")
        with safe_read.open_hdf5(path) as file, safe_read.reading(path):
            return _read(path, file, common)
    except HHStudioError as error:
        return Brief(**common, error=str(error))  # type: ignore[arg-type]


def _read(path: Path, file: h5py.File, common: dict[str, object]) -> Brief:
    state = safe_read.text_attribute(file, "state")
    lives = (state == "running" or common["leftover"]) and owner(path) is not None
    if lives:
        state = "running"
    elif state == "running" or state not in ("finished", "stopped", "failed"):
        state = "failed"
    told = json.loads(safe_read.text_attribute(file, "brief", "{}"))
    if not isinstance(told, dict) or not told.keys() <= {*BRIEF, "average", "tasks", "sketch"}:
        raise ValueError("the attribute brief is not what it should be")
    if "sketch" not in told and file.id.get_filesize() <= _LARGEST:  # written before there were any
        history = reading.read_history(file)
        told |= {"sketch": sketch(history), "tasks": len(history.tasks)}
    return msgspec.convert({**common, **told, "state": state}, Brief)


def _on_disk(path: Path) -> tuple[int, float]:
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0, 0.0
    return found.st_size, found.st_mtime
