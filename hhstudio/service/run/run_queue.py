"""Run queue: runs that wait for their turn, in a file beside the sessions. No Qt and no torch in here.

The queue knows what is to be trained and what became of it; whoever trains (a window) asks for
:meth:`RunQueue.next`, says :meth:`RunQueue.begin` and :meth:`RunQueue.end`. It outlives the window: a run
that was going on when the window was closed waits again, and is then continued from its checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec.structs import replace

from hhstudio.core.atomic_write import named_file, write_file
from hhstudio.core.errors import NOT_DECODED, HHStudioError, SessionError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.store.journal.lock import Lock

State = Literal["waiting", "running", "finished", "stopped", "failed"]
FILE = "queue.json"
"""Name of the file, in the folder of the sessions."""


class QueuedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the queue. ``out``: its session, which is continued when it is there already; ``message``: how
    it ended. ``spec`` is JSON."""

    id: int
    spec: str
    out: str
    state: State = "waiting"
    message: str = ""

    @property
    def name(self) -> str:
        return Path(self.out).stem

    def decoded(self) -> Spec:
        """Raises :class:`SpecError` for a spec that this version does not understand."""
        return specs.decode(self.spec, f"queue entry {self.name}")


class _File(msgspec.Struct, frozen=True, kw_only=True):
    format: Literal["hhstudio-queue"] = "hhstudio-queue"
    version: Literal[1] = 1
    entries: tuple[QueuedRun, ...] = ()


class RunQueue:
    """The queue of a folder of sessions. ``problem``: why it is not used (damaged, or in use elsewhere); it
    is then empty and takes nothing."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self.entries: tuple[QueuedRun, ...] = ()
        self.problem = ""
        self._lock: Lock | None = None
        try:
            self.entries = self._read()
        except HHStudioError as error:
            self.problem = str(error)

    def close(self) -> None:
        """Let another window have it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    # what can be asked ------------------------------------------------------------------------------

    def __getitem__(self, entry_id: int) -> QueuedRun:
        """Raises KeyError."""
        for entry in self.entries:
            if entry.id == entry_id:
                return entry
        raise KeyError(entry_id)

    @property
    def next(self) -> QueuedRun | None:
        """The first that waits."""
        return next((entry for entry in self.entries if entry.state == "waiting"), None)

    @property
    def running(self) -> QueuedRun | None:
        return next((entry for entry in self.entries if entry.state == "running"), None)

    @property
    def outs(self) -> set[Path]:
        """Sessions that are spoken for."""
        return {Path(entry.out) for entry in self.entries}

    # what can be done: each raises HHStudioError where the file cannot be written --------------------

    def add(self, spec: Spec, out: Path) -> QueuedRun:
        """Put a run at the end."""
        number = 1 + max((entry.id for entry in self.entries), default=0)
        entry = QueuedRun(id=number, spec=specs.encode(spec).decode(), out=str(out))
        self._change((*self.entries, entry))
        return entry

    def remove(self, entry_id: int) -> None:
        """Take one out, unless it is running. Its session stays."""
        self._change(tuple(e for e in self.entries if e.id != entry_id or e.state == "running"))

    def move(self, entry_id: int, by: int) -> None:
        """Up (negative) or down by some places."""
        order = list(self.entries)
        at = next(i for i, entry in enumerate(order) if entry.id == entry_id)
        order.insert(max(0, min(len(order) - 1, at + by)), order.pop(at))
        self._change(tuple(order))

    def retry(self, entry_id: int) -> None:
        """Let one that has ended wait again."""
        self._set(entry_id, "waiting", "")

    def begin(self, entry_id: int) -> None:
        self._set(entry_id, "running", "")

    def end(self, entry_id: int, state: State, message: str = "") -> None:
        self._set(entry_id, state, message)

    def clear(self) -> None:
        """Take out those that have finished."""
        self._change(tuple(entry for entry in self.entries if entry.state != "finished"))

    # inside -----------------------------------------------------------------------------------------

    def _set(self, entry_id: int, state: State, message: str) -> None:
        changed = replace(self[entry_id], state=state, message=message)
        self._change(tuple(changed if entry.id == entry_id else entry for entry in self.entries))

    def _change(self, entries: tuple[QueuedRun, ...]) -> None:
        if self.problem:
            raise HHStudioError(self.problem)
        self._claim()
        body = msgspec.json.format(msgspec.json.encode(_File(entries=entries)), indent=1)
        write_file(self.path, body, through_links=False)
        self.entries = entries

    def _claim(self) -> None:
        """One window a queue."""
        if self._lock is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = Lock(self.path, "the queue of another window")
        except SessionError as error:
            raise HHStudioError(f"the queue is in use: {error}") from None
        except OSError as error:
            raise HHStudioError(f"{self.path}: cannot be written ({error.strerror or error})") from None

    def _read(self) -> tuple[QueuedRun, ...]:
        if not self.path.exists():
            return ()
        self._claim()
        try:
            file = msgspec.json.decode(read_bytes(self.path), type=_File)
        except OSError as error:
            raise HHStudioError(f"{self.path}: cannot be read ({error.strerror or error})") from None
        except NOT_DECODED as error:
            raise HHStudioError(f"{self.path} is not a queue of runs: {error}; move it away") from None
        return tuple(map(self._waiting_again, file.entries))

    def _waiting_again(self, entry: QueuedRun) -> QueuedRun:
        """An entry as a window that has just come takes it over: what was running waits. Anybody may have
        made the file: what would be trained outside its folder is held until a person lets it wait again."""
        if entry.state not in ("waiting", "running"):
            return entry
        if self._is_inside(entry.out):
            return replace(entry, state="waiting")
        message = (
            f"names a file outside this folder: {entry.out}; try it again to train it there all the same"
        )
        return replace(entry, state="stopped", message=message)

    def _is_inside(self, out: str) -> bool:
        try:
            return out.endswith(".h5") and named_file(Path(out)).is_relative_to(named_file(self.path.parent))
        except ValueError:  # no name for a file
            return False
