"""Attempts at one run of a sweep, from whatever is on disk to its end.

The same function works in a thread of ``hhstudio sweep`` and in a task on a cluster. It can be repeated:
a finished session is left as it is, one with a checkpoint goes on from there, and where a worker is lost
in mid-run a new one takes over.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from hhstudio.core.errors import HHStudioError, SessionError
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.sweeps.comparison import settings_of
from hhstudio.service.failures import explain
from hhstudio.service.run.client import RunClient
from hhstudio.service.sweep.job import Job, Outcome, Update

VAIN_LOSSES = 3
"""Workers that may be lost in succession without the run getting any further."""
INTERVAL = 0.5
"""Seconds between updates at least, except at checkpoints."""
LOOK = 0.2
"""Seconds between looks at whether to stop."""

Tell = Callable[[Update], None]
Standing = Literal["missing", "finished", "checkpoint", "empty", "busy"]


def carry_out(
    job: Job,
    tell: Tell,
    stopping: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    killing: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Bring a run to its end. Never raises an Exception.

    Parameters
    ----------
    job
        The run.
    tell
        Called with how far it is, now and then, and after every checkpoint.
    stopping
        Asked several times a second; once it says yes the run writes a checkpoint and ends.
    environment
        Variables that only the worker process gets.
    killing
        Asked likewise; ends the run at once.
    """
    try:
        return _Attempts(job, tell, stopping, killing, environment).run()
    except Exception as error:
        return Outcome("failed", explain(error, "")[1])


def standing(path: Path, spec: Spec) -> Standing:
    """What is there of a run. Raises SessionError: not a session, damaged, or of other settings."""
    from hhstudio.store.journal.lock import owner
    from hhstudio.store.session.session import open as open_session

    if owner(path) is not None:
        return "busy"
    if not path.exists():
        return "missing"
    with open_session(path) as session:
        if session.spec != spec:
            how = _differences(session.spec, spec)
            raise SessionError(
                f"{path}: holds a run with other settings ({how}); move it away, or choose another --out"
            )
        if session.state == "finished":
            return "finished"
        return "empty" if session.trainer_state() is None else "checkpoint"


def _differences(there: Spec, here: Spec) -> str:
    """The first settings in which two specs differ, with both values."""
    old, new = settings_of(there), settings_of(here)
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not differing:
        return "another name, notes or tree"
    more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
    return ", ".join(f"{n} is {old.get(n)} there, {new.get(n)} here" for n in differing[:3]) + more


class _Attempts:
    def __init__(
        self,
        job: Job,
        tell: Tell,
        stopping: Callable[[], bool],
        killing: Callable[[], bool],
        environment: Mapping[str, str] | None,
    ) -> None:
        self._job, self._tell, self._environment = job, tell, environment
        self._stopping, self._killing = stopping, killing
        self._spec = specs.decode(job.spec, job.name)
        self._out = Path(job.out)
        self._losses = 0
        self._update = Update(host=socket.gethostname())
        self._told = 0.0
        self._said = ""

    def run(self) -> Outcome:
        vain, reached = 0, 0
        while not self._stopping():
            status = standing(self._out, self._spec)
            if status == "busy":
                self._wait_for_owner()
                continue
            if status == "finished":
                return Outcome("finished", "", self._losses)
            client = self._train(resume=status == "checkpoint")
            end = client.finished
            assert end is not None
            if client.moved:
                why = end.message or f"recorded in {client.out}, because {self._out} could not be written"
                return Outcome("failed", why, self._losses)
            if self._stopping() and end.state != "finished":
                return Outcome("stopped", end.message, self._losses)
            if end.state == "finished" or (end.state == "failed" and not client.lost):
                return Outcome(end.state, end.message, self._losses)
            # lost, or told to end by somebody else (a scheduler that takes a machine back)
            self._losses += 1
            vain = 0 if self._update.step > reached else vain + 1
            reached = max(reached, self._update.step)
            if vain >= VAIN_LOSSES:
                why = f"{end.message} ({self._said})" if self._said else end.message
                workers = f"{vain} lost worker{'s' if vain > 1 else ''}"
                return Outcome("failed", f"given up after {workers}: {why}", self._losses)
            self._say(detail="worker lost, going on from the last checkpoint", checkpointed=True)
        return Outcome("stopped", "", self._losses)

    def _train(self, resume: bool) -> RunClient:
        job = self._job
        client = RunClient(
            None if resume else self._spec,
            self._out,
            data=None if job.data is None else Path(job.data),
            device=job.device,
            allow_unverified=job.allow_unverified,
            allow_imports=job.allow_imports,
            resume=resume,
            overwrite=not resume,
            environment=self._environment,
        )
        news = threading.Event()
        client.on_message = news.set
        client.start()
        asked = False
        try:
            while client.alive:
                news.wait(LOOK)
                news.clear()
                for event in client.drain():
                    self._take(event, client)
                if self._killing():
                    client.kill()
                elif self._stopping() and not asked:
                    asked = True
                    client.stop("the sweep was stopped")
            for event in client.drain():
                self._take(event, client)
        except BaseException:
            client.kill()
            raise
        return client

    def _take(self, event: events.Event, client: RunClient) -> None:
        match event:
            case events.RunStarted(total_steps=total):
                self._say(total_steps=total, pid=client.pid)
            case events.StateChanged(state=state, detail=detail):
                self._say(detail=" ".join(filter(None, [state, detail])), pid=client.pid)
            case events.Progress():
                place = f"{event.path} task {event.task + 1}"
                self._say(step=event.step, total_steps=event.total_steps, eta=event.eta, detail=place)
            case events.Log(level="error", message=message):
                self._said = message.strip().splitlines()[-1][:200] if "\n" in message.strip() else ""
            case events.Checkpointed(step=step) | events.Resumed(step=step):
                self._say(step=step, checkpointed=True, pid=client.pid)
            case _:
                pass

    def _wait_for_owner(self) -> None:
        """Somebody writes the session: a worker of an interrupted sweep that saves its last checkpoint, or
        a task that a cluster has not noticed is alone."""
        from hhstudio.store.journal.lock import owner

        while (who := owner(self._out)) is not None and not self._stopping():
            self._say(detail=f"waiting: the session is being written by {who}")
            time.sleep(LOOK)

    def _say(self, checkpointed: bool = False, **changes: object) -> None:
        self._update = Update(
            **{**vars(self._update), "losses": self._losses, "checkpointed": False, **changes}
        )
        now = time.monotonic()
        if checkpointed or now - self._told >= INTERVAL:
            self._told = now
            self._tell(Update(**{**vars(self._update), "checkpointed": checkpointed}))


def refuse_foreign(jobs: list[Job]) -> dict[str, Standing]:
    """What is there of every run. Raises SessionError naming all files that are not of this sweep."""
    standings, problems = dict[str, Standing](), list[str]()
    for job in jobs:
        try:
            standings[job.name] = standing(Path(job.out), specs.decode(job.spec, job.name))
        except HHStudioError as error:
            problems.append(str(error))
    if problems:
        more = f" (and {len(problems) - 3} more)" if len(problems) > 3 else ""
        raise SessionError("; ".join(problems[:3]) + more)
    return standings
