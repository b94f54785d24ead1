"""Salvage of a damaged session, object by object: ``python -m hhstudio.store.recovery.salvage COPY OUT``.

Runs in a process of its own, on a copy, because a damaged HDF5 file may take the library down or never
let it go. Every object that can be read becomes events in the journal ``OUT``, from which the session
is then written as any other; the trainer's state goes to ``OUT.npz``. A message on stdout (:mod:`.messages`)
says what is tried, saved or lost, so that the parent knows at what a process died, and skips that next time.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import h5py
import msgspec
import numpy as np
from numpy.lib import format as npy

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.store.file import file_format, json_text, safe_read
from hhstudio.store.journal.journal import JournalWriter
from hhstudio.store.journal.replay import JournalTail
from hhstudio.store.recovery import messages
from hhstudio.store.recovery.messages import Lost, Piece, Saved, Trying
from hhstudio.store.session import reading
from hhstudio.store.session.snapshot_extras import SnapshotExtras

_FAILURES = (*safe_read.DAMAGE, HHStudioError, RecursionError, msgspec.MsgspecError)
Details = dict[str, Any]
"""Fields of :class:`Saved` besides the piece."""
_ROWS = 1 << 16
"""Rows of metrics read at once: one compressed piece."""


class Salvage:
    """Reads ``file`` piece by piece. ``skip``: pieces not to touch."""

    def __init__(self, file: h5py.File, out: Path, skip: frozenset[Piece]) -> None:
        self._file, self._out, self._skip = file, out, skip
        self._journal = JournalWriter(out, "0" * 32)
        self._paths: tuple[str, ...] = ()
        self._tasks = 0
        self._extras: dict[tuple[int, str, int], dict[str, events.Tensor]] = {}

    def run(self) -> None:
        self._read(Piece("identity"), self._identity)
        if not self._read(Piece("run"), self._run) and not self._read(Piece("spec"), self._spec):
            return
        for piece, read_it in (
            (Piece("growth"), self._growth),
            (Piece("settings"), self._settings),
            (Piece("log"), self._log),
            (Piece("marks"), self._marks),
            (Piece("accuracy"), self._accuracy),
        ):
            self._read(piece, read_it)
        for start in self._blocks():
            self._read(Piece("metrics", start=start), partial(self._metrics, start))
        if _or_empty(lambda: file_format.SNAPSHOT_EXTRAS in self._file):
            self._read(Piece("aside"), self._read_extras)
        for path, task, group in self._conditions("weights"):
            self._read(Piece("weights", path, task), partial(self._weights, path, task, group))
        for path, task, group in self._conditions("snapshots"):
            self._read(Piece("snapshots", path, task), partial(self._snapshots, path, task, group))
        self._read(Piece("state"), self._state)
        self._read(Piece("end"), self._end)
        self._journal.close()

    def _read(self, piece: Piece, read_it: Callable[[], Details]) -> bool:
        """Try to read one piece; False where it is lost."""
        if piece in self._skip:
            _say(Lost(piece, "reading it took the process down"))
            return False
        _say(Trying(piece))
        try:
            details = read_it()
            self._journal.flush()
        except _FAILURES as error:
            _say(Lost(piece, _reason(error)))
            return False
        _say(Saved(piece, **details))
        return True

    def _identity(self) -> Details:
        session, sequence = reading.identity(self._file)
        return {"identity": (session, sequence, safe_read.text_attribute(self._file, "state"))}

    def _run(self) -> Details:
        tables = safe_read.group(self._file, file_format.TABLES)
        self._begin(json_text.decode(safe_read.text(tables, "run"), events.RunStarted))
        return {}

    def _spec(self) -> Details:
        """The run record is lost: make one from the spec and what else there is."""
        data = safe_read.text(self._file, file_format.SPEC)
        spec = specs.decode(data, "spec")
        names = [f"task {at + 1}" for at in range(spec.stream.tasks)]
        try:
            names = safe_read.texts(safe_read.group(self._file, file_format.METRICS), "tasks")
        except _FAILURES:
            pass  # their names are lost, their number is not
        tasks = [events.TaskInfo(name=name, dataset=spec.stream.dataset, classes=()) for name in names]
        attributes = {
            name: _or_empty(partial(safe_read.text_attribute, self._file, name))
            for name in ("created", "app", "torch", "device")
        }
        self._begin(
            events.RunStarted(
                spec=data,
                seed=spec.seed,
                tasks=tuple(tasks),
                paths=tuple(path.name for path in spec.topology.paths),
                total_steps=0,
                **attributes,
            )
        )
        return {"detail": "(the record of the run is made anew from it)"}

    def _begin(self, run: events.RunStarted) -> None:
        specs.decode(run.spec)  # a run whose spec does not read is of no use
        self._journal.append(run)
        self._paths, self._tasks = run.paths, len(run.tasks)

    def _growth(self) -> Details:
        for event in reading.read_growth(self._file):
            self._journal.append(event)
            self._paths = event.paths
        return {}

    def _settings(self) -> Details:
        tables = safe_read.group(self._file, file_format.TABLES)
        for event in json_text.decode(safe_read.text(tables, "settings"), list[events.SettingChanged]):
            self._journal.append(event)
        if "diverged" in tables:
            where = json_text.decode(safe_read.text(tables, "diverged"), events.Diverged | None)  # type: ignore[arg-type]
            if where is not None:
                self._journal.append(where)
        return {}

    def _log(self) -> Details:
        for event in reading.read_log(safe_read.group(self._file, file_format.LOG)):
            self._journal.append(event)
        return {}

    def _marks(self) -> Details:
        for mark in reading.read_marks(safe_read.group(self._file, file_format.TABLES)):
            self._journal.append(events.TaskStarted(step=mark.start, path=mark.path, task=mark.task))
            if mark.stop is not None:
                self._finish(mark.path, mark.task, mark.stop, ())
        return {}

    def _accuracy(self) -> Details:
        accuracy = safe_read.group(self._file, file_format.ACCURACY)
        lost = []
        for path, link in reading.tensor_links(accuracy).items():
            try:
                matrix = safe_read.array(accuracy, link, "f", (self._tasks, self._tasks))
            except _FAILURES:
                lost.append(path)
                continue
            for task, row in enumerate(matrix.tolist()):
                if not np.isnan(row).all():
                    self._finish(path, task, 0, tuple(row))
        try:
            ends = reading.read_ends(self._file, self._tasks)
        except _FAILURES:
            ends = {}
            lost.append("the end of the run")
        for path, end in ends.items():
            row = tuple(end.accuracies.tolist())
            self._journal.append(events.EndMeasured(step=end.step, path=path, accuracies=row))
        return {"detail": f"but not of {', '.join(lost)}"} if lost else {}

    def _finish(self, path: str, task: int, step: int, row: tuple[float, ...]) -> None:
        self._journal.append(events.TaskFinished(step=step, path=path, task=task, accuracies=row))

    def _blocks(self) -> Iterator[int]:
        """First rows of the blocks of metrics."""
        try:
            rows = min(map(len, self._columns().values()))
        except _FAILURES:
            rows = 1  # let the attempt say what is wrong
        yield from range(0, rows, _ROWS)

    def _columns(self) -> dict[str, h5py.Dataset]:
        """The columns of metrics, not read yet; where one is damaged, they may differ in length."""
        metrics = safe_read.group(self._file, file_format.METRICS)
        return {name: safe_read.dataset(metrics, name, "if", (None,)) for name in file_format.COLUMNS}

    def _metrics(self, start: int) -> Details:
        metrics = safe_read.group(self._file, file_format.METRICS)
        paths, names = safe_read.texts(metrics, "paths"), safe_read.texts(metrics, "names")
        datasets = self._columns()
        stop = min(start + _ROWS, *map(len, datasets.values()))
        columns: dict[str, list[Any]] = {
            name: dataset[start:stop].tolist() for name, dataset in datasets.items()
        }
        places = {path: at for at, path in enumerate(self._paths)}
        columns["path"] = [places.get(paths[at], -1) for at in columns["path"]]
        self._journal.append(events.Metrics(names=tuple(names), **columns))
        return {"rows": len(columns["step"])}

    def _conditions(self, kind: Literal["weights", "snapshots"]) -> list[tuple[str, int, h5py.Group]]:
        """Groups ``<path>/<task>``; a path whose group is broken is skipped."""
        conditions = []
        top = _or_empty(lambda: safe_read.group(self._file, kind))
        for link in _or_empty(lambda: list(safe_read.links(top))) if top else []:
            try:
                above = safe_read.group(top, link)
                path = file_format.unquoted(link)
                for number in safe_read.links(above):
                    conditions.append((path, int(number), safe_read.group(above, number)))
            except _FAILURES as error:
                _say(Lost(Piece(kind, file_format.unquoted(link)), _reason(error)))
        return conditions

    def _weights(self, path: str, task: int, group: h5py.Group) -> Details:
        tensors = {name: events.Tensor.of(values) for name, values in reading.read_tensors(group).items()}
        step = safe_read.int_attribute(group, "step")
        probe = reading.read_probe(group)
        extras = {events.PROBE: events.Tensor.of(probe)} if len(probe) else {}
        self._journal.append(events.Weights(step=step, path=path, task=task, tensors=tensors, extras=extras))
        return {}

    def _snapshots(self, path: str, task: int, group: h5py.Group) -> Details:
        steps = safe_read.array(group, file_format.SNAPSHOT_STEP, "i", (None,)).tolist()
        columns = reading.snapshot_columns(group, len(steps))
        for at, step in enumerate(steps):
            tensors = {name: events.Tensor.of(np.asarray(column[at])) for name, column in columns.items()}
            snapshot = events.Weights(
                step=step, path=path, task=task, tensors=tensors, final=False,
                extras=self._extras.get((step, path, task), {}),
            )  # fmt: skip
            self._journal.append(snapshot)
        return {}

    def _read_extras(self) -> Details:
        extras = SnapshotExtras(self._out, self._file, JournalTail(), None)
        for at, key in enumerate(extras.keys):
            self._extras[key] = {name: events.Tensor.of(values) for name, values in extras.read(at).items()}
        return {"detail": f"{len(extras)} of them"}

    def _state(self) -> Details:
        state = reading.read_state(self._file)
        if state is None:
            return {"detail": "none was kept"}
        whole = {"step": state.step, "meta": state.meta, "names": list(state.arrays)}
        target = self._out.with_name(self._out.name + ".npz")
        with zipfile.ZipFile(target, "w") as packed:
            packed.writestr("whole.json", json.dumps(whole))
            for at, values in enumerate(state.arrays.values()):
                with packed.open(f"{at}.npy", "w", force_zip64=True) as file:
                    npy.write_array(file, values, allow_pickle=False)
        return {"detail": f"of step {state.step}"}

    def _end(self) -> Details:
        tables = safe_read.group(self._file, file_format.TABLES)
        for name in ("progress", "checkpoint", "end"):
            data = safe_read.text(tables, name)
            if data != b"null":
                self._journal.append(json_text.decode(data, events.Event))  # type: ignore[arg-type]
        return {}


def _or_empty(read_it: Callable[[], Any]) -> Any:
    try:
        return read_it()
    except _FAILURES:
        return ""


def _reason(error: BaseException) -> str:
    """One line, of characters that can be sent."""
    line = " ".join(str(error).split())[:160] or type(error).__name__
    return line.encode("utf-8", "replace").decode()


def _say(message: messages.Message) -> None:
    sys.stdout.buffer.write(messages.encode(message))
    sys.stdout.buffer.flush()


def main(arguments: list[str]) -> int:
    """Returns 0 when it got through, 1 when the file cannot be opened at all."""
    source, out, *skip = arguments
    _limit_memory(Path(source).stat().st_size)
    try:
        with h5py.File(source, "r") as file:
            Salvage(file, Path(out), frozenset(map(Piece.of_argument, skip))).run()
    except (OSError, RuntimeError) as error:
        _say(Lost(Piece("file"), _reason(error)))
        return 1
    return 0


def _limit_memory(size: int) -> None:
    """A damaged size must end in an error here, not in a machine without memory."""
    if os.name == "posix":
        import resource

        limit = max(4 << 30, 8 * size)
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (limit if hard < 0 else min(limit, hard), hard))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
