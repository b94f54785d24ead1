"""Run controller: a document is trained, and what can be asked of the run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.history import History
from hhstudio.core.spec import consent, rules
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state import opening, session_files
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.state.live_run import LiveRun
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.problems import guarded
from hhstudio.gui.state.refresh_scheduler import RefreshScheduler
from hhstudio.gui.state.run_queue import QueueController
from hhstudio.gui.state.trust import Trust
from hhstudio.service.run.client import RunClient
from hhstudio.service.run.run_queue import QueuedRun


class RunController(QObject):
    """Owns the one run that goes on, if one does, and the queue of those that wait.

    ``began`` carries the history that a run fills and the path of its session, ``moved`` another path where
    it goes on because that one could not be written, ``ended`` how it ended (a
    Finished, or None); ``state_changed`` and ``weights_came`` say so meanwhile. What else comes is for the
    ``views`` alone. ``problem`` carries a title and an exception, ``notice`` a passing word.
    """

    began = Signal(object, object)
    moved = Signal(object)
    state_changed = Signal()
    weights_came = Signal()
    ended = Signal(object)
    problem = Signal(str, object)
    notice = Signal(str)

    def __init__(
        self,
        document: Document,
        preferences: Preferences,
        jobs: BackgroundJobs,
        trust: Trust,
        views: RefreshScheduler,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._preferences, self._jobs = document, preferences, jobs
        self._trust, self._views = trust, views
        self.current: LiveRun | None = None
        self._out: Path | None = None
        self._watched = False
        self.queue = QueueController(preferences, self.start_queued, lambda: self.running, self)
        self.queue.problem.connect(self.problem)

    # what can be asked ------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.current is not None and self.current.alive

    @property
    def paused(self) -> bool:
        return self.current is not None and self.running and self.current.history.state == "paused"

    @property
    def next_session(self) -> Path:
        """Where the next run will be kept. Raises HHStudioError when all names are taken."""
        return self.queue.free_path(self._document.spec)

    # beginning --------------------------------------------------------------------------------------

    def start(self, out: Path | None = None) -> None:
        """Train the document into a new session: ``out``, or the next free name."""
        code = consent.imported(self._document.spec)
        if not self.running and self._trust.covers(code, lambda: self.start(out)):
            self._guarded("Start", lambda: self._start(out or self.next_session, hold=True))

    def start_queued(self, entry: QueuedRun) -> None:
        """Train what waited, or go on with its session. The document becomes its spec, undoably, so that
        what is drawn is what is trained. Raises HHStudioError."""
        spec, out = entry.decoded(), Path(entry.out)
        missing = self._trust.missing(consent.imported(spec))
        if missing:
            raise HHStudioError(f"it imports {', '.join(missing)}: start it once by hand, to agree to that")
        if spec != self._document.spec:
            self._document.apply(f"Train {entry.name} from the queue", spec)
        if not out.exists():
            self._start(out, hold=False)
            return
        with opening.open_session(out) as session:
            history = session.history
        self._begin(self._client(None, out, resume=True), history, out)

    def resume(self, path: Path, history: History, lr: float | None = None) -> None:
        """Continue a session from its last checkpoint; with another learning rate, if one is given, which is
        recorded."""
        if self.running or history.spec is None:
            return
        changes = {} if lr is None else {"training.lr": lr}
        trees = (topology for _, topology, _ in history.topologies)
        code = consent.imported(history.spec, *trees)
        if self._trust.covers(code, lambda: self.resume(path, history, lr)):
            client = self._client(None, path, resume=True, hold=True, changes=changes)
            self._guarded("Continue", lambda: self._begin(client, history, path))

    # while it goes on -------------------------------------------------------------------------------

    def pause(self) -> None:
        self._ask(lambda run: run.pause())

    def unpause(self) -> None:
        self._ask(lambda run: run.resume())

    def toggle_pause(self) -> None:
        (self.unpause if self.paused else self.pause)()

    def stop(self) -> None:
        """Ask the run to save and end; it insists after a while. Returns at once."""
        if self._ask(lambda run: run.stop("stopped by hand")):
            self.notice.emit("Stopping: saving a checkpoint …")

    def checkpoint(self) -> None:
        if self._ask(lambda run: run.checkpoint()):
            self.notice.emit("Checkpoint asked for")

    def go_back(self, lr: float | None = None) -> None:
        """To the last checkpoint, with another learning rate if one is given."""
        self._ask(lambda run: run.go_back(lr))

    def change_setting(self, field: str, value: float) -> None:
        """Another value of a live setting, by its dotted name, from the next step on."""
        self._ask(lambda run: run.change_setting(field, value))

    def move_to(self, out: Path) -> None:
        """Record in another session file, where the present one cannot be written."""
        self._ask(lambda run: run.move_to(out))

    def grow(self, topology: Topology, reason: str, removed: Sequence[str] = ()) -> None:
        """Go on with another tree from the next step; ``removed``: ids of the nodes that are meant to go."""
        self._ask(lambda run: run.grow(topology, reason, removed))

    def watch(self, path: str, task: int, tensor: str) -> None:
        """Have a tensor sent while it trains; an empty name lets the trainer choose."""
        self._watched = self._ask(lambda run: run.watch(path, task, tensor))

    def end_watch(self) -> None:
        if self._watched:
            self._watched = False
            self._ask(lambda run: run.watch("", -1, None))

    def forget(self) -> None:
        """Something else is shown: what is left of the last run goes."""
        if self.current is not None:
            self.current.deleteLater()
            self.current = None

    def close(self) -> None:
        """Let go of the run. If it still goes on it is stopped and, if it must be, ended."""
        self.queue.going_on = False
        if self.current is not None:
            self.current.stop_watching()
            if self.current.client.alive:
                self.current.client.stop("the window was closed")
                self.current.client.wait(10.0)
                self.current.client.kill()
        self.queue.close()

    # inside -----------------------------------------------------------------------------------------

    def _ask(self, command: Callable[[RunClient], object]) -> bool:
        """Ask something of the run that goes on. Whether there is one."""
        if self.current is None or not self.running:
            return False
        command(self.current.client)
        return True

    def _guarded(self, title: str, work: Callable[[], object]) -> None:
        guarded(title, work, self.problem.emit)

    def _start(self, out: Path, hold: bool) -> None:
        spec = self._document.spec
        rules.check(spec)
        session_files.make_folder(out.parent)
        history = History()
        # Known already, so that the views build what takes long before the first step, not during it.
        history.paths = tuple(path.name for path in spec.topology.paths)
        self._begin(self._client(spec, out, hold=hold), history, out)
        self._document.mark_saved()  # the session keeps tree and settings

    def _client(
        self,
        spec: Spec | None,
        out: Path,
        resume: bool = False,
        hold: bool = False,
        changes: dict[str, float] | None = None,
    ) -> RunClient:
        return RunClient(
            spec,
            out,
            data=self._preferences.data_folder,
            allow_unverified=self._trust.unverified_data,
            allow_imports=self._trust.imports,
            resume=resume,
            hold=hold,
            changes=changes,
        )

    def _begin(self, client: RunClient, history: History, out: Path) -> None:
        run = LiveRun(client, history, self._views, self)
        run.state_changed.connect(self._state_changed)
        run.weights_came.connect(self.weights_came)
        run.ended.connect(self._ended)
        run.broke.connect(self._broke)
        try:
            run.start()
        except OSError as error:
            raise HHStudioError(f"no worker process could be started: {error.strerror or error}") from None
        self.forget()
        self.current, self._out, self._watched = run, out, False
        # np.unique and np.median import it when they are first called: 50 ms in the middle of a run.
        self._jobs.submit(lambda: import_module("numpy.ma"), _ignore, _ignore)
        self.began.emit(history, out)

    @Slot()
    def _state_changed(self) -> None:
        if self.current is not None and self.current.client.out != self._out:
            self._out = self.current.client.out
            self.moved.emit(self._out)
        self.state_changed.emit()

    @Slot()
    def _ended(self) -> None:
        end = self.current.history.end if self.current is not None else None
        self.ended.emit(end)
        self.queue.ended(end)

    @Slot(object)
    def _broke(self, error: Exception) -> None:
        self.problem.emit("The view of the run broke; the run itself goes on", error)
        self.state_changed.emit()


def _ignore(_answer: object) -> None:
    """Nobody waits for it."""
