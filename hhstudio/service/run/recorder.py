"""Recorder: a run's events into the journal of its session and to whoever listens, and its checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hhstudio.core.errors import StorageError
from hhstudio.core.run import events
from hhstudio.core.run.events import Event, RunState
from hhstudio.service.run.clock_watch import ClockWatch

if TYPE_CHECKING:
    from hhstudio.core.run.trainer_state import TrainerState
    from hhstudio.store.session.writer import SessionWriter

T = TypeVar("T")


class Recorder:
    """What a run writes down. Until :meth:`begin` there is no session: events are passed on, and kept for it.

    Parameters
    ----------
    emit
        Called with every event, on the thread that runs.
    wait_for_room
        Called where the disk takes nothing more; returns when it does again. It may raise whatever ends the
        run instead.

    Attributes
    ----------
    step, checkpoint_step
        How far the run has come, and how far its last checkpoint goes, None before the first.
    state
        What was said last of what the run is doing.
    ending
        From here on the run cannot wait for room: a disk that takes nothing is an error.
    """

    def __init__(self, emit: Callable[[Event], None], wait_for_room: Callable[[StorageError], None]) -> None:
        self.emit = emit
        self._wait_for_room = wait_for_room
        self._writer: SessionWriter | None = None
        self._early: list[Event] = []
        self._began = time.monotonic()
        self._seconds_before = 0.0
        self._checkpoint_seconds = 60.0
        self._checkpoint_due = math.inf
        self._clock = ClockWatch()
        self.step = 0
        self.checkpoint_step: int | None = None
        self.state: RunState = "starting"
        self.ending = False

    @property
    def out(self) -> Path:
        """The session file, where there is one."""
        return self._open_writer.path

    @property
    def has_session(self) -> bool:
        """Whether there is a session file that the run is recorded in."""
        return self._writer is not None

    @property
    def seconds(self) -> float:
        """Of the whole run, those before a break included."""
        return self._seconds_before + time.monotonic() - self._began

    def count_from(self, seconds: float) -> None:
        """The run went on for so long before it was interrupted."""
        self._seconds_before = seconds

    def begin(
        self, writer: SessionWriter, first: events.RunStarted | events.Resumed, checkpoint_seconds: float
    ) -> None:
        """Record into ``writer``, which has taken ``first``; checkpoints every so many seconds."""
        self._writer, self._checkpoint_seconds = writer, checkpoint_seconds
        if isinstance(first, events.Resumed):
            self.go_back_to(first.step)
        self.emit(first)
        for event in self._early:
            self._put(writer, event)
        self._early.clear()

    def go_back_to(self, step: int) -> None:
        """The run stands at the checkpoint of that step."""
        self.step = self.checkpoint_step = step

    def record(self, event: Event) -> None:
        """Into the journal, then to whoever listens. Some are only for these."""
        writer = self._writer
        if isinstance(event, events.NEVER_JOURNALLED):
            pass
        elif writer is None:
            self._early.append(event)
        else:
            self._put(writer, event)
        self.emit(event)

    def log(self, level: str, message: str) -> None:
        """A line for the log. ``level``: info | warning | error."""
        self.record(events.Log(time=time.time(), level=level, message=message))  # type: ignore[arg-type]

    def show(self, state: RunState, detail: str = "", progress: float | None = None) -> None:
        """What the run is doing now, and how far it is with that, from 0 to 1 where it is known."""
        self.state = state
        self.record(events.StateChanged(state=state, detail=detail, seconds=self.seconds, progress=progress))

    def tick(self) -> None:
        """Call it several times a second: the journal reaches the disk, a jump of the clock the log."""
        self._stored(self._open_writer.tick)
        if jump := self._clock.look():
            self.log("warning", jump)

    def flush(self) -> None:
        """Hand everything to the operating system. Raises what ends a run that does not wait for room."""
        self._stored(self._open_writer.flush)

    def try_to_flush(self) -> None:
        """The same, once. Raises StorageError."""
        self._open_writer.flush()

    def move_to(self, out: Path) -> str:
        """Record in another file from here on, everything so far included. Returns what is missing there, in
        words, "" where nothing is. Raises SessionError, StorageError."""
        return self._open_writer.move_to(out)

    @property
    def needs_checkpoint(self) -> bool:
        """Whether it is time for one, or the last one was lost with its file."""
        return time.monotonic() >= self._checkpoint_due or self._open_writer.needs_state

    def checkpoint(self, state: TrainerState) -> None:
        """Everything so far onto the disk, with the state to go on from."""
        done = self._stored(lambda: self._open_writer.checkpoint(state))
        self.checkpoint_step = done.step
        self.emit(done)

    def schedule_checkpoint(self, took: float) -> None:
        """The next one, after one that took so many seconds: a slow disk must not eat the training, at most a
        twentieth of the time goes into these."""
        self._checkpoint_due = time.monotonic() + max(self._checkpoint_seconds, 20 * took)

    def end(self, finished: Callable[[], events.Finished]) -> events.Finished:
        """Close the session, if there is one, with a last record that is asked for then: it says what was
        kept, and where. Raises StorageError where the run cannot wait for the disk."""
        if self._writer is None:
            return finished()

        def close(writer: SessionWriter) -> events.Finished:
            last = finished()
            writer.close(last)
            return last

        writer = self._writer
        last = self._stored(lambda: close(writer))
        if writer.left_over:
            self.emit(events.Log(time=time.time(), level="warning", message=writer.left_over))
        return last

    def abandon(self, error: BaseException) -> None:
        """Close a session that could not be saved, as of a run that failed."""
        if self._writer is not None:
            self._writer.__exit__(type(error), error, None)

    @property
    def _open_writer(self) -> SessionWriter:
        assert self._writer is not None
        return self._writer

    def _stored(self, write: Callable[[], T]) -> T:
        """What ``write`` returns, tried again whenever the disk has room again."""
        while True:
            try:
                return write()
            except StorageError as error:
                self._wait(error)

    def _put(self, writer: SessionWriter, event: Event) -> None:
        """Into the journal, however long that takes."""
        try:
            writer.record(event)
        except StorageError as error:  # it was taken, and only waits to reach the disk
            self._wait(error)

    def _wait(self, error: StorageError) -> None:
        if self.ending:
            raise error
        self._wait_for_room(error)
