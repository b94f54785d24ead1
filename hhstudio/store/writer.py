"""Recording a run: every event into the journal, everything into the session file at checkpoints."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import h5py

from hhstudio.core import events
from hhstudio.core.errors import SessionError, TrainingError
from hhstudio.core.history import History
from hhstudio.core.state import TrainerState
from hhstudio.store import guard, leftover, read, records, tail
from hhstudio.store.compact import Sources, compact
from hhstudio.store.durable import is_full
from hhstudio.store.journal import JournalReader, JournalWriter, journal_path
from hhstudio.store.lock import Lock
from hhstudio.store.tail import Tail
from hhstudio.store.write import Identity, Outcome

PENDING_BYTES = 512 << 20
"""A journal longer than this is compacted without waiting for the next checkpoint."""
SMALL_BYTES = 32 << 20
"""Session files up to this size are written anew at every checkpoint. Larger ones only when the journal
has grown to a good part of their size; until then a checkpoint is one more record, so that what is
written in all stays in proportion to what there is to keep."""


class SessionWriter:
    """The one writer of a session file; a context manager.

    Begin with :meth:`start` (a new run) or :meth:`resume_at` (a run that goes on), then :meth:`record`
    every event, :meth:`checkpoint` when the trainer's state is worth keeping, and :meth:`close`.
    Leaving the context without :meth:`close` keeps what was recorded, as of a run that failed.

    Raises SessionError when another writer has the session, when the file exists and is not to be
    overwritten, or when it cannot be resumed; TrainingError when the disk is full (the text says what
    was kept; the session file of the last checkpoint stays whole).
    """

    def __init__(self, path: Path | str, overwrite: bool = False, what: str = "hhstudio") -> None:
        self.path = Path(path)
        self.history = History()
        self._overwrite = overwrite
        self._tail = Tail()
        self._journal: JournalWriter | None = None
        self._anchor: BinaryIO | None = None
        self._saved: int | None = None
        try:
            self._lock = Lock(self.path, what)
        except OSError as error:
            raise SessionError(f"{self.path}: cannot be written ({error.strerror or error})") from None

    def __enter__(self) -> SessionWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._release()

    def start(self, run: events.RunStarted) -> None:
        """A new run. The session file exists from here on. Raises SessionError when it did before."""
        if not self._overwrite:
            for path in (self.path, journal_path(self.path)):
                if path.exists():
                    raise SessionError(f"{path}: exists already; choose another name, or resume that session")
        tail.apply(self.history, run)
        session = uuid.uuid4().hex
        # file before journal: a journal that another run left here is told by its id, and replaced
        with self._keeping("nothing was recorded yet"):
            self._compact(Identity(session, 1, "running"), Sources())
            self._journal = JournalWriter(journal_path(self.path), session, base=1)

    def resume_at(self, resumed: events.Resumed) -> None:
        """Go on from a step of the session that is there; what was recorded after it becomes void."""
        if not self.path.exists() and not journal_path(self.path).exists():
            raise SessionError(f"{self.path}: there is no such session to resume")
        leftover.settle(self.path)
        with guard.open_hdf5(self.path) as file, guard.reading(self.path):
            self.history = read.read_history(file)
            session, sequence = read.identity(file)
            self._saved = read.state_step(file)
        with self._keeping("the session is as it was"):
            self._anchor = self.path.open("rb")
            self._journal = JournalWriter(journal_path(self.path), session, base=sequence)
        self.record(resumed)

    def record(self, event: events.Event) -> None:
        """Append an event. In the journal within a second, if :meth:`tick` or this is called so often."""
        if isinstance(event, events.Watched):
            return
        journal = self._recording()
        with self._keeping(self._kept()):
            tail.apply(self.history, event)
            self._tail.note(event, journal.append(event))
            if isinstance(event, (events.TaskFinished, events.Resumed)):
                journal.sync()
            if journal.size > PENDING_BYTES:
                self._checkpoint(None)

    def tick(self) -> None:
        """Flush when it is time to; call it at least every half second."""
        with self._keeping(self._kept()):
            self._recording().tick()

    def flush(self) -> None:
        """Hand everything to the operating system now: readers see it, and it survives our death."""
        with self._keeping(self._kept()):
            self._recording().flush()

    def checkpoint(self, state: TrainerState) -> events.Checkpointed:
        """Put everything, and the state to go on from, onto the disk: into the session file, or into the
        journal where the file is large. Returns after the disk has it; the event that it returns says
        how long that took, and has been recorded."""
        began = time.monotonic()
        before = self.history.checkpoint
        self.history.apply(events.Checkpointed(step=state.step))
        try:
            with self._keeping(self._kept()):
                if self._is_worth_compacting():
                    self._checkpoint(state)
                else:
                    self._append_state(state)
        except BaseException:
            self.history.checkpoint = before
            raise
        self._saved = state.step
        done = events.Checkpointed(step=state.step, seconds=time.monotonic() - began)
        self.record(done)
        return done

    def close(self, finished: events.Finished | None = None) -> None:
        """Record the end, if there is one, and leave one whole session file and no journal."""
        journal = self._journal
        if journal is None:
            self._release()
            return
        try:
            if finished is not None:
                self.record(finished)
            with self._keeping(self._kept()):
                self._checkpoint(None, ended=True)
            self._journal = None
            journal.remove()
        finally:
            self._release()

    def _checkpoint(self, state: TrainerState | None, ended: bool = False) -> None:
        base = self._base()
        try:
            journal = self._recording()
            journal.flush()
            end = self.history.end
            outcome: Outcome = end.state if end else "failed" if ended else "running"
            identity = Identity(journal.session, journal.sequence, outcome)
            with JournalReader(journal.path) as reader:
                self._compact(identity, Sources(base, reader, self._tail), state)
        finally:
            base.close()
        self._tail = Tail()
        if not ended:
            journal.restart()

    def _is_worth_compacting(self) -> bool:
        assert self._anchor is not None
        size = os.fstat(self._anchor.fileno()).st_size
        return size <= SMALL_BYTES or self._recording().size >= min(size / 4, PENDING_BYTES)

    def _append_state(self, state: TrainerState) -> None:
        journal = self._recording()
        record = records.stored(state)
        self._tail.note(record, journal.append(record))
        journal.sync()

    def _compact(self, identity: Identity, sources: Sources, state: TrainerState | None = None) -> None:
        compact(self.path, self.history, identity, sources, state)
        if self._anchor is not None:
            self._anchor.close()
        self._anchor = self.path.open("rb")

    def _base(self) -> h5py.File:
        """The session file as we left it, also when it was deleted or replaced under us."""
        assert self._anchor is not None
        try:
            if os.path.samestat(os.fstat(self._anchor.fileno()), self.path.stat()):
                return guard.open_hdf5(self.path)
            aside = leftover.free_name(self.path, "replaced")
            self.path.rename(aside)
            self._warn(f"{self.path.name} was replaced by another file, which is now {aside.name}")
        except FileNotFoundError:
            self._warn(f"{self.path.name} was deleted while it was being written; it is written anew")
        self._anchor.seek(0)
        return guard.open_hdf5(self.path, self._anchor)

    def _warn(self, message: str) -> None:
        self.record(events.Log(time=time.time(), level="warning", message=message))

    def _recording(self) -> JournalWriter:
        if self._journal is None:
            raise SessionError(f"{self.path}: nothing is being recorded; start or resume first")
        return self._journal

    def _kept(self) -> str:
        saved = (
            "the settings"
            if self._saved is None
            else f"everything up to the checkpoint at step {self._saved}"
        )
        return f"{saved} is kept in {self.path.name}, and what its journal could still take"

    @contextmanager
    def _keeping(self, kept: str) -> Iterator[None]:
        """Say what was kept when the disk does not take more."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            why = "the disk is full" if is_full(error) else " ".join(str(error).split())[:200]
            raise TrainingError(f"{self.path}: {why}; {kept}") from error

    def _release(self) -> None:
        if self._journal is not None:
            try:
                self._journal.close()
            except OSError:
                pass  # what it could not take is lost; the caller knows from record() or close()
            self._journal = None
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        self._lock.release()
