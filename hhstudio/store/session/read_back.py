"""Read-back of a session: what can be read of its files now, before anybody is told that it was kept."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from hhstudio.core.errors import SessionError
from hhstudio.store.file import safe_read
from hhstudio.store.session import pending_journal, reading


class Kept(NamedTuple):
    """``step``: up to which there are curves; ``checkpoint``: the step to go on from, None where there is
    none."""

    step: int
    checkpoint: int | None


def kept_in(path: Path) -> Kept:
    """What session file and journal hold, of which neither is touched. Raises SessionError, OSError."""
    loaded = pending_journal.load(path, metrics=())
    try:
        with safe_read.reading(path):
            in_journal = None if loaded.foreign else loaded.tail.state
            checkpoint = reading.state_step(loaded.base) if in_journal is None else in_journal[0]
            return Kept(loaded.history.step, checkpoint)
    finally:
        loaded.close()


def read_back(path: Path) -> Kept | None:
    """:func:`kept_in`; None where they make no session."""
    try:
        return kept_in(path)
    except (SessionError, OSError):
        return None
