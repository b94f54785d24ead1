"""Trainer: a generator of events that does the training while it is being read.

Whoever reads :meth:`Trainer.events` is in charge: not reading on is pausing, ceasing to read is stopping,
and :meth:`Trainer.state` between two events is a point from which the run goes on exactly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Literal

import msgspec
import numpy as np
import torch

from hhstudio.core.errors import SessionError, SpecError
from hhstudio.core.run import events
from hhstudio.core.run.events import Event
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.data import TaskStream
from hhstudio.learn.devices import peak_memory, resolve_device
from hhstudio.learn.environment import environment
from hhstudio.learn.training import checkpoint, divergence, extra_evaluations, growth
from hhstudio.learn.training.baselines import Baselines
from hhstudio.learn.training.early_stopping import EarlyStopper
from hhstudio.learn.training.evaluation import accuracies
from hhstudio.learn.training.forecast import Forecast
from hhstudio.learn.training.growth import Grower
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.live_settings import APPLY
from hhstudio.learn.training.optimiser import rate_factor
from hhstudio.learn.training.reporter import Reporter
from hhstudio.learn.training.schedule import RunPosition, Segment
from hhstudio.nets.stored import Condition

BLOCK_SECONDS = 0.15
"""Longest time for which a step's numbers wait on the device."""


class Trainer:
    """Training of a spec on a stream.

    Parameters
    ----------
    spec : Spec
    stream : TaskStream
    device : str
        As :func:`~hhstudio.learn.devices.resolve_device` takes it.
    resume : TrainerState, optional
        The state from which to go on.
    agreed : collection of str
        Import paths of solvers that the user lets run.

    Raises
    ------
    ConsentError
        For a solver by an import path that was not agreed to.
    SpecError
        For a spec that cannot be built.
    DeviceError
        For a device that is not there.
    SessionError
        For a state of another spec.
    """

    def __init__(
        self,
        spec: Spec,
        stream: TaskStream,
        device: str = "auto",
        resume: TrainerState | None = None,
        *,
        agreed: Collection[str] = (),
    ) -> None:
        self.spec, self.stream = spec, stream
        self.device = resolve_device(device)
        self._pending: list[Event | Callable[[], Event]] = []
        self._watched: tuple[str, int, str] | None = None
        self._elapsed = 0.0
        self._complete = False
        self._unmeasured = True
        self._grower = Grower(spec, stream.tasks)
        self._changes = 0
        self._settings: dict[str, float] = {}
        self._early_stopper = EarlyStopper(spec.training.early_stopping)
        if resume is None:
            self._learner = Learner(spec, spec.topology, stream, self.device, agreed=agreed)
            self._at = RunPosition.start(spec, len(stream.tasks))
        else:
            self._resume(resume, agreed)
        self._reporter = Reporter(self._learner, self._at)
        self._baselines = Baselines(spec, self._learner, self._at, self._reporter)
        self.forecast = Forecast(self._learner, self._at, self._baselines, self._steps)
        if resume is not None:
            self._resume_parts(resume)

    # what it is ----------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Steps done."""
        return self._at.step

    @property
    def changes(self) -> int:
        """Number of changes of the tree so far."""
        return self._changes

    @property
    def _topology(self) -> Topology:
        return self._learner.hierarchy.tree.topology

    @property
    def total_steps(self) -> int:
        """Steps of the whole run, baselines included."""
        left = sum(self._steps(segment) for segment in self._at.queue)
        left += max(0, self._steps(self._at.current) - self._at.done)
        return self._at.step + left + self._baselines.steps_left

    def run_started(self, created: str, app: str, unverified: bool) -> events.RunStarted:
        """First record of the session.

        Parameters
        ----------
        created : str
            UTC, ISO 8601.
        app : str
            Our version.
        unverified : bool
            Whether data without a known checksum were accepted.

        Returns
        -------
        RunStarted
        """
        return events.RunStarted(
            spec=specs.encode(self.spec),
            created=created,
            app=app,
            torch=str(torch.__version__),
            device=self.device,
            seed=self.spec.seed,
            tasks=self.stream.tasks,
            paths=self._reporter.paths,
            total_steps=self.total_steps,
            parameters=self._reporter.parameters(),
            image_shape=self.stream.image_shape,
            unverified_data=unverified,
            environment=environment(self.device),
        )

    def state(self) -> TrainerState:
        """Everything from which the run goes on exactly; between two events only."""
        meta = {
            "version": 1,
            "made_on": environment(self.device),
            "position": self._at.to_json(),
            "topology": msgspec.to_builtins(self._topology),
            "lr": self._learner.training.lr,
            "beta": self._learner.beta,
            "settings": dict(self._settings),
            "elapsed": self._elapsed,
            "complete": self._complete,
            "unmeasured": self._unmeasured,
            "changes": self._changes,
            "growth": self._grower.to_json(),
            "stopping": self._early_stopper.to_json(),
            "baselines": self._baselines.to_json(),
        }
        arrays = checkpoint.arrays(self._learner) | self._early_stopper.arrays() | self._baselines.arrays()
        return TrainerState(self._at.step, meta, arrays)

    def weights(self, path: str, task: int) -> dict[str, np.ndarray]:
        """Solver tensors of a condition that has begun to learn, as they are now.

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        dict of str to ndarray

        Raises
        ------
        KeyError
            For another condition.
        """
        condition = Condition(self._topology.path(path).solver, task)
        if condition not in self._at.begun:
            raise KeyError((path, task))
        return self._learner.arrays_of(condition)

    def unreported(self) -> Iterator[Event]:
        """Events not yet yielded by :meth:`events`: metrics, snapshots and tasks' ends of steps done, changes
        of settings and tree.

        To be recorded before :meth:`state` is kept: a run that goes on from there makes none of them again.

        Yields
        ------
        Event

        Raises
        ------
        DivergedError
            When a number is not finite.
        """
        self._reporter.flush()
        yield from self._reporter.take()
        yield from self._waiting()

    def metrics_before_divergence(self) -> list[Event]:
        """Metrics of the steps before the one that diverged."""
        return list(self._reporter.take())

    def state_problem(self, state: TrainerState) -> str:
        """Why a state of this trainer must not replace a good one; empty when it may.

        Parameters
        ----------
        state : TrainerState

        Returns
        -------
        str
        """
        if self._reporter.loss_explosion.suspected:
            return "the loss is far higher than it was"
        name = divergence.unusable_array(state)
        return f"{name} holds numbers that are not finite, or far too large" if name else ""

    # commands: between two events ----------------------------------------------------------------------

    def change_setting(self, field: str, value: float) -> None:
        """Take another value of a live setting from the next step on.

        Parameters
        ----------
        field : str
            The setting's dotted name, as ``training.lr``.
        value : float

        Raises
        ------
        KeyError
            The setting is not live.
        """
        APPLY[field](self._learner, value)
        self._settings[field] = value
        self._pending.append(events.SettingChanged(step=self._at.step, field=field, value=value))

    def grow(self, topology: Topology, reason: str, removed: Collection[str] = ()) -> None:
        """Go on with another tree: grown, with nodes frozen or released, without those in ``removed``.

        What is stored for the rest stays as it is, and so does the optimiser's state.

        Parameters
        ----------
        topology : Topology
        reason : str
            For the log.
        removed : collection of str
            Ids of nodes that may go.

        Raises
        ------
        SpecError
            Where it would change what has begun to learn; nothing is changed then.
        """
        closed = self._learner.consolidation.closed_form and bool(self._at.current)
        self._pending = [
            event() if callable(event) else event for event in self._pending
        ]  # of the tree as it was
        busy = "consolidation in closed form covers all paths until the task is done" if closed else ""
        growth.check(self.spec, self._at, self._learner.hierarchy.tree, topology, removed, busy)
        if self._complete and self._baselines.steps_left:
            raise SpecError("the tree is learned and its baselines are being trained: it does not grow now")
        self._learner.grow(topology, self._at.begun, self._at.current)
        self._complete = False
        self._unmeasured = True
        self._changes += 1
        self._at.regrow(self.spec, topology, len(self.stream.tasks))
        self._pending += self._reporter.grown(topology, reason)

    def watch(self, path: str, task: int, name: str | None) -> None:
        """Report a generated tensor now and then.

        Parameters
        ----------
        path : str
        task : int
        name : str or None
            Empty: the first worth seeing; None ends it.
        """
        self._watched = None if name is None else (path, task, name)

    # the run -------------------------------------------------------------------------------------------

    def events(self) -> Iterator[Event | None]:
        """Train, event by event.

        Yields
        ------
        Event or None
            None when a step has nothing to report.

        Raises
        ------
        DivergedError
            When a number is no longer finite, or the loss explodes, naming step, path, level and tensor.
        """
        self._since = time.perf_counter() - self._elapsed
        for notice in self.stream.notices:
            yield _log(notice, "warning")
        yield _log(self._reporter.description())
        while not self._complete:
            yield from self._take_pending()
            if not self._at.current:
                yield from self._grow_by_policy()
                if not self._at.queue:
                    break
                line = self._learner.begin(self._at.advance())
                yield _log(f"{self._reporter.title()}: {line}")
            yield from self._learn(self._at.current)
        if not self._complete:
            yield from self._conclude()
        yield from self._baselines.events()

    def _learn(self, segment: Segment) -> Iterator[Event | None]:
        started = time.perf_counter()
        if self._at.done == 0:
            for c in segment:
                yield events.TaskStarted(step=self._at.step, path=self._reporter.path(c), task=c.task)
            self._reporter.add("accuracy", accuracies(self._learner, segment, self.spec.evaluation.limit))
            yield from self._reporter.take()
        steps = self._steps(segment)
        busy, counted, reported = 0.0, 0, time.perf_counter()
        while self._at.done < steps and not self._early_stopper.over:
            yield from self._take_pending()
            begun = time.perf_counter()
            condition = self._take_step(segment, steps, begun)
            every = self.spec.evaluation.every
            if every and self._at.done % every == 0 and self._at.done < steps:
                self._evaluate(segment)
            busy, counted = busy + time.perf_counter() - begun, counted + 1
            if self._at.done < steps and self._reporter.wants_snapshot(condition, self._at.done, steps):
                self._pending.append(partial(self._reporter.weights, condition, final=False))
            if time.perf_counter() - reported >= BLOCK_SECONDS or self._at.done == steps:
                yield from self._report(condition, steps, counted / busy)
                reported = time.perf_counter()
            yield from self._waiting()
            yield None
        self._stop(segment, steps)
        yield from self._finish(segment, time.perf_counter() - started)

    def _stop(self, segment: Segment, steps: int) -> None:
        """Put back the best that was learned, when the spec asks for early stopping."""
        if self._early_stopper.active:
            self._reporter.flush()
            measured, line = self._early_stopper.restore_best(
                self._learner, segment, self._at.step, self._at.done, steps
            )
            self._reporter.add("validation", measured)
            if line:
                self._pending.append(_log(f"{self._reporter.title()}: {line}"))

    def _take_step(self, segment: Segment, steps: int, begun: float) -> Condition:
        at = self._at
        condition = segment[at.done % len(segment)]
        factor = rate_factor(self._learner.training, at.done, steps)
        lr, values = self._learner.step(condition, at.done // len(segment), factor, at.step)
        at.step += 1
        at.done += 1
        seconds = time.perf_counter() - begun
        self._reporter.add_step(condition, lr, seconds, values)
        return condition

    def _evaluate(self, segment: Segment) -> None:
        """Accuracies in between: of the segment and, if wanted, of earlier tasks of its path."""
        self._reporter.flush()
        earlier = [c for c in self._at.finished if c.solver == segment[0].solver]
        asked = [*(earlier if self.spec.evaluation.earlier else ()), *segment]
        self._reporter.add("accuracy", accuracies(self._learner, asked, self.spec.evaluation.limit))
        if self._early_stopper.active:
            self._reporter.add(
                "validation", self._early_stopper.evaluate(self._learner, segment, self._at.step)
            )

    def _report(self, condition: Condition, steps: int, rate: float) -> Iterator[Event]:
        self._reporter.flush()
        yield from self._reporter.take()
        self._elapsed = time.perf_counter() - self._since
        yield events.Progress(
            step=self._at.step,
            total_steps=self.total_steps,
            path=self._reporter.path(condition),
            task=condition.task,
            task_step=self._at.done,
            task_steps=steps,
            seconds=self._elapsed,
            rate=rate,
            eta=(self.total_steps - self._at.step) / rate,
            memory=peak_memory(self._learner.device),
        )
        if self._watched is not None:
            yield from self._reporter.watched(*self._watched)

    def _finish(self, segment: Segment, seconds: float) -> Iterator[Event]:
        """A segment's end: everything learned so far is measured, weights are kept, the tasks are done."""
        self._reporter.flush()
        asked = [*self._at.finished, *segment]
        measured = accuracies(self._learner, asked)
        self._reporter.add("accuracy", measured)
        following = [s[0] for s in self._at.queue if len(s) == 1 and s[0].solver == segment[0].solver][:1]
        measured |= extra_evaluations.at_random(self._learner, following, None)
        validated = {}
        if self._grower.looks_at_validation:
            validated = accuracies(self._learner, segment, held_out="valid")
        self._grower.note(segment, validated)
        # The task is done before anything of it is told: whoever stops in between records the rest.
        reporter = self._reporter
        self._pending += [partial(reporter.weights, c, final=False) for c in reporter.as_learned(segment)]
        self._pending += [partial(reporter.weights, c, final=True) for c in segment]
        for c in segment:
            row = reporter.row(c.solver, measured if c == segment[-1] else {c: measured[c]})
            self._pending.append(
                events.TaskFinished(
                    step=self._at.step, path=reporter.path(c), task=c.task, accuracies=row, seconds=seconds
                )
            )
        self._at.complete()
        self._early_stopper.reset()
        self._learner.end(self._at.finished)
        yield from reporter.take()
        yield from self._waiting()

    def _conclude(self) -> Iterator[Event]:
        """The end: all paths are measured once more, and all weights kept as they are."""
        finished = self._at.finished
        measured = accuracies(self._learner, finished)
        for metric, without in extra_evaluations.contributions(self._learner, finished):
            self._reporter.add(metric, without)
        reporter = self._reporter
        self._pending += [partial(reporter.weights, c, final=True) for c in finished[:-1]]
        self._pending += [
            events.EndMeasured(
                step=self._at.step, path=reporter.path(c), accuracies=reporter.row(c.solver, measured)
            )
            for c in {c.solver: c for c in finished}.values()
        ]
        self._pending.append(_log(f"learned {len(finished)} tasks in {self._at.step} steps"))
        self._complete = True
        yield from reporter.take()
        yield from self._waiting()

    # parts ---------------------------------------------------------------------------------------------

    def _waiting(self) -> Iterator[Event]:
        """What is to be told of steps done; weights are generated when it is their turn."""
        while self._pending:
            event = self._pending.pop(0)
            yield event() if callable(event) else event

    def _take_pending(self) -> Iterator[Event]:
        yield from self._waiting()
        if self._unmeasured:
            self._unmeasured = False
            self._reporter.add("untrained", extra_evaluations.untrained(self._learner, self._at))
            yield from self._reporter.take()

    def _grow_by_policy(self) -> Iterator[Event]:
        proposal = self._grower.propose(self._topology, self._at.names)
        if proposal is None:
            return
        try:
            self.grow(proposal.topology, proposal.reason)
        except SpecError as error:
            yield _log(f"the policy's growth was refused: {error}", "warning")
        else:
            self._grower.grown += 1
            yield from self._take_pending()

    def _steps(self, segment: Segment) -> int:
        return sum(self._learner.steps_of(c.task) for c in segment)

    def _resume(self, state: TrainerState, agreed: Collection[str]) -> None:
        meta = state.meta
        try:
            topology = msgspec.convert(meta["topology"], Topology)
            self._at = RunPosition.from_json(meta["position"], topology)
            self._unmeasured = bool(meta.get("unmeasured", not self._at.begun and not self._at.step))
            self._changes = int(meta.get("changes", 0))
            self._grower.load(meta.get("growth", {}))
            lr, beta = float(meta["lr"]), float(meta["beta"])
            changed = dict(meta.get("settings", {})).items()
            self._settings = {field: float(value) for field, value in changed if field in APPLY}
            self._elapsed, self._complete = float(meta["elapsed"]), bool(meta["complete"])
        except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
            raise SessionError(f"the saved state cannot be read: {error}") from None
        self._learner = Learner(self.spec, topology, self.stream, self.device, agreed=agreed)
        for field, value in {"training.lr": lr, "consolidation.beta": beta, **self._settings}.items():
            APPLY[field](self._learner, value)
        at = self._at
        checkpoint.restore(self._learner, state.arrays, at.finished, at.current)

    def _resume_parts(self, state: TrainerState) -> None:
        """Restore the parts that refer to the learner."""
        try:
            self._early_stopper.load(state.meta.get("stopping", {}), state.arrays, self._learner.device)
            self._baselines.load(state.meta.get("baselines", {}), state.arrays)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise SessionError(f"the saved state cannot be read: {error}") from None


def _log(message: str, level: Literal["info", "warning"] = "info") -> events.Log:
    return events.Log(time=time.time(), level=level, message=message)
