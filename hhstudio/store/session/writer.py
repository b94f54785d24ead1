"""Session writer: every event into the journal, everything into the session file at checkpoints."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
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
from hhstudio.store.journal.journal import JournalReader, JournalWriter, journal_path
from hhstudio.store.journal.lock import Lock
from hhstudio.store.journal.preamble import preamble, small_state
from hhstudio.store.journal.replay import JournalTail
from hhstudio.store.session import pending_journal, reading
from hhstudio.store.session.compaction import Sources, compact
from hhstudio.store.session.held_file import HeldFile
from hhstudio.store.session.place import check_place
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
LOOK_SECONDS = 2.0
"""How often it is seen to that the session file still is what it was."""
RETRY_SECONDS = 60.0
"""Seconds before a session file that could not be written is tried again; the journal serves meanwhile."""


class SessionWriter:
    """The one writer of a session file; a context manager.

    Begin with :meth:`start` (a new run) or :meth:`resume_at` (a run that goes on), then :meth:`record`
    every event, :meth:`checkpoint` when the trainer's state is worth keeping, and :meth:`close`.
    Leaving the context without :meth:`close` keeps what was recorded, as of a run that failed.

    Raises SessionError when another writer has the session, when the file exists and is not to be
    overwritten, or when it cannot be resumed; StorageError when the disk is full or cannot be written:
    the text says what was kept. What was recorded then waits in memory, nothing is lost by calling
    again later; the session file of the last checkpoint stays whole.

    ``needs_state``: the session file was replaced and with it the last trainer state lost; a checkpoint
    should be made soon. ``left_over``: why :meth:`close` had to leave the journal beside the file.
    """

    def __init__(self, path: Path | str, overwrite: bool = False, what: str = "hhstudio") -> None:
        self.path = Path(path)
        self.history = History()
        self._overwrite = overwrite
        self._tail = JournalTail()
        self._journal: JournalWriter | None = None
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
        with self._keeping("nothing was recorded yet"):
            self._compact(Identity(session, 1, "running"), Sources())
            self._journal = JournalWriter(journal_path(self.path), session, 1, preamble(self.history, None))

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
        with self._keeping("the session is as it was"):
            self._held_file.acquire(reading.FileIdentity(session, sequence))
            first = preamble(self.history, self._state)
            self._journal = JournalWriter(journal_path(self.path), session, sequence, first)
        self.record(resumed)

    def record(self, event: events.Event) -> None:
        """Append an event. In the journal within a second, if :meth:`tick` or this is called so often.

        Where StorageError is raised the event has been taken all the same.
        """
        if isinstance(event, events.NEVER_JOURNALLED):
            return
        journal = self._recording()
        replay.apply(self.history, event)
        self._tail.note(event, journal.add(event))
        with self._keeping(self._kept()):
            journal.tick()
            if isinstance(event, (events.TaskFinished, events.EndMeasured, events.Resumed)):
                journal.sync()
            if journal.pending > PENDING_BYTES:
                self._try_to_compact(None)

    def tick(self) -> None:
        """Flush when it is time to, and see that the session file is still there; call it at least every
        half second."""
        journal = self._recording()
        with self._keeping(self._kept()):
            journal.tick()
            now = time.monotonic()
            if now >= self._look_due:
                self._look_due = now + LOOK_SECONDS
                if not self._held_file.holds():
                    self._try_to_compact(None)

    def flush(self) -> None:
        """Hand everything to the operating system now: readers see it, and it survives our death."""
        with self._keeping(self._kept()):
            self._recording().flush()

    def checkpoint(self, state: TrainerState) -> events.Checkpointed:
        """Put everything, and the state to go on from, onto the disk: into the session file, or into the
        journal where the file is large, was written lately, or has no room beside it. Returns after the
        disk has it; the event that it returns says how long that took, and has been recorded."""
        began = time.monotonic()
        before = self.history.checkpoint
        self.history.apply(events.Checkpointed(step=state.step))
        try:
            with self._keeping(self._kept()):
                if not (self._is_worth_compacting() and self._try_to_compact(state)):
                    self._append_state(state)
        except BaseException:
            self.history.checkpoint = before
            raise
        self._saved, self._state, self.needs_state = state.step, small_state(state), False
        done = events.Checkpointed(step=state.step, seconds=time.monotonic() - began)
        self.record(done)
        return done

    def close(self, finished: events.Finished | None = None) -> None:
        """Record the end, if there is one, and leave one whole session file and no journal.

        Where there is no room for another file but the journal took everything, both stay, and
        ``left_over`` says so: opening the session takes the journal in.
        """
        journal = self._journal
        if journal is None:
            self._release()
            return
        try:
            if finished is not None:
                self.record(finished)
            with self._keeping(self._kept()):
                try:
                    self._checkpoint(None, ended=True)
                except (OSError, RuntimeError) as error:
                    journal.sync()
                    self.left_over = (
                        f"{_in_words(error)}: {self.path.name} could not be brought up to date; everything "
                        f"is in {journal.path.name}, and taken in when it is opened and there is room"
                    )
                    return
            self._journal = None
            journal.remove()
        finally:
            self._release()

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
        base, note = self._held_file.base()
        if note:
            self._warn(note)
        last_state = state or self._state
        self.needs_state = base is None and last_state is None and self._tail.state is None
        try:
            journal = self._recording()
            journal.flush()
            end = self.history.end
            outcome: Outcome = end.state if end else "failed" if ended else "running"
            identity = Identity(journal.session, journal.sequence, outcome)
            with JournalReader(journal.path) as reader:
                self._compact(identity, Sources(base, reader, self._tail), last_state)
        finally:
            if base is not None:
                base.close()
        self._tail = JournalTail()
        if not ended:
            try:
                journal.restart(preamble(self.history, last_state))
            except OSError:
                pass  # the old journal goes on: what the file holds too is told by its numbers

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
        """Into the journal's buffer; whoever called writes it."""
        warning = events.Log(time=time.time(), level="warning", message=message)
        self.history.apply(warning)
        self._tail.note(warning, self._recording().add(warning))

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
    def _keeping(self, remainder: str) -> Iterator[None]:
        """Say what was kept when the disk does not take more."""
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise StorageError(f"{self.path}: {_in_words(error)}; {remainder}") from error

    def _release(self) -> None:
        if self._journal is not None:
            try:
                self._journal.close()
            except OSError:
                pass  # what it could not take is lost; the caller knows from record() or close()
            self._journal = None
        self._held_file.release()
        self._lock.release()


def _in_words(error: BaseException) -> str:
    return "the disk is full" if is_full(error) else " ".join(str(error).split())[:200]
