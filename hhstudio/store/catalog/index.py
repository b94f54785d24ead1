"""Catalog index: the sessions of a folder, kept ready for lists in ``.hhstudio-index.json`` beside them.

The index is a cache and never the truth: what a file's size and times do not confirm is read anew, a
damaged index is made again, and where none can be written everything works, only slower.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import WriteError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.store.catalog.catalog_entry import CatalogEntry, catalog_entry
from hhstudio.store.catalog.notes import Notes, notes_path, read_notes
from hhstudio.store.journal.journal import journal_path

FILE = ".hhstudio-index.json"
VERSION = 1
_MOST = 256 << 20
"""Bytes of an index that is believed."""

Stamp = tuple[int, ...]


class IndexedSession(msgspec.Struct, frozen=True):
    """One session of a folder. ``stamp``: by which its files are known not to have changed."""

    stamp: Stamp
    session: CatalogEntry = msgspec.field(name="brief")
    notes: Notes = Notes()


@dataclass
class Index:
    """All sessions of a folder by file name. ``complete``: no file waits to be read any more."""

    folder: Path
    entries: dict[str, IndexedSession] = field(default_factory=dict)
    complete: bool = False
    changed: bool = False
    """Whether there is anything that the stored index does not say."""


def load(folder: Path) -> Index:
    """The stored index of a folder, empty where there is none; to be brought :func:`up_to_date`."""

    def path_of(kind: type, text: object) -> Path:
        return folder / Path(str(text)).name  # never a path of the index's own choosing

    try:
        with open_to_read(folder / FILE) as file:
            data = file.read(_MOST)
        version, stored = msgspec.json.decode(data, type=tuple[int, dict[str, msgspec.Raw]])
    except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
        return Index(folder, changed=True)
    if version != VERSION:
        return Index(folder, changed=True)
    entries = {}
    for name, raw in stored.items():
        try:
            entry = msgspec.json.decode(raw, type=IndexedSession, dec_hook=path_of)
        except (ValueError, RecursionError):
            continue  # of a session whose numbers JSON does not have: it is looked at again
        if entry.session.path.name == name:
            entries[name] = entry
    return Index(folder, entries)


def up_to_date(index: Index, seconds: float = 0.25) -> Index:
    """The index after another look at the folder: files that changed are read, for at most about that long;
    what waits is read by the next call. A folder that cannot be listed has no sessions. Never raises."""
    deadline = time.monotonic() + seconds
    entries: dict[str, IndexedSession] = {}
    changed, complete, read = index.changed, True, False
    for name, stamp in _stamps(index.folder).items():
        known = index.entries.get(name)
        if known is not None and known.stamp == stamp and known.session.state != "running":
            entries[name] = known
        elif time.monotonic() < deadline or not read:
            path = index.folder / name
            entries[name] = IndexedSession(stamp, catalog_entry(path), read_notes(path))
            changed = read = True
        else:
            complete = False
            if known is not None:
                entries[name] = known
    changed = changed or entries.keys() != index.entries.keys()
    return Index(index.folder, entries, complete, changed)


def store(index: Index) -> bool:
    """Keep the index for the next time; False where the folder cannot be written. Never raises."""
    try:
        content = msgspec.json.encode((VERSION, index.entries), enc_hook=_name)
        write_file(index.folder / FILE, content, through_links=False)
    except WriteError:
        return False
    index.changed = False
    return True


def _name(value: Any) -> str:
    if isinstance(value, Path):
        return value.name
    raise NotImplementedError


def _stamps(folder: Path) -> dict[str, Stamp]:
    """Of every session in a folder, by its file's name; of those too whose journal alone is left."""
    files: dict[str, os.stat_result] = {}
    try:
        with os.scandir(folder) as listed:
            for item in listed:
                if not item.name.startswith(".") and ".h5" in item.name:
                    with contextlib.suppress(OSError):
                        files[item.name] = item.stat()
    except OSError:
        return {}
    sessions = {name for name in files if name.endswith(".h5")}
    sessions |= {name.removesuffix(".journal") for name in files if name.endswith(".h5.journal")}
    return {name: _stamp(files, folder / name) for name in sorted(sessions)}


def _stamp(files: dict[str, os.stat_result], path: Path) -> Stamp:
    stamp: list[int] = []
    for beside in (path, journal_path(path), notes_path(path)):
        status = files.get(beside.name)
        stamp += [-1] if status is None else [status.st_mtime_ns, status.st_size, status.st_ino]
    return tuple(stamp)
