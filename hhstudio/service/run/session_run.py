"""One run of one session, from its spec to its file: the loop that worker and ``--in-process`` share.

It drives the trainer step by step, records every event, writes checkpoints, and obeys commands between
two steps. It ends with a :class:`~hhstudio.core.run.events.Finished` record, whatever happens.
"""

from __future__ import annotations

import queue
import time
from datetime import UTC, datetime

from msgspec.structs import replace

import hhstudio
from hhstudio.core.errors import DivergedError, HHStudioError, SpecError
from hhstudio.core.run import events
from hhstudio.core.run.events import Event, RunState
from hhstudio.core.spec import consent
from hhstudio.core.spec.spec import CHANGEABLE
from hhstudio.core.spec.validation import range_problem
from hhstudio.service.failures import explain
from hhstudio.service.run import protocol
from hhstudio.service.run.preparation import Prepared, prepare
from hhstudio.service.run.protocol import Command
from hhstudio.service.run.recording import Recording, Stopped

TICK = 0.25
"""Seconds between looks at clock and journal; commands are looked for between any two steps."""


class _GoBackError(Exception):
    """Asked for between two steps: leave them, and go on from the last checkpoint."""

    def __init__(self, lr: float | None) -> None:
        self.lr = lr


class SessionRun(Recording):
    """Runs once. ``emit`` is called with every event, on the thread that calls :meth:`run`."""

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

    def _phase(self, state: RunState, detail: str = "", progress: float | None = None) -> None:
        self.obey()
        self._state(state, detail, progress)

    def _download(self, what: str, done: int, total: int) -> None:
        """Shown as detail of the state ``data``. Raises :class:`Stopped`, which ends the download."""
        now = time.monotonic()
        if now >= self._tick_due or done >= total > 0:
            self._tick_due = now + TICK
            share = f" {100 * done // total} %" if total > 0 else ""
            self._phase("data", f"{what}{share}", done / total if total > 0 else None)

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
        self._eta = self._new_eta()
        self._checkpoint_seconds = spec.recording.checkpoint_seconds
        if isinstance(first, events.Resumed) and not first.exact:
            why = "; ".join(first.differs)
            self._log("warning", f"goes on, but not bit for bit as it would have without the break: {why}")
        if prepared.unverified:
            self._log("warning", "data files that torchvision's checksums do not know were accepted")
        for field, value in self._start.changes.items():
            self._set(field, value)

    # the steps --------------------------------------------------------------------------------------

    def _train(self) -> None:
        self._state("training")
        self._checkpoint()
        while True:
            try:
                return self._take_steps()
            except DivergedError as error:
                lr = self._hold(error)
            except _GoBackError as asked:
                lr = asked.lr
            self._go_back(lr)

    def _take_steps(self) -> None:
        for event in self._trainer.events():
            if event is not None:
                self._take(event)
            now = time.monotonic()
            if now >= self._tick_due:
                self._tick_due = now + TICK
                self._tick()
                if now >= self._checkpoint_due or self._writer.needs_state:
                    self._checkpoint()
            if not self._commands.empty():
                self.obey()
            if self._paused:
                self._idle()

    def _take(self, event: Event) -> None:
        if isinstance(event, events.Progress):
            event = self._completed(event)
            self._step = event.step
        elif isinstance(event, events.TaskStarted):
            self._eta.begin(
                time.monotonic(), event.step, self._trainer.forecast.workload().evaluation_seconds
            )
        elif isinstance(event, events.TopologyChanged):
            self._eta.set_depths({path.name: path.depth for path in event.topology.paths})
        self._record(event)
        if isinstance(event, (events.TaskFinished, events.TopologyChanged)):
            self._step = event.step
            self._checkpoint()

    def _completed(self, event: events.Progress) -> events.Progress:
        """With what only the run knows: elapsed seconds, rate, time left, all of it evaluations included."""
        left = self._trainer.forecast.workload()
        key = event.phase or event.path
        window = max(event.task_steps, event.total_steps // 10)
        rate, eta = self._eta.update(time.monotonic(), key, event.step, window, left)
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
                for event in self._trainer.unreported():  # what changed in the tree is seen at once
                    self._take(event)
            except queue.Empty:
                self._tick()
        self._eta.skip(time.monotonic() - began)
        self._state("training")

    def _hold(self, error: DivergedError) -> float | None:
        """Say what went wrong and wait for what to do; returns the learning rate to go back with.

        Raises the error where nobody is there to decide, and :class:`Stopped`.
        """
        self._tell(error)
        if not self._start.hold:
            raise error
        self._state("paused", str(error))
        while True:
            try:
                self._apply(self._commands.get(timeout=TICK))
            except queue.Empty:
                self._tick()
            except _GoBackError as asked:
                return asked.lr

    def _go_back(self, lr: float | None) -> None:
        """Stand where the last checkpoint was made, and keep the new learning rate with it."""
        assert self._prepared is not None
        self._stored(self._writer.flush)
        resumed = self._prepared.go_back()
        self._record(resumed)
        self._step = self._kept = resumed.step
        self._paused = self._diverged = False
        self._eta = self._new_eta()
        at = "" if lr is None else f", with a learning rate of {lr:g}"
        self._log("info", f"went back to the checkpoint at step {resumed.step}{at}")
        if lr is not None:
            self._trainer.set_learning_rate(lr)
        self._state("training")
        self._checkpoint()

    # commands ---------------------------------------------------------------------------------------

    def obey(self) -> None:
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
            if self._diverged:
                self._log("warning", "numbers went wrong: go back to the last checkpoint, or stop")
        elif self._prepared is None or self._prepared.writer_or_none is None:
            self._log("warning", "training has not begun: the command was ignored")
        elif isinstance(command, protocol.CheckpointNow):
            self._checkpoint()
        else:
            try:
                self._change(command)
            except HHStudioError as error:
                self._refuse(command, str(error))
            except KeyError as error:
                self._log("error", f"there is no {error} in this run")

    def _change(self, command: Command) -> None:
        trainer = self._trainer
        match command:
            case protocol.SetLearningRate(value=value):
                self._set("training.lr", value)
            case protocol.SetBeta(value=value):
                self._set("consolidation.beta", value)
            case protocol.GoBack(lr=lr):
                if lr is not None:
                    _check_changeable("training.lr", lr)
                raise _GoBackError(lr)
            case protocol.Grow(topology=topology, reason=reason, removed=removed):
                consent.check(self._start.allow_imports, trainer.spec, topology)
                trainer.grow(topology, reason, removed)
            case protocol.Watch(path=path, task=task, tensor=tensor):
                trainer.watch(path, task, tensor)

    def _refuse(self, command: Command, reason: str) -> None:
        """Not obeyed: the reason goes into the log, and to whoever asked."""
        name = command.__struct_config__.tag
        self._log("error", f"the tree stays as it is: {reason}" if name == "grow" else reason)
        self._record(events.Refused(step=self._step, command=str(name), reason=reason))

    def _set(self, field: str, value: float) -> None:
        """Change a setting from the next step on. Raises :class:`SpecError`."""
        _check_changeable(field, value)
        if field == "training.lr":
            self._trainer.set_learning_rate(value)
        else:
            self._trainer.set_beta(value)


def _check_changeable(field: str, value: float) -> None:
    """Raise :class:`SpecError` for what may not change in flight."""
    if field not in CHANGEABLE:
        raise SpecError(f"{field} does not change in flight: only {' and '.join(CHANGEABLE)} do")
    problem = range_problem(field, value)
    if problem:
        raise SpecError(f"{problem}: left as it was")
