"""Session writer: every event into the journal, everything into the session file at checkpoints."""

from __future__ import annotations

import errno
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from hhstudio.core.atomic_write import is_full
from hhstudio.core.errors import SessionError, StorageError
from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.store.file import safe_read
from hhstudio.store.journal import records, replay
from hhstudio.store.journal.flush_thread import FlushThread
from hhstudio.store.journal.journal import JournalReader, JournalWriter, journal_path
from hhstudio.store.journal.lock import Lock
from hhstudio.store.journal.preamble import preamble, small_state
from hhstudio.store.journal.replay import JournalTail
from hhstudio.store.session import pending_journal, reading
from hhstudio.store.session.compaction import Sources, compact
from hhstudio.store.session.held_file import HeldFile
from hhstudio.store.session.place import check_place
from hhstudio.store.session.relocation import relocate
from hhstudio.store.session.writing import Identity, Outcome

PENDING_BYTES = 512 << 20
"""A journal longer than this is compacted without waiting for the next checkpoint."""
SMALL_BYTES = 32 << 20
"""Session files up to this size are written anew at every checkpoint. Larger ones only when the journal
has grown to a good part of their size; until then a checkpoint is one more record, so that what is
written in all stays in proportion to what there is to keep."""
SHARE = 50
"""Writing the file takes at most one part in so many of the time: a checkpoint that comes sooner goes into
the journal, which costs a hundredth of it and is as safe."""
LOOK_SECONDS = 0.5
"""How often it is seen to that session file, journal and lock still are in their places."""
RETRY_SECONDS = 60.0
"""Seconds before a session file that could not be written is tried again; the journal serves meanwhile."""


class SessionWriter:
    """The one writer of a session file; a context manager.

    Begin with :meth:`start` (a new run) or :meth:`resume_at` (a run that goes on), then :meth:`record`
    every event, :meth:`checkpoint` when the trainer's state is worth keeping, and :meth:`close`.
    Leaving the context without :meth:`close` keeps what was recorded, as of a run that failed.

    Raises SessionError when another writer has the session, when the file exists and is not to be
    overwritten, or when it cannot be resumed; StorageError when the disk is full or cannot be written, or
    the files were taken away: the text says what was kept. What was recorded then waits in memory and in the
    files that are held open, nothing is lost by calling again later, or by going on elsewhere
    (:meth:`move_to`); the session file of the last checkpoint stays whole. What a task's end or a checkpoint
    says is on disk, under the session's name, when the call returns.

    A thread of its own hands records to the operating system, however long a caller is busy. A process that
    is forked off records nothing.

    ``path``: the session file, another one after :meth:`move_to`. ``needs_state``: the session file was
    replaced and with it the last trainer state lost; a checkpoint should be made soon. ``left_over``: why
    :meth:`close` had to leave the journal beside the file.
    """

    def __init__(self, path: Path | str, overwrite: bool = False, what: str = "hhstudio") -> None:
        self.path = Path(path)
        self.history = History()
        self._overwrite, self._what = overwrite, what
        self._tail = JournalTail()
        self._journal: JournalWriter | None = None
        self._flush_thread: FlushThread | None = None
        self._process = os.getpid()
        self._held_file = HeldFile(self.path)
        self._saved: int | None = None
        self._state: TrainerState | None = None
        self._look_due = 0.0
        self._compact_due = 0.0
        self._rest_until = 0.0
        self.needs_state = False
        self.left_over = ""
        check_place(self.path)
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
        replay.apply(self.history, run)
        session = uuid.uuid4().hex
        # file before journal: a journal that another run left here is told by its id, and replaced
        with self._keeping(lambda: "nothing was recorded yet"):
            self._compact(Identity(session, 1, "running"), Sources())
            self._begin_journal(
                JournalWriter(journal_path(self.path), session, 1, preamble(self.history, None))
            )

    def resume_at(self, resumed: events.Resumed) -> None:
        """Go on from a step of the session that is there; what was recorded after it becomes void."""
        if not self.path.exists() and not journal_path(self.path).exists():
            raise SessionError(f"{self.path}: there is no such session to resume")
        pending_journal.merge_journal(self.path)
        with safe_read.open_hdf5(self.path) as file, safe_read.reading(self.path):
            self.history = reading.read_history(file)
            session, sequence = reading.identity(file)
            self._saved = reading.state_step(file)
            self._state = small_state(reading.read_state(file))
        with self._keeping(lambda: "the session is as it was"):
            self._held_file.acquire(reading.FileIdentity(session, sequence))
            first = preamble(self.history, self._state)
            self._begin_journal(JournalWriter(journal_path(self.path), session, sequence, first))
        self.record(resumed)

    def record(self, event: events.Event) -> None:
        """Append an event. In the journal within a second; the end of a task is on disk at once.

        Where StorageError is raised the event has been taken all the same.
        """
        if isinstance(event, events.NEVER_JOURNALLED):
            return
        journal = self._recording()
        replay.apply(self.history, event)
        self._tail.note(event, journal.add(event))
        with self._keeping():
            journal.tick()
            if isinstance(event, (events.TaskFinished, events.EndMeasured, events.Resumed)):
                journal.sync()
                self._restore()
            if journal.pending > PENDING_BYTES:
                self._try_to_compact(None)

    def tick(self) -> None:
        """See that files and journal are in their places, and raise what kept them from being written; call
        it about every half second."""
        journal = self._recording()
        with self._keeping():
            journal.tick()
            now = time.monotonic()
            if now >= self._look_due:
                self._look_due = now + LOOK_SECONDS
                self._restore()

    def flush(self) -> None:
        """Hand everything to the operating system now: readers see it, and it survives our death."""
        with self._keeping():
            self._recording().flush()
            self._restore()

    def checkpoint(self, state: TrainerState) -> events.Checkpointed:
        """Put everything, and the state to go on from, onto the disk: into the session file, or into the
        journal where the file is large, was written lately, or has no room beside it. Returns after the
        disk has it; the event that it returns says how long that took, and has been recorded."""
        began = time.monotonic()
        before = self.history.checkpoint
        self.history.apply(events.Checkpointed(step=state.step))
        try:
            with self._keeping():
                if not (self._is_worth_compacting() and self._try_to_compact(state)):
                    self._append_state(state)
                self._saved, self._state, self.needs_state = state.step, small_state(state), False
                self._restore()
        except BaseException:
            self.history.checkpoint = before
            raise
        done = events.Checkpointed(step=state.step, seconds=time.monotonic() - began)
        self.record(done)
        return done

    def move_to(self, path: Path) -> str:
        """Go on in another file, into which everything so far is written; what lies at the old place stays as
        it is. Returns what could not be taken along, "" where nothing is missing.

        Raises SessionError where there is a session of that name, or it is being written; StorageError.
        """
        journal = self._recording()
        for taken in (path, journal_path(path)):
            if taken.exists():
                raise SessionError(f"{taken}: exists already; choose another name")
        try:
            lock = Lock(path, self._what)
        except OSError as error:
            raise StorageError(f"{path}: cannot be written ({_in_words(error)})") from None
        try:
            new = relocate(path, self.history, self._state, self._held_file, journal, self._tail)
        except BaseException as error:
            lock.release()
            if isinstance(error, (OSError, RuntimeError)):
                raise StorageError(f"{path}: {_in_words(error)}") from error
            raise
        self._end_flushing()
        journal.abandon()
        self._held_file.release()
        self._lock.release()
        self.path, self._lock, self._held_file, self._tail = path, lock, new.held_file, JournalTail()
        self._compact_due = self._rest_until = 0.0
        self.needs_state = not new.has_state
        self._begin_journal(new.journal)
        return new.missing

    def close(self, finished: events.Finished | None = None) -> None:
        """Record the end, if there is one, and leave one whole session file and no journal.

        Where there is no room for another file but the journal took everything, both stay, and
        ``left_over`` says so: opening the session takes the journal in. Where StorageError is raised, the
        writer is still open: it can be closed again later, or moved elsewhere first.
        """
        journal = self._journal
        if journal is None:
            self._release()
            return
        if finished is not None and self.history.end != finished:
            self.record(finished)
        with self._keeping():
            self._restore()
            try:
                self._checkpoint(None, ended=True)
            except (OSError, RuntimeError, SessionError) as error:
                journal.sync()
                self._check_journal(error)
                self.left_over = (
                    f"{_in_words(error)}: {self.path.name} could not be brought up to date; everything "
                    f"is in {journal.path.name}, and taken in when it is opened and there is room"
                )
            else:
                if not self._held_file.holds():
                    raise FileNotFoundError(errno.ENOENT, "the session file was taken away")
        if not self.left_over:
            self._end_flushing()
            self._journal = None
            journal.remove()
        self._release()

    def _restore(self) -> None:
        """Have session file, journal and lock in their places. What was deleted or replaced is written anew
        from what is held open. Raises OSError where that cannot be."""
        journal = self._recording()
        in_place = journal.is_in_place()
        if not in_place or not self._lock.is_held:
            if not self.path.parent.is_dir():
                raise FileNotFoundError(errno.ENOENT, f"the folder {self.path.parent} is gone")
            try:
                self._lock.renew()
            except SessionError:
                raise OSError(errno.EBUSY, "another program writes a session of that name now") from None
        if not in_place:
            if journal.path.exists():
                journal.path.rename(pending_journal.free_name(journal.path, "replaced"))
            self._warn(f"{journal.path.name} was deleted while it was being written; it is written anew")
            try:
                self._checkpoint(None)
            except SessionError as error:  # of what is read: another place can do without
                raise OSError(errno.EIO, str(error)) from error
        elif not (self._held_file.holds() or self._try_to_compact(None) or self.path.exists()):
            self._compact_due = 0.0
            raise FileNotFoundError(errno.ENOENT, "the session file was deleted, and cannot be written anew")

    def _check_journal(self, why: Exception) -> None:
        """Read the journal back; raises OSError for ``why`` where it does not hold everything."""
        journal = self._recording()
        last = 0
        if journal.is_in_place():
            with JournalReader(journal.path) as reader:
                for frame, _ in reader.frames():
                    last = frame.sequence
        if last != journal.sequence:
            raise why if isinstance(why, OSError) else OSError(errno.EIO, str(why))

    def _try_to_compact(self, state: TrainerState | None) -> bool:
        """Write the session file anew; False where the disk did not allow it, or did not lately. The
        journal then goes on holding what it holds."""
        if time.monotonic() < self._compact_due:
            return False
        try:
            self._checkpoint(state)
        except (OSError, RuntimeError) as error:
            self._compact_due = time.monotonic() + RETRY_SECONDS
            self._warn(
                f"{_in_words(error)}: {self.path.name} could not be written anew and stays as it was at the "
                "last checkpoint; what came later is kept in its journal"
            )
            return False
        self._compact_due = 0.0
        return True

    def _checkpoint(self, state: TrainerState | None, ended: bool = False) -> None:
        notes = [self._held_file.set_aside_others()]
        base, lost = self._held_file.base()
        if any(notes := [*notes, lost]):
            self._warn("; ".join(filter(None, notes)))
        last_state = state or self._state
        self.needs_state = base is None and last_state is None and self._tail.state is None
        try:
            journal = self._recording()
            end = self.history.end
            outcome: Outcome = end.state if end else "failed" if ended else "running"
            identity = Identity(journal.session, journal.sequence, outcome)
            self._compact(identity, Sources(base, journal, self._tail), last_state)
        finally:
            if base is not None:
                base.close()
        self._tail = JournalTail()
        if not ended:
            try:
                journal.restart(preamble(self.history, last_state))
            except OSError:
                if not journal.is_in_place():
                    raise
                # the old journal goes on: what the file holds too is told by its numbers

    def _is_worth_compacting(self) -> bool:
        if time.monotonic() < self._rest_until:
            return False
        size = self._held_file.size
        return size <= SMALL_BYTES or self._recording().pending >= min(size / 4, PENDING_BYTES)

    def _append_state(self, state: TrainerState) -> None:
        journal = self._recording()
        record = records.stored(state)
        self._tail.note(record, journal.append(record))
        journal.sync()

    def _compact(self, identity: Identity, sources: Sources, state: TrainerState | None = None) -> None:
        began = time.monotonic()
        compact(self.path, self.history, identity, sources, state)
        now = time.monotonic()
        self._rest_until = now + SHARE * (now - began)
        self._held_file.acquire(reading.FileIdentity(identity.session, identity.sequence))

    def _warn(self, message: str) -> None:
        """Into the journal's buffer, once however often it is tried; whoever called writes it."""
        if any(entry.message == message for entry in self.history.log[-3:]):
            return
        warning = events.Log(time=time.time(), level="warning", message=message)
        self.history.apply(warning)
        self._tail.note(warning, self._recording().add(warning))

    def _begin_journal(self, journal: JournalWriter) -> None:
        self._journal, self._flush_thread = journal, FlushThread(journal)

    def _end_flushing(self) -> None:
        if self._flush_thread is not None:
            self._flush_thread.close()
            self._flush_thread = None

    def _recording(self) -> JournalWriter:
        if self._journal is None:
            raise SessionError(f"{self.path}: nothing is being recorded; start or resume first")
        if os.getpid() != self._process:
            raise SessionError(f"{self.path}: is recorded by the process that this one was forked from")
        return self._journal

    def _kept(self) -> str:
        if self._journal is None or not (self._held_file.holds() and self._journal.is_in_place()):
            return "what was recorded is held in memory"
        saved = (
            "the settings"
            if self._saved is None
            else f"everything up to the checkpoint at step {self._saved}"
        )
        return f"{saved} is kept in {self.path.name}, and what its journal could still take"

    @contextmanager
    def _keeping(self, remainder: Callable[[], str] | None = None) -> Iterator[None]:
        """Say what was kept when the disk does not take more."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            kept = (remainder or self._kept)()
            raise StorageError(f"{self.path}: {_in_words(error)}", kept) from error

    def _release(self) -> None:
        if os.getpid() != self._process:
            return
        self._end_flushing()
        if self._journal is not None:
            try:
                self._journal.close()
            except OSError:
                pass  # what it could not take is lost; the caller knows from record() or close()
            self._journal = None
        self._held_file.release()
        self._lock.release()


def _in_words(error: BaseException) -> str:
    if is_full(error):
        return "the disk is full"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:200]
