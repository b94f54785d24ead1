"""What a run writes down: events into its journal, checkpoints, and how it ended.

The base of :class:`~hhstudio.service.run.session_run.SessionRun`, which has the loop and the commands.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from typing import Any

from hhstudio.core.errors import DivergedError, StorageError
from hhstudio.core.run import events
from hhstudio.core.run.events import Event, RunState
from hhstudio.service.failures import explain
from hhstudio.service.run.clock_watch import ClockWatch
from hhstudio.service.run.disk_wait import wait_for_room
from hhstudio.service.run.eta import Eta
from hhstudio.service.run.preparation import Prepared
from hhstudio.service.run.protocol import Command, Start

TRIAL_STEPS = 300
"""Steps from which a run is worth trial steps, which take :data:`TRIAL_SECONDS` at most."""
TRIAL_SECONDS = 1.0


class Stopped(BaseException):
    """A stop was asked for; the text is the reason. No error, so that no ``except Exception`` of a
    library on the way (a download's retries) can swallow it."""


class Recording:
    """One run's record. ``emit`` is called with every event, on the thread that runs."""

    def __init__(
        self,
        start: Start,
        commands: queue.SimpleQueue[Command],
        emit: Callable[[Event], None],
    ) -> None:
        self._start, self._commands, self._emit = start, commands, emit
        self._began = time.monotonic()
        self._before = 0.0
        self._prepared: Prepared | None = None
        self._early: list[Event] = []
        self._paused = self._diverged = False
        self._kept: int | None = None
        self._step = 0
        self._checkpoint_seconds = 60.0
        self._checkpoint_due = math.inf
        self._tick_due = 0.0
        self._eta = Eta({}, {})
        self._clock = ClockWatch()
        self._ending = False
        self._shown: RunState = "starting"

    def obey(self) -> None:
        """Apply every waiting command. Raises :class:`Stopped`."""
        raise NotImplementedError

    @property
    def _trainer(self) -> Any:  # learn is imported lazily
        assert self._prepared is not None
        return self._prepared.trainer

    @property
    def _writer(self) -> Any:  # store is imported lazily
        assert self._prepared is not None
        return self._prepared.writer

    def _record(self, event: Event) -> None:
        """Into the journal, then to whoever listens. Some are only for these."""
        writer = self._prepared.writer_or_none if self._prepared else None
        if isinstance(event, events.NEVER_JOURNALLED):
            pass
        elif writer is None:
            self._early.append(event)
        else:
            self._stored(lambda: writer.record(event), again=False)
        self._emit(event)

    def _tick(self) -> None:
        self._stored(self._writer.tick)
        happened = self._clock.look()
        if happened:
            self._log("warning", happened)

    def _stored(self, write: Callable[[], Any], again: bool = True) -> Any:
        """What ``write`` returns. Where the disk takes nothing the run waits, without losing anything, and
        then writes ``again`` (otherwise what was written already is only waiting to reach the disk).

        Raises :class:`Stopped`, and StorageError when the run is ending and cannot wait.
        """
        while True:
            try:
                return write()
            except StorageError as error:
                if self._ending:
                    raise
                self._wait_for_room(error)
                if not again:
                    return None

    def _wait_for_room(self, error: StorageError) -> None:
        began, before = time.monotonic(), self._shown
        if not wait_for_room(self._writer.flush, error, self._commands, self._emit, self._seconds):
            self._ending = True
            if before == "saving":
                raise error
            self.obey()  # raises Stopped
        self._eta.skip(time.monotonic() - began)
        self._log("info", "the disk takes what is recorded again")
        self._state(before)

    def _checkpoint(self) -> None:
        """Everything so far onto the disk, with the state to go on from unless that has gone wrong: then the
        last good one is left alone. Raises DivergedError where that is found only now."""
        began = time.monotonic()
        if self._diverged:
            return
        for event in self._trainer.unreported():
            self._record(event)
        state = self._trainer.state()
        ill = self._trainer.state_problem(state)
        if ill:
            self._log("warning", f"no checkpoint at step {state.step}: {ill}")
        else:
            done = self._stored(lambda: self._writer.checkpoint(state))
            self._kept = done.step
            self._emit(done)
        now = time.monotonic()
        # A slow disk must not eat the training: at most a twentieth of the time goes into these.
        self._checkpoint_due = now + max(self._checkpoint_seconds, 20 * (now - began))

    def _end(self, state: RunState, message: str, *, save: bool = False, status: int = 0) -> int:
        """Close the session. Saving may fail too (a full disk): then the run has failed, unless it had come
        to its end, which is worth waiting for room."""
        writer = self._prepared.writer_or_none if self._prepared else None
        self._ending = self._ending or state != "finished"
        try:
            if writer is not None and save:
                self._state("saving")
                self._save_last()
            finished = self._finished(state, message)
            if writer is not None:
                self._ending = True
                writer.close(finished)
                if writer.left_over:
                    self._emit(events.Log(time=time.time(), level="warning", message=writer.left_over))
        except BaseException as error:
            status, message = explain(error, "")
            finished = self._finished("failed", f"saving: {message}")
            status = max(status, 1)
            if writer is not None:
                writer.__exit__(type(error), error, None)
        self._emit(finished)
        return status

    def _save_last(self) -> None:
        try:
            self._checkpoint()
        except DivergedError as error:  # found only now: what was good before is kept
            self._tell(error)

    def _tell(self, error: DivergedError) -> None:
        """Put on record that numbers went wrong, after what was measured before they did."""
        self._diverged = True
        for event in self._trainer.metrics_before_divergence():
            self._record(event)
        self._record(error.event)
        self._log("error", str(error))

    def _finished(self, state: RunState, reason: str) -> events.Finished:
        out = self._start.out
        step = self._step if self._kept is None else max(self._step, self._kept)
        if state == "finished":
            message = ""
        elif self._kept is None:
            message = reason or "nothing was trained yet"
        elif state == "stopped":
            message = "; ".join(filter(None, [reason, f"kept up to step {self._kept} in {out}"]))
        else:
            message = (
                f"{reason}; kept: the checkpoint at step {self._kept} and the curves, in {out}; "
                "it can be continued from there"
            )
            if self._diverged:
                message += f" at another rate: hhstudio run {out} --set training.lr=…"
        assert state in ("finished", "stopped", "failed")
        return events.Finished(state=state, step=step, seconds=self._seconds(), message=message)

    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def _state(self, state: RunState, detail: str = "", progress: float | None = None) -> None:
        self._shown = state
        now = self._seconds()
        self._record(events.StateChanged(state=state, detail=detail, seconds=now, progress=progress))

    def _log(self, level: str, message: str) -> None:
        self._record(events.Log(time=time.time(), level=level, message=message))  # type: ignore[arg-type]

    def _new_eta(self) -> Eta:
        """With the costs of a few trial steps, where the run is long enough for them."""
        assert self._prepared is not None
        trainer = self._prepared.trainer
        short = trainer.total_steps - trainer.step < TRIAL_STEPS
        costs = {} if short else trainer.forecast.step_costs(TRIAL_SECONDS)
        return Eta(costs, self._prepared.depths())
