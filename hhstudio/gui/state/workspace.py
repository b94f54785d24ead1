"""Workspace: one document, the run or session that is shown with it, and what can be done with them.

It knows no widget. Views are given :attr:`Workspace.history` and told what changed; whatever goes wrong
becomes :attr:`Workspace.problem`, a text for a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hhstudio.core.errors import DamagedError, HHStudioError
from hhstudio.core.issues import Issue
from hhstudio.core.run import provenance
from hhstudio.core.run.events import Finished, Log
from hhstudio.core.run.history import History
from hhstudio.core.spec import examples, presets, rules
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.document import Document
from hhstudio.core.spec.interchange import TopologyFile
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.gui.state import opening, session_files
from hhstudio.gui.state.autosave import Leftover
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.gui.state.preferences import Preferences
from hhstudio.gui.state.problems import explained, guarded
from hhstudio.gui.state.refresh_scheduler import RefreshScheduler
from hhstudio.gui.state.run_controller import RunController
from hhstudio.gui.state.trust import Trust
from hhstudio.service import logs

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

_SOURCE_MS = 1000
"""Weights that come are collected for so long before the session is refreshed, which is work."""
_SOURCE_SHARE = 0.05
"""Of a processor, the most that refreshing may take: where that is much, weights come less often."""


class Workspace(QObject):
    """``shown`` follows another history (or none); ``run_changed`` the beginning and end of runs and every
    change of their state; ``source_changed`` the file from which weights are read; ``problem`` (title, text)
    what the user must be told; ``notice`` a passing word. ``sessions_changed``: files in the sessions folder
    are likely to differ. ``run_failed`` carries the end of a run that failed, ``damaged`` the path of a
    session that recovery may save, and what is wrong with it.

    What a run changes goes straight to the views of :attr:`scheduler`."""

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
        self.trust = Trust(self)
        self.jobs = BackgroundJobs(self)
        self.scheduler = RefreshScheduler(self)
        self.runs = RunController(self.document, preferences, self.jobs, self.trust, self.scheduler, self)
        self.runs.began.connect(self._run_began)
        self.runs.moved.connect(self._run_moved)
        self.runs.state_changed.connect(self.run_changed)
        self.runs.weights_came.connect(self._weights_came)
        self.runs.ended.connect(self._run_ended)
        self.runs.problem.connect(self.tell)
        self.runs.notice.connect(self.notice)
        self._awaits_source = False
        self._source_due = QTimer(self, singleShot=True, interval=_SOURCE_MS)
        self._source_due.timeout.connect(self.read_source)
        self._opening = 0
        self._issues: tuple[Spec | None, list[Issue]] = (None, [])

    # what can be asked ------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.runs.running

    @property
    def paused(self) -> bool:
        return self.runs.paused

    @property
    def can_continue(self) -> bool:
        """Whether the session that is shown was interrupted and has a checkpoint."""
        history = self.history
        if self.running or history is None or self.session_path is None or self.read_only:
            return False
        return history.checkpoint is not None and history.state != "finished"

    @property
    def read_only(self) -> str:
        """Why the session that is shown cannot be written, in words; empty where it can."""
        source = self.source
        # one that is behind our own run, which has just ended, still says that somebody writes it
        behind = self._awaits_source or self._source_due.isActive()
        return "" if source is None or self.running or behind else source.read_only

    @property
    def session_name(self) -> str:
        """Of the session that is shown; "" where none is."""
        return self.session_path.name if self.session_path is not None else ""

    @property
    def origin(self) -> str:
        """Whose results are shown, where they are not those of the document; "" where they are, or none are
        shown."""
        history = self.history
        if self.running or history is None or history.spec is None or history.topology is None:
            return ""
        ran = replace(history.spec, topology=history.topology)
        differs = provenance.difference(ran, self.document.spec)
        return f"Results of {self.session_name}, which has {differs}" if differs else ""

    @property
    def issues(self) -> list[Issue]:
        """What keeps the document from running, errors first; worked out once a spec."""
        if self._issues[0] is not self.document.spec:
            self._issues = (self.document.spec, rules.issues(self.document.spec))
        return self._issues[1]

    @property
    def first_error(self) -> Issue | None:
        return next((issue for issue in self.issues if issue.severity == "error"), None)

    # documents --------------------------------------------------------------------------------------

    def new(self) -> None:
        """A root with one solver, and the settings of the document at hand."""
        topology = editing.single()
        self._show_document(replace(self.document.spec, name="untitled", notes="", topology=topology))

    def new_from(self, example: str) -> None:
        """An example's tree with the settings of the document at hand. Nothing is lost that was saved."""
        self.guarded("Example", lambda: self._show_tree(examples.example(example)))

    def restore(self, left: Leftover) -> None:
        """Show a document that a window left behind, as one that has yet to be saved."""
        self._show_document(left.document.spec, saved=False)
        left.forget()

    def revert(self) -> None:
        """Back to the document as it was saved or opened, undoably."""
        saved = self.document.saved
        if saved is not None and not self.running:
            self.document.apply("Revert", saved)

    def use_preset(self, name: str) -> None:
        """Replace the document by a preset, undoably."""

        def work() -> None:
            self.document.apply(f"Use preset {name}", presets.preset(name))

        self.guarded("Preset", work)

    def edit(self, title: str, fields: dict[str, Any], merge: str | None = None) -> None:
        """Change settings by their dotted names, undoably."""

        def work() -> None:
            self.document.apply(title, specs.with_fields(self.document.spec, fields), merge)

        self.guarded(title, work)

    def save_spec(self, path: Path) -> bool:
        """Write the document as JSON and remember where."""

        def work() -> None:
            session_files.save_spec(self.document.spec, path)
            self.spec_path = path
            self.document.mark_saved()
            self.preferences.remember_file(path)
            self.notice.emit(f"Saved {session_files.shown_path(path)}")

        return self.guarded("Save", work)

    def open(self, path: Path) -> None:
        """Open a session (.h5), a spec or a tree (.json) or a picture that holds a document (.png, .svg),
        without holding up the window."""
        path = Path(path).absolute()
        if self.running:
            self.problem.emit("A run is going on", "Stop it before you open something else.")
            return
        self._opening += 1
        ticket = self._opening
        self.notice.emit(f"Opening {session_files.shown_path(path)} …")

        def done(opened: Spec | TopologyFile | Session) -> None:
            if ticket != self._opening or self.running:
                opening.close(opened)
                return
            self._show_opened(path, opened)

        def failed(error: Exception) -> None:
            self.notice.emit("")
            if isinstance(error, DamagedError):
                self.damaged.emit(path, str(error))
            else:
                self.tell("Open", error)

        self.jobs.submit(lambda: opening.read(path), done, failed)

    def load(self, path: Path) -> None:
        """:meth:`open`, but done when it returns. Raises HHStudioError."""
        path = Path(path).absolute()
        self._show_opened(path, opening.read(path))

    def duplicate_spec(self, path: Path) -> None:
        """Make the spec of a session the document, to be trained again or changed."""

        def done(session: Session) -> None:
            spec = session.spec
            session.close()
            self._show_document(replace(spec, name=f"{spec.name}-copy"), saved=False)

        if not self.running:
            self.jobs.submit(
                lambda: opening.open_session(path), done, lambda error: self.tell("Duplicate", error)
            )

    # runs -------------------------------------------------------------------------------------------

    def resume_session(self, lr: float | None = None) -> None:
        """Continue the session that is shown from its last checkpoint; with another learning rate, if one is
        given."""
        if self.can_continue and self.session_path is not None and self.history is not None:
            self.runs.resume(self.session_path, self.history, lr)

    @Slot(object, object)
    def _run_began(self, history: History, path: Path) -> None:
        self._opening += 1
        is_new = history is not self.history
        self.history, self.session_path = history, path
        if is_new:
            self._source_due.setInterval(_SOURCE_MS)
            self._set_source(None)
            self.shown.emit()
        self.run_changed.emit()

    @Slot(object)
    def _run_moved(self, path: Path) -> None:
        self.session_path = path
        self._set_source(None)
        self.read_source()
        self.sessions_changed.emit()

    @Slot()
    def _weights_came(self) -> None:
        """Take them in before long, together with those that come meanwhile."""
        if not self._source_due.isActive():
            self._source_due.start()

    @Slot(object)
    def _run_ended(self, end: Finished | None) -> None:
        if self.session_path is not None and not self.session_path.exists():
            self.session_path = None  # it ended before there was anything to keep
        self.read_source()
        self.run_changed.emit()
        self.sessions_changed.emit()
        if end is not None and end.state == "failed":
            self.run_failed.emit(end)
        elif end is not None:
            path = self.session_path
            kept = f"kept as {session_files.shown_path(path)}" if path is not None else end.message
            self.notice.emit(f"{end.state.capitalize()}: {kept}")

    def close(self) -> None:
        """Let go of everything. A run that still goes on is stopped and, if it must be, ended."""
        self.runs.close()
        self.jobs.close()
        self._set_source(None)

    # inside -----------------------------------------------------------------------------------------

    def read_source(self) -> None:
        """Have the session that is shown take in what its file has gained, or open it. One read at a time."""
        self._source_due.stop()
        path, source = self.session_path, self.source
        if path is None:
            return
        if self._awaits_source:  # what that read finds may be old already
            self._source_due.start()
            return
        self._awaits_source = True

        def read() -> tuple[Session, bool, float]:
            began = time.thread_time()
            if source is None:
                session, changed = opening.open_session(path), True
            else:
                session, changed = source, source.refresh()
            return session, changed, time.thread_time() - began

        def done(outcome: tuple[Session, bool, float]) -> None:
            session, changed, seconds = outcome
            self._awaits_source = False
            self._source_due.setInterval(max(_SOURCE_MS, int(1000 * seconds / _SOURCE_SHARE)))
            if path != self.session_path or source is not self.source:
                if source is None:
                    session.close()
            elif source is None:
                self._set_source(session)
            elif changed:
                self.source_changed.emit()

        def failed(error: Exception) -> None:
            self._awaits_source = False
            if self.history is not None and not isinstance(error, HHStudioError):
                self.history.apply(Log(time=0.0, level="warning", message=logs.unexpected(error)))

        self.jobs.submit(read, done, failed)

    def _set_source(self, source: Session | None) -> None:
        old, self.source = self.source, source
        self.source_changed.emit()
        if old is not None:
            old.close()

    def _show_opened(self, path: Path, opened: Spec | TopologyFile | Session) -> None:
        self.preferences.remember_file(path)
        if isinstance(opened, TopologyFile):
            self._show_tree(opened)
            return
        if isinstance(opened, Spec):
            self._show_document(opened, path=path if path.suffix.lower() == ".json" else None)
            self.notice.emit(f"Opened {session_files.shown_path(path)}")
            return
        history = opened.history
        history.take_changes()
        spec = opened.spec
        if history.topology is not None:
            spec = replace(spec, topology=history.topology)
        self.runs.forget()
        self.document.reset(spec)
        self.spec_path = None
        self.history, self.session_path = history, path
        self._set_source(opened)
        self.shown.emit()
        self.run_changed.emit()
        self.notice.emit(f"Opened {session_files.shown_path(path)}")

    def _show_tree(self, file: TopologyFile) -> None:
        spec = replace(
            self.document.spec, name=file.name or "untitled", notes=file.notes, topology=file.topology
        )
        self._show_document(spec)

    def _show_document(self, spec: Spec, saved: bool = True, path: Path | None = None) -> None:
        if self.running:
            self.problem.emit("A run is going on", "Stop it before you begin another document.")
            return
        self.runs.forget()
        self.history, self.session_path, self.spec_path = None, None, path
        self._set_source(None)
        self.document.reset(spec, saved)
        self.shown.emit()
        self.run_changed.emit()

    def guarded(self, title: str, work: Callable[[], object]) -> bool:
        """Do it; what goes wrong is told. Whether it went well."""
        return guarded(title, work, self.tell)

    def tell(self, title: str, error: Exception) -> None:
        """Say what went wrong, in words for a person."""
        self.problem.emit(title, explained(error))
