"""One run of one session, from its spec to its file: the loop that worker and ``--in-process`` share.

It drives the trainer step by step, records every event, writes checkpoints, and obeys commands between
two steps. It ends with a :class:`~hhstudio.core.events.Finished` record, whatever happens.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

import hhstudio
from hhstudio.core import events
from hhstudio.core.errors import HHStudioError, SpecError
from hhstudio.core.events import Event, RunState
from hhstudio.service import protocol
from hhstudio.service.eta import Eta
from hhstudio.service.failures import explain
from hhstudio.service.preparation import Prepared, prepare
from hhstudio.service.protocol import Command, Start

TICK = 0.25
"""Seconds between looks at clock and journal; commands are looked for between any two steps."""


class Stopped(BaseException):
    """A stop was asked for; the text is the reason. No error, so that no ``except Exception`` of a
    library on the way (a download's retries) can swallow it."""


class SessionRun:
    """Runs once. ``emit`` is called with every event, on the thread that calls :meth:`run`."""

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
        self._paused = False
        self._kept: int | None = None
        self._step = 0
        self._checkpoint_seconds = 60.0
        self._checkpoint_due = math.inf
        self._tick_due = 0.0
        self._eta = Eta({})

    def run(self) -> int:
        """Train to the end, or until stopped. Returns the exit status of ``hhstudio run``."""
        try:
            self._prepare()
            self._train()
            return self._end("finished", "", save=True)
        except Stopped as stop:
            return self._end("stopped", str(stop), save=True)
        except BaseException as error:  # whatever it is, the session must be closed and the user told
            device = self._prepared.device if self._prepared else ""
            status, message = explain(error, device)
            if self._prepared is not None and self._prepared.writer_or_none is not None:
                status = 1  # whatever it is called, it happened while running
            return self._end("failed", message, status=status)

    # before the first step --------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._state("starting")
        self._prepared = prepared = Prepared(self._start)
        prepare(prepared, self._phase, self._download)
        self._before = prepared.seconds
        self._begin(prepared)

    def _phase(self, state: RunState, detail: str = "") -> None:
        self._obey()
        self._state(state, detail)

    def _download(self, what: str, done: int, total: int) -> None:
        """Shown as detail of the state ``data``. Raises :class:`Stopped`, which ends the download."""
        now = time.monotonic()
        if now >= self._tick_due or done >= total > 0:
            self._tick_due = now + TICK
            share = f" {100 * done // total} %" if total > 0 else ""
            self._phase("data", f"{what}{share}")

    def _begin(self, prepared: Prepared) -> None:
        """Open the session file: from here on everything is recorded."""
        created = datetime.now(UTC).isoformat(timespec="seconds")
        first = prepared.first_event(created, hhstudio.__version__)
        prepared.open_writer(first)
        if isinstance(first, events.Resumed):
            self._step = self._kept = first.step
        self._emit(first)
        for event in self._early:
            prepared.writer.record(event)
        self._early.clear()
        spec = prepared.spec
        consolidates = spec.consolidation.beta > 0 and spec.training.mode == "sequential"
        self._eta = Eta(prepared.depths(), prepared.steps_done, consolidates)
        self._checkpoint_seconds = spec.recording.checkpoint_seconds
        if prepared.unverified:
            self._log("warning", "data files that torchvision's checksums do not know were accepted")

    # the steps --------------------------------------------------------------------------------------

    def _train(self) -> None:
        self._state("training")
        self._checkpoint()
        trainer = self._trainer
        for event in trainer.events():
            if event is not None:
                self._take(event)
            now = time.monotonic()
            if now >= self._tick_due:
                self._tick_due = now + TICK
                self._writer.tick()
                if now >= self._checkpoint_due:
                    self._checkpoint()
            if not self._commands.empty():
                self._obey()
            if self._paused:
                self._idle()

    def _take(self, event: Event) -> None:
        if isinstance(event, events.Progress):
            event = self._completed(event)
            self._step = event.step
        elif isinstance(event, events.TaskStarted):
            self._eta.begin(time.monotonic(), event.path, event.step)
        elif isinstance(event, events.TopologyChanged):
            self._eta.set_depths({path.name: path.depth for path in event.topology.paths})
        self._record(event)
        if isinstance(event, events.TaskFinished):
            self._step = event.step
            self._checkpoint()

    def _completed(self, event: events.Progress) -> events.Progress:
        """With what only the run knows: elapsed seconds, rate, time left, all of it evaluations included."""
        rate, eta = self._eta.update(
            time.monotonic(), event.path, event.step, event.total_steps, event.task_steps
        )
        return replace(event, seconds=self._seconds(), rate=rate, eta=eta)

    def _idle(self) -> None:
        """Wait out a pause; the journal is brought up to date meanwhile."""
        began = time.monotonic()
        for event in self._trainer.unreported():
            self._record(event)
        self._state("paused")
        while self._paused:
            try:
                self._apply(self._commands.get(timeout=TICK))
            except queue.Empty:
                self._writer.tick()
        self._eta.skip(time.monotonic() - began)
        self._state("training")

    # commands ---------------------------------------------------------------------------------------

    def _obey(self) -> None:
        """Apply every waiting command. Raises :class:`Stopped`."""
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return
            self._apply(command)

    def _apply(self, command: Command) -> None:
        if isinstance(command, protocol.Stop):
            raise Stopped(command.reason)
        if isinstance(command, protocol.Pause):
            self._paused = True
        elif isinstance(command, protocol.Resume):
            self._paused = False
        elif self._prepared is None or self._prepared.writer_or_none is None:
            self._log("warning", "training has not begun: the command was ignored")
        elif isinstance(command, protocol.CheckpointNow):
            self._checkpoint()
        else:
            try:
                self._change(command)
            except HHStudioError as error:
                self._log("error", str(error))
            except KeyError as error:
                self._log("error", f"there is no {error} in this run")

    def _change(self, command: Command) -> None:
        trainer = self._trainer
        match command:
            case protocol.SetLearningRate(value=value):
                if not (math.isfinite(value) and value > 0):
                    raise SpecError(f"training.lr must be above 0, not {value:g}: left as it was")
                trainer.set_learning_rate(value)
            case protocol.SetBeta(value=value):
                if not (math.isfinite(value) and value >= 0):
                    raise SpecError(f"consolidation.beta must be 0 or more, not {value:g}: left as it was")
                trainer.set_beta(value)
            case protocol.Grow(topology=topology, reason=reason):
                trainer.grow(topology, reason)
            case protocol.Watch(path=path, task=task, tensor=tensor):
                trainer.watch(path, task, tensor)

    # recording --------------------------------------------------------------------------------------

    @property
    def _trainer(self) -> Any:  # learn is imported lazily
        assert self._prepared is not None
        return self._prepared.trainer

    @property
    def _writer(self) -> Any:  # store is imported lazily
        assert self._prepared is not None
        return self._prepared.writer

    def _record(self, event: Event) -> None:
        """Into the journal, then to whoever listens. Watched tensors are not kept."""
        writer = self._prepared.writer_or_none if self._prepared else None
        if isinstance(event, events.Watched):
            pass
        elif writer is None:
            self._early.append(event)
        else:
            writer.record(event)
        self._emit(event)

    def _checkpoint(self) -> None:
        """Everything so far onto the disk. Raises TrainingError rather than keep numbers gone wrong."""
        began = time.monotonic()
        for event in self._trainer.unreported():
            self._record(event)
        done = self._writer.checkpoint(self._trainer.state())
        self._kept = done.step
        self._emit(done)
        now = time.monotonic()
        # A slow disk must not eat the training: at most a twentieth of the time goes into these.
        self._checkpoint_due = now + max(self._checkpoint_seconds, 20 * (now - began))

    def _end(self, state: RunState, message: str, *, save: bool = False, status: int = 0) -> int:
        """Close the session. Saving may fail too (a full disk): then the run has failed."""
        writer = self._prepared.writer_or_none if self._prepared else None
        try:
            if writer is not None and save:
                self._state("saving")
                self._checkpoint()
            finished = self._finished(state, message)
            if writer is not None:
                writer.close(finished)
        except BaseException as error:
            status, message = explain(error, "")
            finished = self._finished("failed", f"saving: {message}")
            status = max(status, 1)
            if writer is not None:
                writer.__exit__(type(error), error, None)
        self._emit(finished)
        return status

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
        assert state in ("finished", "stopped", "failed")
        return events.Finished(state=state, step=step, seconds=self._seconds(), message=message)

    def _seconds(self) -> float:
        return self._before + time.monotonic() - self._began

    def _state(self, state: RunState, detail: str = "") -> None:
        self._record(events.StateChanged(state=state, detail=detail, seconds=self._seconds()))

    def _log(self, level: str, message: str) -> None:
        self._record(events.Log(time=time.time(), level=level, message=message))  # type: ignore[arg-type]
