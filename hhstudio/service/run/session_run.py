"""Session run: one run, from its spec to its file, the loop that worker and ``--in-process`` share.

It drives the trainer step by step, records every event, writes checkpoints, and obeys commands between
two steps. It ends with a :class:`~hhstudio.core.run.events.Finished` record, whatever happens.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

import hhstudio
from hhstudio.core import session_names
from hhstudio.core.errors import DivergedError, HHStudioError, SpecError, StorageError
from hhstudio.core.plain_text import command_line
from hhstudio.core.run import events
from hhstudio.core.run.events import Event, RunState
from hhstudio.core.spec import consent
from hhstudio.core.spec.fields import listed, live_fields
from hhstudio.core.spec.setting import message_text
from hhstudio.service.failures import explain
from hhstudio.service.run import protocol
from hhstudio.service.run.disk_wait import DiskWait
from hhstudio.service.run.eta import Eta
from hhstudio.service.run.preparation import Prepared, prepare
from hhstudio.service.run.protocol import Command, Start
from hhstudio.service.run.recorder import Recorder

if TYPE_CHECKING:
    from hhstudio.learn.training.trainer import Trainer

TICK = 0.25
"""Seconds between looks at clock and journal; commands are looked for between any two steps."""


TRIAL_STEPS = 300
"""Steps from which a run is worth trial steps, which take :data:`TRIAL_SECONDS` at most."""
TRIAL_SECONDS = 1.0


class Stopped(BaseException):
    """A stop was asked for; the text is the reason. No error, so that no ``except Exception`` of a
    library on the way (a download's retries) can swallow it."""


class _GoBackError(Exception):
    """Asked for between two steps: leave them, and go on from the last checkpoint."""

    def __init__(self, lr: float | None) -> None:
        self.lr = lr


class SessionRun:
    """Runs once, as ``start`` says, obeying what comes through ``commands``. ``emit`` is called with every
    event, on the thread that calls :meth:`run`."""

    def __init__(
        self, start: Start, commands: queue.SimpleQueue[Command], emit: Callable[[Event], None]
    ) -> None:
        self._start, self._commands = start, commands
        self._recorder = Recorder(emit, self._wait_for_disk)
        patience = None if start.hold or math.isinf(start.patience) else start.patience
        fallback = Path(start.fallback) if start.fallback else session_names.default_folder()
        self._disk = DiskWait(self._recorder, commands, fallback, patience)
        self._prepared: Prepared | None = None
        self._paused = self._diverged = False
        self._tick_due = 0.0
        self._eta = Eta({}, {})

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
            if self._recorder.has_session:
                status = 1  # whatever it is called, it happened while running
            return self._end("failed", message, status=status)

    # before the first step --------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._recorder.show("starting")
        self._prepared = prepared = Prepared(self._start)
        prepare(prepared, self._phase, self._download)
        self._recorder.count_from(prepared.seconds)
        self._begin(prepared)

    def _phase(self, state: RunState, detail: str = "", progress: float | None = None) -> None:
        self._obey()
        self._recorder.show(state, detail, progress)

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
        writer = prepared.session_writer(first)
        self._recorder.begin(writer, first, prepared.spec.recording.checkpoint_seconds)
        self._eta = self._new_eta()
        if isinstance(first, events.Resumed) and not first.exact:
            why = "; ".join(first.differs)
            self._recorder.log(
                "warning", f"goes on, but not bit for bit as it would have without the break: {why}"
            )
        if prepared.unverified:
            self._recorder.log("warning", "data files that torchvision's checksums do not know were accepted")
        for field, value in self._start.changes.items():
            self._change_setting(field, value)

    # the steps --------------------------------------------------------------------------------------

    def _train(self) -> None:
        self._recorder.show("training")
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
                self._recorder.tick()
                if self._recorder.needs_checkpoint:
                    self._checkpoint()
            if not self._commands.empty():
                self._obey()
            if self._paused:
                self._idle()

    def _take(self, event: Event) -> None:
        if isinstance(event, events.Progress):
            event = self._completed(event)
            self._recorder.step = event.step
        elif isinstance(event, events.TaskStarted):
            self._eta.begin(
                time.monotonic(), event.step, self._trainer.forecast.workload().evaluation_seconds
            )
        elif isinstance(event, events.TopologyChanged):
            self._eta.set_depths({path.name: path.depth for path in event.topology.paths})
        self._recorder.record(event)
        if isinstance(event, (events.TaskFinished, events.TopologyChanged)):
            self._recorder.step = event.step
            self._checkpoint()

    def _completed(self, event: events.Progress) -> events.Progress:
        """With what only the run knows: elapsed seconds, rate, time left, all of it evaluations included."""
        left = self._trainer.forecast.workload()
        key = event.phase or event.path
        window = max(event.task_steps, event.total_steps // 10)
        rate, eta = self._eta.update(time.monotonic(), key, event.step, window, left)
        return replace(event, seconds=self._recorder.seconds, rate=rate, eta=eta)

    def _idle(self) -> None:
        """Wait out a pause; the journal is brought up to date meanwhile."""
        began = time.monotonic()
        for event in self._trainer.unreported():
            self._recorder.record(event)
        self._recorder.show("paused")
        while self._paused:
            try:
                self._apply(self._commands.get(timeout=TICK))
                for event in self._trainer.unreported():  # what changed in the tree is seen at once
                    self._take(event)
            except queue.Empty:
                self._recorder.tick()
        self._eta.skip(time.monotonic() - began)
        self._recorder.show("training")

    def _hold(self, error: DivergedError) -> float | None:
        """Say what went wrong and wait for what to do; returns the learning rate to go back with.

        Raises the error where nobody is there to decide, and :class:`Stopped`.
        """
        self._tell(error)
        if not self._start.hold:
            raise error
        self._recorder.show("paused", str(error))
        while True:
            try:
                self._apply(self._commands.get(timeout=TICK))
            except queue.Empty:
                self._recorder.tick()
            except _GoBackError as asked:
                return asked.lr

    def _go_back(self, lr: float | None) -> None:
        """Stand where the last checkpoint was made, and keep the new learning rate with it."""
        assert self._prepared is not None
        self._recorder.flush()
        resumed = self._prepared.go_back(self._recorder.out)
        self._recorder.record(resumed)
        self._recorder.go_back_to(resumed.step)
        self._paused = self._diverged = False
        self._eta = self._new_eta()
        at = "" if lr is None else f", with a learning rate of {lr:g}"
        self._recorder.log("info", f"went back to the checkpoint at step {resumed.step}{at}")
        if lr is not None:
            self._trainer.change_setting("training.lr", lr)
        self._recorder.show("training")
        self._checkpoint()

    # checkpoints and the end ------------------------------------------------------------------------

    def _checkpoint(self) -> None:
        """With the state to go on from, unless that has gone wrong: then the last good one is left alone.
        Raises DivergedError where that is found only now."""
        began = time.monotonic()
        if self._diverged:
            return
        for event in self._trainer.unreported():
            self._recorder.record(event)
        state = self._trainer.state()
        problem = self._trainer.state_problem(state)
        if problem:
            self._recorder.log("warning", f"no checkpoint at step {state.step}: {problem}")
        else:
            self._recorder.checkpoint(state)
        self._recorder.schedule_checkpoint(time.monotonic() - began)

    def _wait_for_disk(self, error: StorageError) -> None:
        """Until what is recorded can be written. Raises :class:`Stopped`, and the error where the run was
        saving its last when it was stopped."""
        recorder, began = self._recorder, time.monotonic()
        before = recorder.state
        if not self._disk.until_written(error):
            recorder.ending = True
            if before == "saving":
                raise error
            self._obey()  # raises Stopped
        self._eta.skip(time.monotonic() - began)
        recorder.log("info", f"{recorder.out} takes what is recorded again")
        recorder.show(before)

    def _end(self, state: RunState, message: str, *, save: bool = False, status: int = 0) -> int:
        """Close the session. Where that fails the run has failed, but one that had come to its end waits for
        the disk."""
        recorder = self._recorder
        recorder.ending = recorder.ending or state != "finished"
        try:
            finished = self._close(state, message, save)
        except BaseException as error:
            status, reason = explain(error, "")
            status = max(status, 1)
            finished = self._close_elsewhere(error, reason, save)
        recorder.emit(finished)
        return max(status, 1) if self._disk.moved else status

    def _close_elsewhere(self, error: BaseException, reason: str, save: bool) -> events.Finished:
        """Save in the fallback folder what the disk does not take in its place, as of a run that failed."""
        # whoever stops a run has patience with one that saves; it cannot be recorded now
        self._recorder.emit(events.StateChanged(state="saving", seconds=self._recorder.seconds))
        if isinstance(error, StorageError) and self._disk.move_to_fallback(error):
            try:
                return self._close("failed", f"saving: {reason}", save)
            except BaseException as again:
                error, reason = again, explain(again, "")[1]
        self._recorder.abandon(error)
        return self._finished("failed", f"saving: {reason}; {self._read_back()}")

    def _close(self, state: RunState, message: str, save: bool) -> events.Finished:
        """Save, and close the session; returns how it ended."""
        if self._recorder.has_session and save:
            self._recorder.show("saving")
            self._save_last()
        return self._recorder.end(lambda: self._finished(state, self._with_what_is_kept(state, message)))

    def _save_last(self) -> None:
        try:
            self._checkpoint()
        except DivergedError as error:  # found only now: what was good before is kept
            self._tell(error)

    def _tell(self, error: DivergedError) -> None:
        """Put on record that numbers went wrong, after what was measured before they did."""
        self._diverged = True
        for event in self._trainer.metrics_before_divergence():
            self._recorder.record(event)
        self._recorder.record(error.event)
        self._recorder.log("error", str(error))

    def _finished(self, state: RunState, message: str) -> events.Finished:
        recorder = self._recorder
        checkpoint_step = recorder.checkpoint_step
        step = recorder.step if checkpoint_step is None else max(recorder.step, checkpoint_step)
        assert state in ("finished", "stopped", "failed")
        return events.Finished(state=state, step=step, seconds=recorder.seconds, message=message)

    def _with_what_is_kept(self, state: RunState, reason: str) -> str:
        """How the run ended, and what the session holds, which is read back before anybody is told."""
        recorder = self._recorder
        checkpoint_step = recorder.checkpoint_step
        out = recorder.out if recorder.has_session else self._start.out
        where = f"{out} ({self._disk.moved})" if self._disk.moved else f"{out}"
        if state == "finished":
            return f"recorded in {where}" if self._disk.moved else ""
        if checkpoint_step is None:
            return reason or "nothing was trained yet"
        if state == "stopped":
            return "; ".join(filter(None, [reason, f"kept up to step {checkpoint_step} in {where}"]))
        again = command_line("run", Path(out))
        advice = f" at another rate: {again} --set training.lr=…" if self._diverged else ""
        return (
            f"{reason}; kept: the checkpoint at step {checkpoint_step} and the curves, in {out}; "
            f"it can be continued from there{advice}"
        )

    def _read_back(self) -> str:
        """What can be read of a session that could not be closed."""
        from hhstudio.store.session.read_back import read_back

        if not self._recorder.has_session:
            return "nothing was kept"
        out = self._recorder.out
        kept = read_back(out)
        if kept is None:
            return f"nothing can be read in {out}"
        if kept.checkpoint is None:
            return f"kept: the settings, and curves up to step {kept.step}, in {out}"
        return (
            f"kept: the checkpoint at step {kept.checkpoint} and curves up to step {kept.step}, in {out}; "
            "it can be continued from there"
        )

    def _new_eta(self) -> Eta:
        """With the costs of a few trial steps, where the run is long enough for them."""
        assert self._prepared is not None
        trainer = self._prepared.trainer
        short = trainer.total_steps - trainer.step < TRIAL_STEPS
        costs = {} if short else trainer.forecast.step_costs(TRIAL_SECONDS)
        return Eta(costs, self._prepared.depths())

    @property
    def _trainer(self) -> Trainer:
        assert self._prepared is not None
        return self._prepared.trainer

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
            if self._diverged:
                self._recorder.log("warning", "numbers went wrong: go back to the last checkpoint, or stop")
        elif not self._recorder.has_session:
            self._recorder.log("warning", "training has not begun: the command was ignored")
        elif isinstance(command, protocol.CheckpointNow):
            self._checkpoint()
        else:
            try:
                self._change(command)
            except HHStudioError as error:
                self._refuse(command, str(error))
            except KeyError as error:
                self._recorder.log("error", f"there is no {error} in this run")

    def _change(self, command: Command) -> None:
        trainer = self._trainer
        match command:
            case protocol.ChangeSetting(field=field, value=value):
                self._change_setting(field, value)
            case protocol.GoBack(lr=lr):
                if lr is not None:
                    _check_live("training.lr", lr)
                raise _GoBackError(lr)
            case protocol.Grow(topology=topology, reason=reason, removed=removed):
                consent.check(self._start.allow_imports, trainer.spec, topology)
                trainer.grow(topology, reason, removed)
            case protocol.MoveTo():
                self._recorder.log("warning", "the session can be written where it is: it stays there")
            case protocol.Watch(path=path, task=task, tensor=tensor):
                trainer.watch(path, task, tensor)

    def _refuse(self, command: Command, reason: str) -> None:
        """Not obeyed: the reason goes into the log, and to whoever asked."""
        name = command.__struct_config__.tag
        self._recorder.log("error", f"the tree stays as it is: {reason}" if name == "grow" else reason)
        self._recorder.record(events.Refused(step=self._recorder.step, command=str(name), reason=reason))

    def _change_setting(self, field: str, value: float) -> None:
        """Change a live setting from the next step on. Raises :class:`SpecError`."""
        _check_live(field, value)
        self._trainer.change_setting(field, value)


def _check_live(name: str, value: float) -> None:
    """Raise :class:`SpecError` for what may not change in flight, or not to that value."""
    live = {field.name: field for field in live_fields()}
    if name not in live:
        raise SpecError(f"{name} does not change in flight: only {listed(live)} do")
    if problem := live[name].problem(value):
        raise SpecError(f"{name} is {message_text(value)}, {problem}: left as it was")
