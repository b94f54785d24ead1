"""Preparation of a run: spec, device, data, trainer, and the session's writer, before the first step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from hhstudio.core.errors import DataError, SessionError, SpecError
from hhstudio.core.run import events
from hhstudio.core.run.environments import differences
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import consent, rules, sizes
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.tasks import TaskInfo, other_tasks
from hhstudio.core.tree.topology import Topology
from hhstudio.service.run.protocol import Start
from hhstudio.store.session.place import check_place

if TYPE_CHECKING:
    from hhstudio.learn.data.stream import TaskStream
    from hhstudio.learn.training.trainer import Trainer
    from hhstudio.store.session.writer import SessionWriter


class Prepared:
    """A run's parts, filled in by :func:`prepare`. ``seconds``: run time before a resume."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.out = Path(start.out)
        self.spec = Spec()
        self.topology = Topology()
        self.trees: list[Topology] = []
        self.device = ""
        self.stream: TaskStream
        self.trainer: Trainer
        self.unverified = False
        self.seconds = 0.0
        self.state: TrainerState | None = None
        self.earlier: events.RunStarted | None = None
        self.tasks: tuple[TaskInfo, ...] = ()
        self.made_on: dict[str, str] = {}

    def session_writer(self, first: events.RunStarted | events.Resumed) -> SessionWriter:
        """Begin or go on with the session file. Raises SessionError when it may not be written, and
        TrainingError when it cannot."""
        from hhstudio.store.session.writer import SessionWriter

        overwrite = self.start.overwrite and not self.start.resume
        writer = SessionWriter(self.out, overwrite=overwrite)
        try:
            if isinstance(first, events.Resumed):
                writer.resume_at(first)
            else:
                writer.start(first)
        except BaseException as error:
            writer.__exit__(type(error), error, None)
            raise
        return writer

    def first_event(self, created: str, app: str) -> events.RunStarted | events.Resumed:
        """What the session's record begins with, or goes on with."""
        started = self.trainer.run_started(created, app, self.unverified)
        return started if self.state is None else self._resumed(self.state, started)

    def go_back(self, out: Path) -> events.Resumed:
        """Put a trainer in place that stands where the last checkpoint in ``out`` was made. What the writer
        was given must be flushed. Raises :class:`SessionError`."""
        from hhstudio.learn.training.trainer import Trainer
        from hhstudio.store.session.session import open as open_session

        with open_session(out) as session:
            state = session.state_to_build()
            if state is None:
                raise SessionError(f"{out}: holds no checkpoint to go back to")
            self.stand_at(state, session.history)
        agreed = self.start.allow_imports
        self.trainer = Trainer(self.spec, self.stream, self.device, state, agreed=agreed)
        return self._resumed(state, self.trainer.run_started("", "", False))

    def _resumed(self, state: TrainerState, now: events.RunStarted) -> events.Resumed:
        """Going on is exact where the checkpoint was made as it would be made now."""
        made_on = state.meta.get("made_on")
        before = made_on if isinstance(made_on, dict) else self.made_on
        differs = differences(before, now.environment)
        return events.Resumed(
            step=state.step,
            device=self.device,
            torch=now.torch,
            exact=not differs,
            changes=self.trainer.changes,
            differs=differs,
            environment=now.environment,
        )

    def stand_at(self, state: TrainerState, history: History) -> None:
        """Take over a state, and the tree as it was then."""
        self.state = state
        self.topology = _topology_at(history.topologies, state.step) or self.spec.topology

    def depths(self) -> dict[str, int]:
        return {path.name: path.depth for path in self.topology.paths}


def prepare(
    prepared: Prepared,
    phase: Callable[..., None],
    downloading: Callable[[str, int, int], None],
) -> None:
    """Fill in everything but the writer. ``phase(state, detail)`` is told before each part.

    Raises SpecError, ConsentError, SessionError, DeviceError, DataError, all before anything is written.
    """
    start = prepared.start
    check_place(prepared.out)
    if start.resume:
        _reopen(prepared)
    else:
        if start.spec is None:
            raise SpecError("there is neither a spec to train nor a session to continue")
        prepared.spec = specs.decode(start.spec, "the spec")
        prepared.topology = prepared.spec.topology
        rules.check(prepared.spec)
        if prepared.out.exists() and not start.overwrite:
            raise SessionError(f"{prepared.out} exists already: choose another name, or let it be replaced")
    spec = prepared.spec
    consent.check(start.allow_imports, spec, *prepared.trees)

    phase("importing", "PyTorch")
    from hhstudio.learn.data import build_stream
    from hhstudio.learn.devices import resolve_device, whole_memory
    from hhstudio.learn.training.trainer import Trainer

    wanted = start.device or spec.device
    phase("device", wanted)
    prepared.device = resolve_device(wanted)
    sizes.check(replace(spec, topology=prepared.topology), whole_memory(prepared.device))

    phase("data", spec.stream.dataset)
    stream = build_stream(
        spec.stream,
        spec.seed,
        Path(start.data),
        allow_unverified=start.allow_unverified,
        progress=downloading,
    )
    if difference := other_tasks(prepared.tasks or stream.tasks, stream.tasks):
        raise DataError(
            f"{prepared.out}: cannot be continued, these data are not those it was trained on: {difference}"
        )
    prepared.stream, prepared.unverified = stream, stream.unverified

    phase("building", f"{len(prepared.topology.paths)} paths on {prepared.device}")
    prepared.trainer = Trainer(spec, stream, prepared.device, prepared.state, agreed=start.allow_imports)


def _reopen(prepared: Prepared) -> None:
    """Spec, state and elapsed time of the session that goes on. Raises :class:`SessionError`."""
    from hhstudio.store.session.session import open as open_session

    with open_session(prepared.out) as session:
        state = session.state_to_build()
        history = session.history
        if session.state == "finished":
            raise SessionError(f"{prepared.out}: the run is finished, there is nothing to continue")
        if state is None:
            raise SessionError(
                f"{prepared.out}: holds no checkpoint to continue from; train its spec into another file"
            )
        if session.read_only and not session.live:  # a writer is told by its lock
            raise SessionError(f"{prepared.out}: cannot be continued, {session.read_only}")
        prepared.seconds, prepared.spec = history.seconds, session.spec
        prepared.trees = [topology for _, topology, _ in history.topologies]
        prepared.stand_at(state, history)
        run = history.run
        if run is not None:
            prepared.tasks = run.tasks
            prepared.made_on = {"device": run.device, "torch": run.torch, **run.environment}


def _topology_at(topologies: list[tuple[int, Topology, str]], step: int) -> Topology | None:
    """The tree as it had grown by that step."""
    grown = [topology for at, topology, _ in topologies if at <= step]
    return grown[-1] if grown else None
