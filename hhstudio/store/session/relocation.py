"""Relocation of a session that is being written: all of it into another file, with a journal of its own."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hhstudio.core.errors import NOT_DECODED, SessionError
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.file import safe_read
from hhstudio.store.journal import records
from hhstudio.store.journal.journal import Frame, JournalWriter, journal_path
from hhstudio.store.journal.preamble import preamble
from hhstudio.store.journal.replay import JournalTail
from hhstudio.store.session.compaction import Sources, compact
from hhstudio.store.session.held_file import HeldFile
from hhstudio.store.session.reading import FileIdentity
from hhstudio.store.session.writing import Identity


class Relocated(NamedTuple):
    """What is written from now on. ``missing``: what could not be read at the old place, in words, "" where
    nothing was lost; ``has_state``: whether the run can go on from the new file."""

    held_file: HeldFile
    journal: JournalWriter
    missing: str
    has_state: bool


def relocate(
    path: Path,
    history: History,
    state: TrainerState | None,
    held_file: HeldFile,
    journal: JournalWriter,
    tail: JournalTail,
) -> Relocated:
    """Write a session and its journal at another place; at the old one everything stays as it is.

    Parameters
    ----------
    path
        The new session file, which is not there yet.
    history, state
        What the session holds, as far as it is in memory.
    held_file, journal, tail
        Its files at the old place, held open wherever they are now, and what lies in the journal.

    Raises
    ------
    OSError
        The new place cannot be written, or is full. Nothing is left there.
    SessionError
        Even what is in memory makes no session.
    """
    base, missing = held_file.base()
    identity = Identity(journal.session, journal.sequence, "running")
    sources = Sources(base, journal, tail)
    try:
        try:
            compact(path, history, identity, sources, state)
        except SessionError as error:  # of what is read: the disk of the old place may be gone
            missing = f"what only the old place held is missing ({error})"
            sources = Sources(None, journal, _readable(tail, journal))
            compact(path, history, identity, sources, state)
    finally:
        if base is not None:
            base.close()
    new_file = HeldFile(path)
    try:
        new_file.acquire(FileIdentity(identity.session, identity.sequence))
        first = preamble(history, state)
        new_journal = JournalWriter(journal_path(path), identity.session, identity.sequence, first)
    except BaseException:
        new_file.release()
        path.unlink(missing_ok=True)
        raise
    has_state = not (sources.base is None and sources.tail.state is None and state is None)
    return Relocated(new_file, new_journal, missing, has_state)


def _readable(tail: JournalTail, journal: JournalWriter) -> JournalTail:
    """What of a journal can be read now: what waits in memory, and whatever else its disk still gives."""

    def is_readable(frame: Frame) -> bool:
        try:
            records.decode(journal.payload(frame))
        except (*safe_read.DAMAGE, *NOT_DECODED):
            return False
        return True

    snapshots = {key: [each for each in kept if is_readable(each[1])] for key, kept in tail.snapshots.items()}
    return JournalTail(
        {key: final for key, final in tail.finals.items() if is_readable(final[1])},
        {key: kept for key, kept in snapshots.items() if kept},
        tail.rewound,
        tail.state if tail.state is not None and is_readable(tail.state[1]) else None,
    )
