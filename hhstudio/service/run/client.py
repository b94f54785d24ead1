"""Run client: starts a run, hears from it, and sees to it that it ends. No Qt in here.

The same client runs the session in a worker process or, ``in_process``, in a thread. A supervising
thread receives; whoever shows the run calls :meth:`RunClient.drain` from any thread.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.core.run.events import TERMINAL, Event, RunState
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.datasets import default_data_root
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.service.failures import exit_in_words
from hhstudio.service.run import protocol
from hhstudio.service.run.event_sender import EventSender
from hhstudio.service.run.process import WorkerProcess
from hhstudio.service.run.protocol import Batch, Bye, Command, ProtocolError, Start, ToWindow
from hhstudio.service.run.remainder import Remainder, remainder
from hhstudio.store.session.stamps import Stamps, stamps

COOPERATIVE = 3.0
TERMINATING = 3.0
"""Seconds for each rung of the stop ladder."""
SAVING = 120.0
"""Seconds that a worker which is writing its last checkpoint, and still beats, may take."""
SILENT = 5.0
"""Seconds without a sign of life after which a worker does not count as saving any more."""


class RunClient:
    """One run.

    Parameters
    ----------
    spec
        None with ``resume`` continues the session ``out``.
    out
        The session file.
    data
        Folder of the data sets, None the usual one.
    device
        None takes the spec's.
    allow_unverified
        Accept data files that torchvision's checksums do not know.
    allow_imports
        Import paths of solvers that may be imported, which runs their code.
    resume, overwrite
        Continue, or replace, a session that is there.
    in_process
        Run in a thread of this process rather than in a worker process.
    hold
        Pause when numbers go wrong, until :meth:`go_back` or :meth:`stop`.
    changes
        Live settings by their dotted names that differ from here on.
    fallback
        Folder where a run goes on that cannot be recorded in ``out`` any more, None the default one of
        sessions.
    patience
        Seconds that it waits before, unless with ``hold``.
    environment
        Variables that only the worker process gets (threads, which GPUs it sees).

    Attributes
    ----------
    out
        The session file, another one than was asked for where that could not be written any more.
    on_message
        Called, on the supervising thread, when :meth:`drain` has something new; at most about 30 times a
        second. Generated weights are not among the events' contents: read the session.
    """

    def __init__(
        self,
        spec: Spec | None,
        out: Path,
        *,
        data: Path | None = None,
        device: str | None = None,
        allow_unverified: bool = False,
        allow_imports: Collection[str] = (),
        resume: bool = False,
        overwrite: bool = False,
        in_process: bool = False,
        hold: bool = False,
        changes: Mapping[str, float] | None = None,
        fallback: Path | None = None,
        patience: float = protocol.PATIENCE,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._start = Start(
            out=str(Path(out).absolute()),  # should the working folder be taken away
            data=str(data or default_data_root()),
            spec=None if spec is None else specs.encode(spec),
            device=device,
            allow_unverified=allow_unverified,
            allow_imports=tuple(allow_imports),
            resume=resume,
            overwrite=overwrite,
            hold=hold,
            changes=dict(changes or {}),
            fallback="" if fallback is None else str(fallback.absolute()),
            patience=patience,
        )
        self.out = self._asked = Path(out)
        self.on_message: Callable[[], None] | None = None
        self._in_process = in_process
        self._environment = environment
        self._lost = False
        self._worker: WorkerProcess | None = None
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._events: list[Event] = []
        self._lock = threading.Lock()
        self._started = False
        self._ended = threading.Event()
        self._stopping = threading.Event()
        self._state: RunState = "starting"
        self._step = 0
        self._killed = False
        self._before: Stamps = (None, None)
        self._began = time.monotonic()
        self._heard = time.monotonic()
        self._status: int | None = None
        self._finished: events.Finished | None = None

    # what a window asks -----------------------------------------------------------------------------

    @property
    def alive(self) -> bool:
        """Started, and not yet ended."""
        return self._started and not self._ended.is_set()

    @property
    def silence(self) -> float:
        """Seconds since the last sign of life; a run that is well gives one every half second."""
        return time.monotonic() - self._heard

    @property
    def status(self) -> int | None:
        """Exit status as ``hhstudio run`` gives it, None while alive: 0 done, 1 failed, 2 bad input."""
        return self._status if self._ended.is_set() else None

    @property
    def lost(self) -> bool:
        """Its worker ended without a last word (a crash, a kill); False while alive."""
        return self._ended.is_set() and self._lost

    @property
    def moved(self) -> bool:
        """Whether the session is not where it was asked for."""
        return self.out != self._asked

    @property
    def finished(self) -> events.Finished | None:
        """How it ended; None while alive."""
        return self._finished if self._ended.is_set() else None

    @property
    def pid(self) -> int | None:
        """Of the worker process; None in process."""
        return self._worker.pid if self._worker else None

    def drain(self) -> list[Event]:
        """What happened since the last call, in order. Never blocks."""
        with self._lock:
            happened, self._events = self._events, []
        return happened

    def wait(self, timeout: float | None = None) -> bool:
        """Until the run has ended; False when it has not within ``timeout`` seconds."""
        return self._ended.wait(timeout)

    def remainder(self) -> Remainder:
        """What the files of the session hold now, read back."""
        return remainder(self.out, self._before)

    # what a window commands -------------------------------------------------------------------------

    def start(self) -> None:
        """Begin. Raises RuntimeError the second time, OSError when no process can be started."""
        if self._started:
            raise RuntimeError("a client runs once")
        self._began = self._heard = time.monotonic()
        self._before = stamps(self.out)
        if not self._in_process:
            self._worker = WorkerProcess(self._environment)
        self._started = True
        target = self._run_here if self._in_process else self._supervise
        threading.Thread(target=target, name="hhstudio-run", daemon=True).start()

    def send(self, command: Command) -> None:
        """Queue a command; it takes effect before the next step. Ignored once the run has ended."""
        if self._worker is None:
            self._commands.put(command)
            return
        try:
            self._worker.connection.send(command)
        except (OSError, ValueError):
            pass  # it has just ended; the supervising thread says so

    def pause(self) -> None:
        self.send(protocol.Pause())

    def resume(self) -> None:
        self.send(protocol.Resume())

    def checkpoint(self) -> None:
        self.send(protocol.CheckpointNow())

    def change_setting(self, field: str, value: float) -> None:
        """Another value of a live setting, by its dotted name."""
        self.send(protocol.ChangeSetting(field=field, value=value))

    def grow(self, topology: Topology, reason: str = "by hand", removed: Sequence[str] = ()) -> None:
        """Go on with another tree; ``removed``: ids of the nodes that are meant to go."""
        self.send(protocol.Grow(topology=topology, reason=reason, removed=tuple(removed)))

    def go_back(self, lr: float | None = None) -> None:
        """To the last checkpoint, with another learning rate if one is given."""
        self.send(protocol.GoBack(lr=lr))

    def move_to(self, out: Path) -> None:
        """Record in another session file, where the present one cannot be written."""
        self.send(protocol.MoveTo(out=str(out.absolute())))

    def watch(self, path: str, task: int, tensor: str | None) -> None:
        self.send(protocol.Watch(path=path, task=task, tensor=tensor))

    def stop(self, reason: str = "") -> None:
        """Ask it to save and end; insist after a while (terminate, then kill). Returns at once."""
        first = not self._stopping.is_set()
        self._stopping.set()
        self.send(protocol.Stop(reason=reason))
        if first and self._worker is not None:
            threading.Thread(target=self._insist, name="hhstudio-stop", daemon=True).start()

    def kill(self) -> None:
        """End it now; what the last checkpoint and the journal hold is kept. A thread can only be asked."""
        self._killed = True
        self._stopping.set()
        if self._worker is None:
            self.send(protocol.Stop(reason="ended at once"))
        else:
            self._worker.kill_tree()

    # in a worker process ----------------------------------------------------------------------------

    def _supervise(self) -> None:
        assert self._worker is not None
        broken = ""
        try:
            self._worker.connection.send(self._start)
            while (message := self._worker.connection.receive_message()) is not None:
                self._hear(message)
        except ProtocolError as error:
            broken = f"the worker sent what is not understood: {error}"
            self._worker.kill_tree()
        except (OSError, ValueError):
            pass  # its pipes are closed: it has ended, or is about to
        self._worker.connection.close_outgoing()
        code = self._worker.wait(COOPERATIVE)
        if code is None:
            self._worker.kill_tree()
            code = self._worker.wait()
        if self._finished is None:
            self._report_crash(broken or f"the worker process {exit_in_words(code)}")
        self._worker.close()
        self._conclude()

    def _insist(self) -> None:
        """The stop ladder. Writing a large checkpoint is not a refusal to stop."""
        assert self._worker is not None
        asked = time.monotonic()
        while not self._ended.wait(0.1):
            waited = time.monotonic() - asked
            saving = self._state == "saving" and self.silence < SILENT
            if waited >= (SAVING if saving else COOPERATIVE):
                break
        else:
            return
        self._worker.terminate()
        if not self._ended.wait(TERMINATING):
            self._worker.kill_tree()

    def _report_crash(self, what: str) -> None:
        """A worker that ended without a last word leaves these as its last events."""
        assert self._worker is not None
        self._lost = True
        lines = self._worker.last_lines()
        remainder = self.remainder()
        happened: list[Event] = []
        if self._stopping.is_set():
            how = "ended at once" if self._killed else "the worker did not answer and was ended"
            state, message = "stopped", f"{how}; {remainder.text}"
        else:
            state, message = "failed", f"{what}; {remainder.text}"
            text = "\n".join([what, *lines])
            happened.append(events.Log(time=time.time(), level="error", message=text))
        seconds = time.monotonic() - self._began
        end = events.Finished(state=state, step=self._step, seconds=seconds, message=message)  # type: ignore[arg-type]
        if remainder.recorded:
            self._record_end(end)
        self._hear(Batch(events=[*happened, end]))

    def _record_end(self, end: events.Finished) -> None:
        """Into the session that the worker left, so that whoever reads it hears what is told here."""
        from hhstudio.store.journal.lock import Lock
        from hhstudio.store.session.pending_journal import merge_journal

        try:
            lock = Lock(self.out)
            try:
                merge_journal(self.out, end)
            finally:
                lock.release()
        except (HHStudioError, OSError):
            pass  # its journal stays beside it, as after any crash, and is taken in when it is opened

    # in this process --------------------------------------------------------------------------------

    def _run_here(self) -> None:
        sender = EventSender(self._hear)
        from hhstudio.service.run.session_run import SessionRun

        status = SessionRun(self._start, self._commands, sender.put).run()
        sender.close(status)
        self._conclude()

    # both -------------------------------------------------------------------------------------------

    def _hear(self, message: ToWindow) -> None:
        self._heard = time.monotonic()
        if isinstance(message, Bye):
            self._status = message.status
        if not isinstance(message, Batch):
            return
        for event in message.events:
            self._note(event)
        with self._lock:
            self._events.extend(message.events)
        self._announce()

    def _note(self, event: Event) -> None:
        match event:
            case events.StateChanged(state=state):
                self._state = state
            case events.Progress(step=step):
                self._step = step
            case events.Checkpointed(step=step) | events.Resumed(step=step):
                self._step = step
            case events.Moved(out=out):
                self.out, self._before = Path(out), (None, None)
            case events.Finished(state=state):
                self._finished, self._state = event, state
            case _:
                pass

    def _conclude(self) -> None:
        """Nothing comes after this."""
        if self._status is None:
            self._status = 0 if self._finished and self._finished.state != "failed" else 1
        assert self._state in TERMINAL
        self._ended.set()
        self._announce()

    def _announce(self) -> None:
        if self.on_message is not None:
            self.on_message()
