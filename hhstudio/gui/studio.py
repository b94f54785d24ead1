"""The controller: one document, the run or session that is shown with it, and what can be done with them.

It knows no widget. Views are given :attr:`Studio.history` and told what changed; whatever goes wrong
becomes :attr:`Studio.problem`, a text for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core import edits, presets, rules
from hhstudio.core import spec as specs
from hhstudio.core.document import Document
from hhstudio.core.errors import HHStudioError, SessionError
from hhstudio.core.events import Log
from hhstudio.core.history import Changes, History
from hhstudio.core.issue import Issue
from hhstudio.core.spec import Spec
from hhstudio.gui import opening, session_files
from hhstudio.gui.jobs import Jobs
from hhstudio.gui.live_run import LiveRun
from hhstudio.gui.preferences import Preferences
from hhstudio.service import places
from hhstudio.service.client import RunClient

if TYPE_CHECKING:
    from hhstudio.store.session import Session

_SOURCE_MS = 1000
"""Weights that come are collected for so long before they are read from the file, which is work."""


class Studio(QObject):
    """``changed`` carries what a run changed; ``shown`` follows another history (or none); ``run_changed``
    the beginning and end of runs and every change of their state; ``source_changed`` the file from which
    weights are read; ``problem`` (title, text) what the user must be told; ``notice`` a passing word.
    ``sessions_changed``: files in the sessions folder are likely to differ."""

    changed = Signal(object)
    shown = Signal()
    run_changed = Signal()
    source_changed = Signal()
    problem = Signal(str, str)
    notice = Signal(str)
    run_failed = Signal(object)
    sessions_changed = Signal()
    damaged = Signal(object, str)

    def __init__(self, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preferences = preferences
        self.document = Document(opening.first_spec())
        self.history: History | None = None
        self.source: Session | None = None
        self.session_path: Path | None = None
        self.spec_path: Path | None = None
        self.run: LiveRun | None = None
        self.allow_unverified = False
        self.jobs = Jobs(self)
        self._awaits_source = self._watched = False
        self._source_due = QTimer(self, singleShot=True, interval=_SOURCE_MS)
        self._source_due.timeout.connect(self._refresh_source)
        self._opening = 0
        self._issues: tuple[Spec | None, list[Issue]] = (None, [])

    # what can be asked ------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.run is not None and self.run.alive

    @property
    def paused(self) -> bool:
        return self.running and self.history is not None and self.history.state == "paused"

    @property
    def issues(self) -> list[Issue]:
        """What keeps the document from running, errors first; worked out once a spec."""
        if self._issues[0] is not self.document.spec:
            self._issues = (self.document.spec, rules.issues(self.document.spec))
        return self._issues[1]

    @property
    def first_error(self) -> Issue | None:
        return next((issue for issue in self.issues if issue.severity == "error"), None)

    @property
    def can_continue(self) -> bool:
        """Whether the session that is shown was interrupted and has a checkpoint."""
        if self.running or self.history is None or self.session_path is None:
            return False
        return self.history.checkpoint is not None and self.history.state != "finished"

    @property
    def next_session(self) -> Path:
        """Where the next run will be kept. Raises HHStudioError when all names are taken."""
        return session_files.unused_path(self.preferences.sessions_folder, self.document.spec.name)

    # documents --------------------------------------------------------------------------------------

    def new(self) -> None:
        """A root with one solver, and the settings of the document at hand."""
        topology = edits.single()
        self._show_document(replace(self.document.spec, name="untitled", notes="", topology=topology))

    def use_preset(self, name: str) -> None:
        """Replace the document by a preset, undoably."""

        def work() -> None:
            self.document.apply(f"Use preset {name}", presets.preset(name))

        self._guarded("Preset", work)

    def edit(self, title: str, fields: dict[str, Any], merge: str | None = None) -> None:
        """Change settings by their dotted names, undoably."""

        def work() -> None:
            self.document.apply(title, specs.with_fields(self.document.spec, fields), merge)

        self._guarded(title, work)

    def save_spec(self, path: Path) -> bool:
        """Write the document as JSON and remember where."""

        def work() -> None:
            session_files.save_spec(self.document.spec, path)
            self.spec_path = path
            self.document.mark_saved()
            self.notice.emit(f"Saved {session_files.shown_path(path)}")

        return self._guarded("Save", work)

    def open(self, path: Path) -> None:
        """Open a session (.h5) or a spec (.json), without holding up the window."""
        path = Path(path).absolute()
        if self.running:
            self.problem.emit("A run is going on", "Stop it before you open something else.")
            return
        self._opening += 1
        ticket = self._opening
        self.notice.emit(f"Opening {session_files.shown_path(path)} …")

        def done(found: Spec | Session) -> None:
            if ticket != self._opening or self.running:
                opening.close(found)
                return
            self._show_opened(path, found)

        def failed(error: Exception) -> None:
            self.notice.emit("")
            if isinstance(error, SessionError) and opening.looks_damaged(error):
                self.damaged.emit(path, str(error))
            else:
                self._tell("Open", error)

        self.jobs.submit(lambda: opening.read(path), done, failed)

    def load(self, path: Path) -> None:
        """:meth:`open`, but done when it returns. Raises HHStudioError."""
        path = Path(path).absolute()
        self._show_opened(path, opening.read(path))

    def duplicate_spec(self, path: Path) -> None:
        """Make the spec of a session the document, to be trained again or changed."""

        def done(session: Spec | Session) -> None:
            spec = session if isinstance(session, Spec) else session.spec
            opening.close(session)
            self._show_document(replace(spec, name=f"{spec.name}-copy"), saved=False)

        if not self.running:
            self.jobs.submit(lambda: opening.read(path), done, lambda error: self._tell("Duplicate", error))

    # runs -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Train the document into a new session."""

        def work() -> None:
            rules.check(self.document.spec)
            out = self.next_session
            session_files.make_folder(out.parent)
            self._opening += 1
            history = History()
            # Known already, so that the views build what takes long before the first step, not during it.
            history.paths = tuple(path.name for path in self.document.topology.paths)
            self._begin(self._client(self.document.spec, out), history, out)
            self.document.mark_saved()  # the session keeps tree and settings

        if not self.running:
            self._guarded("Start", work)

    def resume_session(self) -> None:
        """Continue the session that is shown from its last checkpoint."""

        def work() -> None:
            assert self.session_path is not None
            assert self.history is not None
            self._begin(self._client(None, self.session_path, resume=True), self.history, self.session_path)

        if self.can_continue:
            self._guarded("Continue", work)

    def pause(self) -> None:
        if self.run is not None and self.running:
            self.run.client.pause()

    def unpause(self) -> None:
        if self.run is not None and self.running:
            self.run.client.resume()

    def toggle_pause(self) -> None:
        (self.unpause if self.paused else self.pause)()

    def stop(self) -> None:
        """Ask the run to save and end; it insists after a while. Returns at once."""
        if self.run is not None and self.running:
            self.run.client.stop("stopped by hand")
            self.notice.emit("Stopping: saving a checkpoint …")

    def checkpoint(self) -> None:
        if self.run is not None and self.running:
            self.run.client.checkpoint()
            self.notice.emit("Checkpoint asked for")

    def watch(self, path: str, task: int, tensor: str) -> None:
        """Have a tensor sent while it trains; an empty name lets the trainer choose."""
        if self.run is not None and self.running:
            self._watched = True
            self.run.client.watch(path, task, tensor)

    def end_watch(self) -> None:
        if self.run is not None and self.running and self._watched:
            self._watched = False
            self.run.client.watch("", -1, None)

    def close(self) -> None:
        """Let go of everything. A run that still goes on is stopped and, if it must be, ended."""
        if self.run is not None:
            self.run.stop_watching()
            if self.run.client.alive:
                self.run.client.stop("the window was closed")
                self.run.client.wait(10.0)
                self.run.client.kill()
        self.jobs.close()
        self._set_source(None)

    # inside -----------------------------------------------------------------------------------------

    def _client(self, spec: Spec | None, out: Path, resume: bool = False) -> RunClient:
        return RunClient(
            spec,
            out,
            data=self.preferences.data_folder,
            allow_unverified=self.allow_unverified,
            resume=resume,
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
        if self.run is not None:
            self.run.deleteLater()
        self.run, self._watched = run, False
        fresh = history is not self.history
        self.history, self.session_path = history, out
        if fresh:
            self._set_source(None)
            self.shown.emit()
        self.run_changed.emit()

    @Slot(object)
    def _take(self, changes: Changes) -> None:
        self.changed.emit(changes)
        if changes.state:
            self.run_changed.emit()
        if changes.weights and not self._source_due.isActive():
            self._source_due.start()

    @Slot()
    def _ended(self) -> None:
        end = self.history.end if self.history else None
        self._source_due.stop()
        self._refresh_source()
        self.run_changed.emit()
        self.sessions_changed.emit()
        if end is not None and end.state == "failed":
            self.run_failed.emit(end)
        elif end is not None:
            word = "Finished" if end.state == "finished" else "Stopped"
            self.notice.emit(f"{word}: kept as {session_files.shown_path(self.session_path or Path())}")

    @Slot(object)
    def _broke(self, error: Exception) -> None:
        self._tell("The view of the run broke; the run itself goes on", error)
        self.run_changed.emit()

    def _refresh_source(self) -> None:
        """Read the session file anew, so that weights that have come can be shown. One read at a time."""
        path = self.session_path
        if path is None:
            return
        if self._awaits_source:  # what that read finds may be old already
            self._source_due.start()
            return
        self._awaits_source = True

        def done(session: Session) -> None:
            self._awaits_source = False
            if path == self.session_path:
                self._set_source(session)
            else:
                session.close()

        def failed(error: Exception) -> None:
            self._awaits_source = False
            if self.history is not None and not isinstance(error, HHStudioError):
                self.history.apply(Log(time=0.0, level="warning", message=places.unexpected(error)))

        self.jobs.submit(lambda: opening.open_session(path), done, failed)

    def _set_source(self, source: Session | None) -> None:
        old, self.source = self.source, source
        self.source_changed.emit()
        if old is not None:
            old.close()

    def _show_opened(self, path: Path, found: Spec | Session) -> None:
        if isinstance(found, Spec):
            self._show_document(found, path=path)
            self.notice.emit(f"Opened {session_files.shown_path(path)}")
            return
        history = found.history
        history.take_changes()
        spec = found.spec
        if history.topology is not None:
            spec = replace(spec, topology=history.topology)
        self._forget_run()
        self.document.reset(spec)
        self.spec_path = None
        self.history, self.session_path = history, path
        self._set_source(found)
        self.shown.emit()
        self.run_changed.emit()
        self.notice.emit(f"Opened {session_files.shown_path(path)}")

    def _show_document(self, spec: Spec, saved: bool = True, path: Path | None = None) -> None:
        if self.running:
            self.problem.emit("A run is going on", "Stop it before you begin another document.")
            return
        self._forget_run()
        self.history, self.session_path, self.spec_path = None, None, path
        self._set_source(None)
        self.document.reset(spec, saved)
        self.shown.emit()
        self.run_changed.emit()

    def _forget_run(self) -> None:
        if self.run is not None:
            self.run.deleteLater()
            self.run = None

    def _guarded(self, title: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except Exception as error:
            self._tell(title, error)
            return False
        return True

    def _tell(self, title: str, error: Exception) -> None:
        text = str(error) if isinstance(error, HHStudioError) else places.unexpected(error)
        self.problem.emit(title, text)
