"""Session that is open for reading.

Everything is read when it is asked for, in small pieces. Opening what a writer left behind when it died
takes its journal in first; a session that is being written is read along, and never touched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property, wraps
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast, overload

import h5py
import numpy as np

from hhstudio.core.atomic_write import is_writable, named_file
from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec.spec import Spec
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.journal import Frame, journal_path
from hhstudio.store.journal.lock import Lock, Owner, owner
from hhstudio.store.journal.replay import replay, state_in, weights_in
from hhstudio.store.session import migrations, pending_journal, reading
from hhstudio.store.session.reading import FileIdentity
from hhstudio.store.session.snapshot_extras import SnapshotExtras
from hhstudio.store.session.snapshots import Snapshots
from hhstudio.store.session.stamps import Stamps, stamps
from hhstudio.store.session.summary import summarise
from hhstudio.store.session.writing import Outcome

S = TypeVar("S", bound="Session")
M = TypeVar("M", bound=Callable[..., Any])


class _Opened(NamedTuple):
    """What opening a session came to."""

    loaded: pending_journal.Loaded
    writer: Owner | None
    notes: list[str]
    stamps: Stamps


def _locked(method: M) -> M:
    """A method of :class:`Session` during which no refresh changes what it reads. However damaged that is, it
    raises nothing but errors of ours."""

    @wraps(method)
    def locked(self: Session, *args: Any, **kwargs: Any) -> Any:
        with self._lock, safe_read.reading(self.path):
            return method(self, *args, **kwargs)

    return cast(M, locked)


class Session:
    """A session that is open for reading; a context manager. Made by :func:`open`.

    ``notes``: what opening it had to do, one line each. ``writer``: who was writing it when its files were
    looked at last, None where nobody was. What is written later is taken in by :meth:`refresh`, which may run
    on another thread than those that read tensors.
    """

    def __init__(self, path: Path, opened: _Opened) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._refreshing = threading.Lock()
        self._closed = False
        self.writer: Owner | None
        self.history: History
        self._loaded: pending_journal.Loaded
        self._stamps: Stamps
        self._take(opened)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<session {self.path.name}: {self.state}, step {self.history.step}>"

    def close(self) -> None:
        """Close the file; what was read from it stays."""
        with self._lock:
            self._closed = True
            self._loaded.close()

    def refresh(self) -> bool:
        """Take in what the session has gained since it was opened or refreshed.

        Follows the journal of a run that goes on, and the file when it is written anew: curves that are known
        are not read again. ``history`` may be another object afterwards.

        Returns
        -------
        bool
            Whether there was anything.

        Raises
        ------
        SessionError
            Where the file is gone or damaged; what was read before then stays, and may be read again.
        """
        with self._refreshing:
            if self._closed:
                return False
            now, writer = stamps(self.path), owner(self.path)
            if now == self._stamps and (writer is None) == (self.writer is None):
                return False
            known = None
            if self.live and self._loaded.journal is not None and not self._loaded.foreign:
                known = self._follow(self._loaded)  # to its end, even where it was replaced already
                if writer is not None and self._are_same(now):
                    self._stamps = now
                    return True
            opened = _open(self.path, known)
            with self._lock:
                if self._closed:  # meanwhile, on another thread
                    opened.loaded.close()
                    return False
                self._take(opened)  # who still reads the old files keeps them open
            return True

    def _follow(self, loaded: pending_journal.Loaded) -> pending_journal.Known:
        """Replay what the journal has gained."""
        before = loaded.replayed
        assert before is not None
        assert loaded.journal is not None
        gained = replay(loaded.history, loaded.journal, before.sequence, loaded.tail, before.last, self._lock)
        loaded.replayed = gained
        with self._lock:
            loaded.history.take_changes()
            self._forget()
        return pending_journal.Known(
            FileIdentity(loaded.identity.session, gained.sequence), loaded.history.series
        )

    def _are_same(self, stamps: Stamps) -> bool:
        """Whether the file is as it was, and the journal has at most grown."""
        (file, journal), (old_file, old_journal) = stamps, self._stamps
        if file != old_file or journal is None or old_journal is None:
            return False
        return journal[:2] == old_journal[:2] and journal[2] >= old_journal[2]

    def _take(self, opened: _Opened) -> None:
        self._loaded, self.writer, notes, self._stamps = opened
        self.notes = tuple(notes)
        self.history = self._loaded.history
        self._forget()
        if self.writer is None and self.history.end is None:
            self.history.apply(self._death())
        self.history.take_changes()

    def _forget(self) -> None:
        """What was looked up in the files may be different now."""
        self._known_links: dict[tuple[str, int], dict[str, str]] = {}
        for name in ("snapshot_extras", "_held", "_held_snapshots"):
            self.__dict__.pop(name, None)

    @property
    def live(self) -> bool:
        """Whether a writer was at work when its files were looked at last."""
        return self.writer is not None

    @property
    def read_only(self) -> str:
        """Why the session can be looked at but not continued, in words; "" where it can be written."""
        if self.writer is not None:
            return f"{self.path.name} is being written by {self.writer}"
        if not is_writable(self.path.parent):
            return f"the folder {self.path.parent} cannot be written"
        if not is_writable(self.path):
            return f"{self.path.name} is write-protected"
        return ""

    @property
    def state(self) -> Outcome:
        """running (its writer lives) | finished | stopped | failed (crashes and kills included)."""
        end = self.history.end
        return end.state if end is not None else "running"

    @property
    def spec(self) -> Spec:
        """The spec as the run began; growth is in ``history.topologies``."""
        assert self.history.spec is not None
        return self.history.spec

    @property
    def paths(self) -> tuple[str, ...]:
        """Names of the paths, as ``("P1", "P2-0")``."""
        return self.history.paths

    @property
    def tasks(self) -> tuple[events.TaskInfo, ...]:
        """The stream's tasks in order: name, data set, classes."""
        return self.history.tasks

    @_locked
    def accuracy(self, path: str) -> np.ndarray:
        """Accuracy matrix of a path (Lopez-Paz and Ranzato 2017).

        Parameters
        ----------
        path : str
            By its name, as ``"P2-0"``.

        Returns
        -------
        ndarray (tasks, tasks) of float32
            R[i, j]: accuracy, 0 to 1, on task j after learning task i; NaN where not measured.

        Raises
        ------
        SessionError
            For an unknown path.
        """
        if path not in self.history.accuracy:
            raise SessionError(f"{self.path}: there is no path {path!r}; known: {', '.join(self.paths)}")
        return self.history.accuracy[path].copy()

    @_locked
    def end_accuracy(self, path: str) -> np.ndarray | None:
        """Accuracies of a path when every path had learned.

        Parameters
        ----------
        path : str

        Returns
        -------
        ndarray (tasks,) of float32, or None
            0 to 1, NaN where not measured. None where the run has not come to its end, and in sessions of
            before they were kept apart: there the last row of the matrix is the end, but for the path
            learned last.

        Raises
        ------
        SessionError
            For an unknown path.
        """
        self.accuracy(path)
        row = self.history.end_row(path)
        return None if row is None else row.copy()

    @_locked
    def metrics(self) -> dict[str, np.ndarray]:
        """Every recorded point of every curve.

        Returns
        -------
        dict of str to ndarray
            Columns of equal length: ``step``, ``path`` (name), ``task`` (-1: of none), ``metric`` (name),
            ``value``. Rows are grouped by curve, by step within a curve.
        """
        series = self.history.series
        sizes = [len(curve) for curve in series.values()]
        keys = list(series)
        return {
            "step": np.concatenate([np.empty(0, np.int64), *(curve.steps for curve in series.values())]),
            "path": np.repeat(np.array([path for path, _, _ in keys], dtype=str), sizes),
            "task": np.repeat(np.array([task for _, task, _ in keys], dtype=np.int64), sizes),
            "metric": np.repeat(np.array([name for _, _, name in keys], dtype=str), sizes),
            "value": np.concatenate([np.empty(0), *(curve.values for curve in series.values())]),
        }

    @_locked
    def available(self) -> set[tuple[str, int]]:
        """Conditions whose generated weights are in the session.

        Returns
        -------
        set of (str, int)
            (path, task) pairs.
        """
        return {key for key in self.history.weights if key in self._held or self._frame(key)}

    @_locked
    def weights(self, path: str, task: int) -> dict[str, np.ndarray]:
        """The solver's weights as generated at the end of a task.

        Parameters
        ----------
        path : str
        task : int
            Counted from 0.

        Returns
        -------
        dict of str to ndarray
            By tensor, in the solver's order, buffers included.

        Raises
        ------
        SessionError
            Where there are none, or where they are damaged.
        """
        if recorded := self._recorded((path, task)):
            return {name: tensor.numpy() for name, tensor in recorded.tensors.items()}
        group = self._stored(path, task)
        with safe_read.reading(self.path, f"the weights of {path}, task {task}"):
            return reading.read_tensors(group)

    @_locked
    def probe(self, path: str, task: int) -> np.ndarray:
        """What the solver gave for a few images of noise when its weights were recorded.

        A solver that is built again is checked by it (:mod:`hhstudio.nets.recorded_solver`).

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        ndarray, shape (N, outputs), float32
            Without rows where none was recorded (sessions up to 0.3.0).

        Raises
        ------
        SessionError
            Where there are no weights.
        """
        if recorded := self._recorded((path, task)):
            logits = recorded.extras.get(events.PROBE)
            return np.zeros((0, 0), np.float32) if logits is None else logits.numpy()
        group = self._stored(path, task)
        with safe_read.reading(self.path, f"the weights of {path}, task {task}"):
            return reading.read_probe(group)

    @_locked
    def tensor_names(self, path: str, task: int) -> tuple[str, ...]:
        """Names of the solver's tensors, in its order.

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        tuple of str

        Raises
        ------
        SessionError
            Where there are none, or where they are damaged.
        """
        if recorded := self._recorded((path, task)):
            return tuple(recorded.tensors)
        return tuple(self._links(path, task))

    @_locked
    def tensor(self, path: str, task: int, name: str) -> np.ndarray:
        """One tensor of the solver's weights as generated at the end of a task.

        Parameters
        ----------
        path : str
        task : int
        name : str

        Returns
        -------
        ndarray

        Raises
        ------
        SessionError
            Where there is none, or where it is damaged.
        """
        if recorded := self._recorded((path, task)):
            tensor = recorded.tensors.get(name)
            if tensor is not None:
                return tensor.numpy()
        elif (link := self._links(path, task).get(name)) is not None:
            with safe_read.reading(self.path, f"the weights of {path}, task {task}"):
                return safe_read.array(self._stored(path, task), link, "biufc")
        raise SessionError(f"{self.path}: {path}, task {task} has no tensor {name!r}")

    @_locked
    def snapshots(self, path: str, task: int) -> Snapshots:
        """Generated weights as they were at several steps.

        Parameters
        ----------
        path : str
        task : int

        Returns
        -------
        Snapshots
            ``steps`` (N,), ``names``, ``tensor(at, name)``; empty where none were kept.

        Raises
        ------
        SessionError
            Where they are damaged.
        """
        with safe_read.reading(self.path, f"the snapshots of {path}, task {task}"):
            loaded, group = self._loaded, self._held_snapshots.get((path, task))
            return Snapshots(self.path, (path, task), group, loaded.tail, loaded.journal)

    @cached_property
    @_locked
    def snapshot_extras(self) -> SnapshotExtras:
        """What snapshots keep beside weights: embeddings, and digests of generated hypernetworks."""
        return SnapshotExtras(self.path, self._loaded.base, self._loaded.tail, self._loaded.journal)

    @_locked
    def snapshot_steps(self) -> dict[tuple[str, int], np.ndarray]:
        """Steps of every condition's snapshots.

        Returns
        -------
        dict of (str, int) to ndarray (N,)
            By path and task, where there are any.
        """
        conditions = {*self._held_snapshots, *self._loaded.tail.snapshots}
        by_condition = {key: self.snapshots(*key).steps for key in sorted(conditions)}
        return {key: steps for key, steps in by_condition.items() if len(steps)}

    @property
    @_locked
    def state_step(self) -> int | None:
        """The step of :meth:`trainer_state`, without reading the state."""
        with safe_read.reading(self.path, "the trainer's state"):
            recorded = self._loaded.tail.state
            return recorded[0] if recorded is not None else reading.state_step(self._loaded.base)

    @_locked
    def trainer_state(self) -> TrainerState | None:
        """The newest checkpoint, from which the run can go on.

        Returns
        -------
        TrainerState or None
            None where there is no checkpoint.

        Raises
        ------
        SessionError
            Where it is damaged.
        """
        with safe_read.reading(self.path, "the trainer's state"):
            recorded, journal = self._loaded.tail.state, self._loaded.journal
            if recorded is not None and journal is not None:
                return state_in(journal, recorded[1])
            return reading.read_state(self._loaded.base)

    @_locked
    def state_to_build(self) -> TrainerState | None:
        """The newest checkpoint, if its tree is one of those that the run has had.

        What is built from it is then what whoever read the session was shown, and agreed to.

        Returns
        -------
        TrainerState or None
            None where there is no checkpoint.

        Raises
        ------
        SessionError
            Where it is damaged or altered.
        """
        state = self.trainer_state()
        if state is not None and not self.history.has_tree(state.meta.get("topology")):
            raise SessionError(
                f"{self.path}: damaged or altered: the tree of its checkpoint is none that the run has had"
            )
        return state

    @_locked
    def summary(self) -> dict[str, Any]:
        """The summary that ``hhstudio show --json`` prints.

        Returns
        -------
        dict
            JSON-able; NaN is None.
        """
        return summarise(self.history, self.path.name)

    def _death(self) -> events.Finished:
        step = self.state_step
        checkpoint = (
            "it can be continued from" if step is not None else "there is no checkpoint to continue from"
        )
        return events.Finished(
            state="failed",
            step=self.history.step,
            seconds=self.history.seconds,
            message=f"the run ended without a word (a crash or a kill); {checkpoint}"
            + (f" the checkpoint at step {step}" if step is not None else ""),
        )

    @cached_property
    def _held(self) -> dict[tuple[str, int], h5py.Group]:
        """Conditions whose weights the file itself holds, as of the step that the history knows."""
        known = self.history.weights
        with safe_read.reading(self.path, file_format.WEIGHTS):
            groups = reading.conditions(self._loaded.base, file_format.WEIGHTS)
            return {
                key: group
                for key, group in groups.items()
                if known.get(key) == safe_read.int_attribute(group, "step")
            }

    @cached_property
    def _held_snapshots(self) -> dict[tuple[str, int], h5py.Group]:
        return reading.conditions(self._loaded.base, file_format.SNAPSHOTS)

    def _frame(self, key: tuple[str, int]) -> Frame | None:
        final = self._loaded.tail.finals.get(key)
        return final[1] if final is not None and self.history.weights.get(key) == final[0] else None

    def _recorded(self, key: tuple[str, int]) -> events.Weights | None:
        """Weights that are still in the journal."""
        frame = self._frame(key)
        if frame is None or self._loaded.journal is None:
            return None
        with safe_read.reading(self.path, "the journal"):
            return weights_in(self._loaded.journal, frame)

    def _stored(self, path: str, task: int) -> h5py.Group:
        group = self._held.get((path, task))
        if group is None:
            raise SessionError(f"{self.path}: no weights of {path}, task {task} are kept in this session")
        return group

    def _links(self, path: str, task: int) -> dict[str, str]:
        group = self._stored(path, task)
        if (path, task) not in self._known_links:
            with safe_read.reading(self.path, f"the weights of {path}, task {task}"):
                self._known_links[path, task] = reading.tensor_links(group)
        return self._known_links[path, task]


@overload
def open(path: Path | str) -> Session: ...
@overload
def open(path: Path | str, kind: type[S]) -> S: ...
def open(path: Path | str, kind: type[Session] = Session) -> Session:
    """Open a session for reading.

    A journal that a dead writer left is taken into the file first, or read in memory where the folder
    cannot be written.

    Parameters
    ----------
    path : Path or str
    kind : type of Session
        The class that reads it.

    Returns
    -------
    Session
        A ``kind``.

    Raises
    ------
    SessionError
        No such file, not a session, damaged, or written by a newer version.
    """
    return kind(Path(path), _open(Path(path)))


def _leads_away(path: Path) -> bool:
    """Whether a session's name is a link into another folder."""
    return path.is_symlink() and named_file(path).parent != named_file(path.parent)


def _tidy_up(path: Path) -> list[str]:
    """Take in what a dead writer left beside a session, where that may be done; what is to be said of it."""
    if _leads_away(path):  # who opens it need not know which file it names: only continuing it writes there
        return [f"{path.name} is a link into another folder: its journal is read, and not taken in"]
    try:
        lock = Lock(path, "recovery")
    except (OSError, SessionError):
        return []  # a folder that cannot be written, or somebody else is at it: read it as it is
    try:
        replayed = pending_journal.merge_journal(path)
    except (OSError, SessionError) as error:  # read both as they are, as far as that goes
        return [f"the journal could not be taken into the file: {error}"]
    finally:
        lock.release()
    if replayed is None or not replayed.records:
        return []
    return [f"recovered {replayed.records} records of a run that ended without a word"]


def _open(path: Path, known: pending_journal.Known | None = None) -> _Opened:
    if path.is_dir():  # before its lock and its journal are looked for: `.` has no name to derive theirs from
        raise SessionError(f"{path}: a folder, not a session file")
    with safe_read.reading(path):
        return _open_files(path, known)


def _open_files(path: Path, known: pending_journal.Known | None) -> _Opened:
    writer = owner(path)
    notes = []
    if writer is None and migrations.is_older(path):
        notes.append(migrations.migrate(path))
    if writer is None and pending_journal.has_leftovers(path):
        notes += _tidy_up(path)
    before = stamps(path)
    loaded = pending_journal.load(path, known=known)
    if loaded.foreign:
        notes.append(f"{journal_path(path).name} belongs to another run and was left alone")
    return _Opened(loaded, owner(path), notes, before)
