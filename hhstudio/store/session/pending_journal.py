"""Pending journal: a session file and the journal beside it read as one, and merged."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import h5py

import hhstudio
from hhstudio.core.errors import SessionError
from hhstudio.core.run.events import Finished
from hhstudio.core.run.history import History, SeriesKey
from hhstudio.core.run.series import Series
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.journal import JournalReader, journal_path, new_journal_path
from hhstudio.store.journal.replay import JournalTail, Replay, replay
from hhstudio.store.session import reading
from hhstudio.store.session.compaction import Sources, compact
from hhstudio.store.session.reading import FileIdentity
from hhstudio.store.session.writing import Identity


@dataclass
class Loaded:
    """A session as it is now. ``replayed``: what came from the journal, None where there is none.

    ``foreign``: the journal belongs to another run and was left alone. Files stay open until close().
    """

    history: History
    identity: FileIdentity
    base: h5py.File
    journal: JournalReader | None = None
    tail: JournalTail = field(default_factory=JournalTail)
    replayed: Replay | None = None
    foreign: bool = False

    def close(self) -> None:
        self.base.close()
        if self.journal is not None:
            self.journal.close()


class Known(NamedTuple):
    """The curves of a session up to a record, all of them."""

    identity: FileIdentity
    series: dict[SeriesKey, Series]


def load(path: Path, metrics: Collection[str] | None = None, known: Known | None = None) -> Loaded:
    """Read file and journal without touching either; a writer may be at work. ``metrics``: whose curves are
    read from the file, None for all. ``known``: curves that are taken over, rather than read, where the file
    goes exactly as far. Raises SessionError."""
    # Journal first: its writer puts the new file in place before it empties the journal, so that the
    # file, opened later, holds at least everything before the journal's first record.
    journal = _open_journal(path)
    try:
        if journal is not None and not path.exists():
            raise safe_read.DamagedError(
                f"{path}: the session file is gone, only its journal is there; bring the file back, or let "
                "`hhstudio recover` make a new one of what the journal holds"
            )
        base = safe_read.open_hdf5(path)
    except BaseException:
        if journal is not None:
            journal.close()
        raise
    loaded = Loaded(History(), FileIdentity("", 0), base, journal)
    try:
        with safe_read.reading(path):
            loaded.identity = reading.identity(base)
            if known is not None and known.identity == loaded.identity:
                loaded.history = reading.read_history(base, ())
                loaded.history.series = known.series
            else:
                loaded.history = reading.read_history(base, metrics)
    except safe_read.DamagedError as error:
        newer = _newer_program(base)
        loaded.close()
        if newer:
            raise SessionError(
                f"{path}: written by hhstudio {newer}, which is newer than this one ({hhstudio.__version__}) "
                "and knows settings that it does not; open it with a newer hhstudio"
            ) from None
        raise error
    except BaseException:
        loaded.close()
        raise
    if journal is not None:
        header = journal.header
        loaded.foreign = header is not None and header.session != loaded.identity.session
        if not loaded.foreign:
            loaded.replayed = replay(loaded.history, journal, loaded.identity.sequence, loaded.tail)
    return loaded


def _newer_program(file: h5py.File) -> str:
    """The version of the program that wrote a file, where it is newer than this one."""
    try:
        app = safe_read.text_attribute(file, "app")
        numbers = [tuple(map(int, v.split(".")[:3])) for v in (app, hhstudio.__version__)]
    except (*safe_read.DAMAGE, SessionError):
        return ""
    return app if numbers[0] > numbers[1] else ""


def has_leftovers(path: Path) -> bool:
    """Whether a writer, at work or dead, has anything beside the session file."""
    return any(map(os.path.exists, (journal_path(path), *_scraps(path))))


def merge_journal(path: Path, end: Finished | None = None) -> Replay | None:
    """Take a left-over journal into the session file, and tidy up; the caller holds the lock. ``end``: how
    the run ended, known to whoever outlived its writer; it counts where the journal says nothing of that.

    Returns what was replayed, None where no journal was left. A journal of another run, or one with
    damage inside, is kept under another name. Raises SessionError, OSError.
    """
    for scrap in _scraps(path):
        scrap.unlink(missing_ok=True)
    journal = journal_path(path)
    if not journal.exists():
        return None
    loaded = load(path)
    try:
        replayed, reader = loaded.replayed, loaded.journal
        ends = end is not None and loaded.history.end is None
        if end is not None and ends:
            loaded.history.apply(end)
        if replayed is not None and (replayed.records or ends):
            end = loaded.history.end
            identity = Identity(
                loaded.identity.session, replayed.sequence, end.state if end is not None else "failed"
            )
            compact(path, loaded.history, identity, Sources(loaded.base, reader, loaded.tail))
    finally:
        loaded.close()
    if loaded.foreign:
        journal.rename(free_name(journal, "foreign"))
    elif replayed is not None and replayed.problem and not (reader is not None and reader.torn):
        journal.rename(free_name(journal, "damaged"))
    else:
        journal.unlink(missing_ok=True)
    return replayed


def free_name(path: Path, what: str) -> Path:
    """``NAME.what-N`` with the smallest number that nothing in the folder has."""
    number = 1
    while os.path.lexists(free := path.with_name(f"{path.name}.{what}-{number}")):
        number += 1
    return free


def _scraps(path: Path) -> tuple[Path, Path]:
    """Files that were being written when their writer died: of no use, whatever is in them."""
    return file_format.temporary_path(path), new_journal_path(journal_path(path))


def _open_journal(path: Path) -> JournalReader | None:
    try:
        return JournalReader(journal_path(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # then there can be none
            return None
        raise SessionError(f"{journal_path(path)}: {error.strerror or error}") from None
