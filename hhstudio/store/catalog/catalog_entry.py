"""Catalog entry: the line that a list of sessions shows, from attributes only, whatever the file is."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import msgspec
from msgspec.structs import replace

from hhstudio.core.errors import DamagedError, HHStudioError
from hhstudio.core.run.events import Whole
from hhstudio.store.file import safe_read
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.journal.lock import owner
from hhstudio.store.session import reading
from hhstudio.store.session.thumbnail_data import ThumbnailData, thumbnail_data
from hhstudio.store.session.writing import BRIEF

_LARGEST = 32 << 20
"""Bytes of a file without thumbnail data that is worth reading for them."""


class CatalogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """``average``: by path, of the last tasks learned; ``size`` in bytes, journal included; ``modified``:
    seconds since the epoch. ``error``: why nothing else is known, "" where it is. ``pending_journal``: a
    journal waits to be merged, so that the file knows less than opening it will show."""

    path: Path
    state: str = ""
    name: str = ""
    dataset: str = ""
    device: str = ""
    created: str = ""
    step: Whole = 0
    total_steps: Whole = 0
    seconds: float = 0.0
    average: dict[str, float | None] = {}
    size: int = 0
    modified: float = 0.0
    pending_journal: bool = msgspec.field(name="leftover", default=False)
    error: str = ""
    tasks: Whole = 0
    thumbnail: ThumbnailData = msgspec.field(name="sketch", default=ThumbnailData())


def catalog_entry(path: Path | str) -> CatalogEntry:
    """What a session is, in about a millisecond. Never raises."""
    path = Path(path)
    size, modified = _on_disk(path)
    journal, _ = _on_disk(journal_path(path))
    entry = CatalogEntry(path=path, size=size + journal, modified=modified, pending_journal=journal > 0)
    try:
        if journal and not path.exists():
            raise DamagedError(f"{path}: only its journal is left", "`hhstudio recover` rebuilds it")
        with safe_read.open_hdf5(path) as file, safe_read.reading(path):
            return _read(file, entry)
    except DamagedError as error:
        return replace(entry, error=str(error.without_advice))
    except HHStudioError as error:
        return replace(entry, error=str(error))


def _read(file: h5py.File, entry: CatalogEntry) -> CatalogEntry:
    state = safe_read.text_attribute(file, "state")
    if (state == "running" or entry.pending_journal) and owner(entry.path) is not None:
        state = "running"
    elif state == "running" or state not in ("finished", "stopped", "failed"):
        state = "failed"
    brief = json.loads(safe_read.text_attribute(file, "brief", "{}"))
    if not isinstance(brief, dict) or not brief.keys() <= {*BRIEF, "average", "tasks", "sketch"}:
        raise ValueError("the attribute brief is not what it should be")
    if "sketch" not in brief and file.id.get_filesize() <= _LARGEST:  # written before there were any
        history = reading.read_history(file)
        brief |= {"sketch": thumbnail_data(history), "tasks": len(history.tasks)}
    fields = msgspec.convert({**brief, "path": entry.path}, CatalogEntry)
    return replace(
        fields,
        state=state,
        size=entry.size,
        modified=entry.modified,
        pending_journal=entry.pending_journal,
    )


def _on_disk(path: Path) -> tuple[int, float]:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return 0, 0.0
    return status.st_size, status.st_mtime
