"""Runs of a workspace's document: starting, steering, ending, and taking in what a run says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run.history import Changes, History
from hhstudio.core.spec import consent, rules
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state import opening, session_files
from hhstudio.gui.state.live_run import LiveRun
from hhstudio.gui.state.run_queue import QueueController
from hhstudio.service.run.client import RunClient
from hhstudio.service.run.run_queue import Entry

if TYPE_CHECKING:
    from hhstudio.gui.state.workspace import Workspace


class RunController(QObject):
    """Owns the one run that goes on, if one does. What it learns is told through the workspace's signals;
    ``ended`` carries how a run ended (a Finished, or None)."""

    ended = Signal(object)

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self.current: LiveRun | None = None
        self.trusted: set[str] = set()
        self._watched = False
        # what was read while our own run wrote it says that somebody writes it: that was us
        self._read_while_running: object = None
        self.queueing = QueueController(workspace)
        self.ended.connect(self.queueing.ended)

    # what can be asked ------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.current is not None and self.current.alive

    @property
    def can_continue(self) -> bool:
        """Whether the session that is shown was interrupted and has a checkpoint."""
        history = self._workspace.history
        if self.running or history is None or self._workspace.session_path is None or self.read_only:
            return False
        return history.checkpoint is not None and history.state != "finished"

    @property
    def read_only(self) -> str:
        """Why the session that is shown cannot be written, in words; empty where it can."""
        source = self._workspace.source
        if source is None or self.running or source is self._read_while_running:
            return ""
        return source.read_only

    @property
    def next_session(self) -> Path:
        """Where the next run will be kept. Raises HHStudioError when all names are taken."""
        return self.queueing.free_path(self._workspace.document.spec)

    # what can be done -------------------------------------------------------------------------------

    def start(self, out: Path | None = None) -> None:
        """Train the document into a new session: ``out``, or the next free name."""
        if not self.running and self._is_trusted(self._workspace.document.spec, lambda: self.start(out)):
            self._workspace.guarded("Start", lambda: self._start(out or self.next_session, hold=True))

    def start_queued(self, entry: Entry) -> None:
        """Train what waited, or go on with its session. The document becomes its spec, undoably, so that
        what is drawn is what is trained. Raises HHStudioError."""
        spec, out = entry.decoded(), Path(entry.out)
        missing = [name for name in consent.imported(spec) if name not in self.trusted]
        if missing:
            raise HHStudioError(f"it imports {', '.join(missing)}: start it once by hand, to agree to that")
        if spec != self._workspace.document.spec:
            self._workspace.document.apply(f"Train {entry.name} from the queue", spec)
        if not out.exists():
            self._start(out, hold=False)
            return
        with opening.open_session(out) as session:
            history = session.history
        self._begin(self._client(None, out, resume=True), history, out)

    def _start(self, out: Path, hold: bool) -> None:
        spec = self._workspace.document.spec
        rules.check(spec)
        session_files.make_folder(out.parent)
        history = History()
        # Known already, so that the views build what takes long before the first step, not during it.
        history.paths = tuple(path.name for path in spec.topology.paths)
        self._begin(self._client(spec, out, hold=hold), history, out)
        self._workspace.document.mark_saved()  # the session keeps tree and settings

    def resume_session(self) -> None:
        """Continue the session that is shown from its last checkpoint."""
        self._resume({})

    def resume_at(self, lr: float) -> None:
        """The same with another learning rate, which is recorded."""
        self._resume({"training.lr": lr})

    def _resume(self, changes: dict[str, float]) -> None:
        def work() -> None:
            path, history = self._workspace.session_path, self._workspace.history
            assert path is not None
            assert history is not None
            client = self._client(None, path, resume=True, hold=True, changes=changes)
            self._begin(client, history, path)

        history = self._workspace.history
        if not self.can_continue or history is None or history.spec is None:
            return
        trees = (topology for _, topology, _ in history.topologies)
        if self._is_trusted(history.spec, lambda: self._resume(changes), *trees):
            self._workspace.guarded("Continue", work)

    def pause(self) -> None:
        if self.current is not None and self.running:
            self.current.client.pause()

    def unpause(self) -> None:
        if self.current is not None and self.running:
            self.current.client.resume()

    def toggle_pause(self) -> None:
        (self.unpause if self._workspace.paused else self.pause)()

    def stop(self) -> None:
        """Ask the run to save and end; it insists after a while. Returns at once."""
        if self.current is not None and self.running:
            self.current.client.stop("stopped by hand")
            self._workspace.notice.emit("Stopping: saving a checkpoint …")

    def checkpoint(self) -> None:
        if self.current is not None and self.running:
            self.current.client.checkpoint()
            self._workspace.notice.emit("Checkpoint asked for")

    def go_back(self, lr: float | None = None) -> None:
        """To the last checkpoint, with another learning rate if one is given."""
        if self.current is not None and self.running:
            self.current.client.go_back(lr)

    def set_learning_rate(self, value: float) -> None:
        if self.current is not None and self.running:
            self.current.client.set_learning_rate(value)

    def set_beta(self, value: float) -> None:
        if self.current is not None and self.running:
            self.current.client.set_beta(value)

    def grow(self, topology: Topology, reason: str, removed: Sequence[str] = ()) -> None:
        """Go on with another tree from the next step; ``removed``: ids of the nodes that are meant to go."""
        if self.current is not None and self.running:
            self.current.client.grow(topology, reason, removed)

    def watch(self, path: str, task: int, tensor: str) -> None:
        """Have a tensor sent while it trains; an empty name lets the trainer choose."""
        if self.current is not None and self.running:
            self._watched = True
            self.current.client.watch(path, task, tensor)

    def end_watch(self) -> None:
        if self.current is not None and self.running and self._watched:
            self._watched = False
            self.current.client.watch("", -1, None)

    def forget(self) -> None:
        """Something else is shown: what is left of the last run goes."""
        if self.current is not None:
            self.current.deleteLater()
            self.current = None

    def close(self) -> None:
        """Let go of the run. If it still goes on it is stopped and, if it must be, ended."""
        self.queueing.going_on = False
        if self.current is not None:
            self.current.stop_watching()
            if self.current.client.alive:
                self.current.client.stop("the window was closed")
                self.current.client.wait(10.0)
                self.current.client.kill()
        self.queueing.close()

    def trusts(self, solvers: Iterable[str], again: Callable[[], None]) -> bool:
        """Whether it was agreed that these solvers are imported; otherwise that is asked, and then done
        ``again``."""
        names = tuple(name for name in solvers if name not in self.trusted)

        def agreed() -> None:
            self.trusted.update(names)
            again()

        if names:
            self._workspace.consent_needed.emit(names, agreed)
        return not names

    # inside -----------------------------------------------------------------------------------------

    def _is_trusted(self, spec: Spec, again: Callable[[], None], *trees: Topology) -> bool:
        """Whether all code that would be imported was agreed to; otherwise it is asked for, and then done
        ``again``."""
        return self.trusts(consent.imported(spec, *trees), again)

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
            data=self._workspace.preferences.data_folder,
            allow_unverified=self._workspace.allow_unverified,
            allow_imports=self.trusted,
            resume=resume,
            hold=hold,
            changes=changes,
        )

    def _begin(self, client: RunClient, history: History, out: Path) -> None:
        run = LiveRun(client, history, self)
        run.changed.connect(self._take)
        run.ended.connect(self._ended)
        run.broke.connect(self._broke)
        try:
            run.start()
        except OSError as error:
            raise HHStudioError(f"no worker process could be started: {error.strerror or error}") from None
        self.forget()
        self.current, self._watched = run, False
        # np.unique and np.median import it when they are first called: 50 ms in the middle of a run.
        self._workspace.jobs.submit(lambda: import_module("numpy.ma"), _ignore, _ignore)
        self._workspace.show_run(history, out)

    @Slot(object)
    def _take(self, changes: Changes) -> None:
        workspace = self._workspace
        workspace.changed.emit(changes)
        if changes.state:
            workspace.run_changed.emit()
        if changes.weights:
            workspace.weights_came()

    @Slot()
    def _ended(self) -> None:
        workspace = self._workspace
        end = workspace.history.end if workspace.history else None
        self._read_while_running = workspace.source
        workspace.read_source()
        workspace.run_changed.emit()
        workspace.sessions_changed.emit()
        if end is not None and end.state == "failed":
            workspace.run_failed.emit(end)
        elif end is not None:
            word = "Finished" if end.state == "finished" else "Stopped"
            workspace.notice.emit(
                f"{word}: kept as {session_files.shown_path(workspace.session_path or Path())}"
            )
        self.ended.emit(end)

    @Slot(object)
    def _broke(self, error: Exception) -> None:
        self._workspace.tell("The view of the run broke; the run itself goes on", error)
        self._workspace.run_changed.emit()


def _ignore(_answer: object) -> None:
    """Nobody waits for it."""
