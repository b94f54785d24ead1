"""Salvage of a damaged session, object by object: ``python -m hhstudio.store.recovery.salvage COPY OUT``.

Runs in a process of its own, on a copy, because a damaged HDF5 file may take the library down or never
let it go. Every object that can be read becomes events in the journal ``OUT``, from which the session
is then written as any other; the trainer's state goes to ``OUT.npz``. One JSON line on stdout says what
is tried, saved or lost, so that the parent knows at what a process died, and skips that next time.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

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
from hhstudio.store.session import reading
from hhstudio.store.session.snapshot_extras import SnapshotExtras

_FAILURES = (*safe_read.DAMAGE, HHStudioError, RecursionError, msgspec.MsgspecError)
_ROWS = 1 << 16
"""Rows of metrics read at once: one compressed piece."""


class Salvage:
    """Reads ``file`` piece by piece. ``skip``: names of pieces not to touch."""

    def __init__(self, file: h5py.File, out: Path, skip: frozenset[str]) -> None:
        self._file, self._out, self._skip = file, out, skip
        self._journal = JournalWriter(out, "0" * 32)
        self._paths: tuple[str, ...] = ()
        self._tasks = 0
        self._extras: dict[tuple[int, str, int], dict[str, events.Tensor]] = {}

    def run(self) -> None:
        self._piece("identity", self._identity)
        if not self._piece("run", self._run) and not self._piece("spec", self._spec):
            return
        for name in ("growth", "settings", "log", "marks", "accuracy"):
            self._piece(name, getattr(self, f"_{name}"))
        for start in self._blocks():
            self._piece(f"metrics {start}", partial(self._metrics, start))
        if _or_empty(lambda: file_format.SNAPSHOT_EXTRAS in self._file):
            self._piece("aside", self._read_extras)
        for kind in (file_format.WEIGHTS, file_format.SNAPSHOTS):
            for path, task, group in self._conditions(kind):
                name = f"{kind} of {path}, task {task}"
                self._piece(name, partial(getattr(self, f"_{kind}"), path, task, group))
        self._piece("state", self._state)
        self._piece("end", self._end)
        self._journal.close()

    def _piece(self, name: str, read_it: Callable[[], object]) -> bool:
        """Try to read one piece; False where it is lost."""
        if name in self._skip:
            _say(lost=name, why="reading it took the process down")
            return False
        _say(trying=name)
        try:
            detail = read_it()
            self._journal.flush()
        except _FAILURES as error:
            _say(lost=name, why=" ".join(str(error).split())[:160] or type(error).__name__)
            return False
        _say(saved=name, detail=detail)
        return True

    def _identity(self) -> list[object]:
        session, sequence = reading.identity(self._file)
        return [session, sequence, safe_read.text_attribute(self._file, "state")]

    def _run(self) -> str:
        tables = safe_read.group(self._file, file_format.TABLES)
        self._begin(json_text.decode(safe_read.text(tables, "run"), events.RunStarted))
        return ""

    def _spec(self) -> str:
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
        return "the record of the run, made anew from its spec"

    def _begin(self, run: events.RunStarted) -> None:
        specs.decode(run.spec)  # a run whose spec does not read is of no use
        self._journal.append(run)
        self._paths, self._tasks = run.paths, len(run.tasks)

    def _growth(self) -> str:
        for event in reading.read_growth(self._file):
            self._journal.append(event)
            self._paths = event.paths
        return ""

    def _settings(self) -> str:
        tables = safe_read.group(self._file, file_format.TABLES)
        for event in json_text.decode(safe_read.text(tables, "settings"), list[events.SettingChanged]):
            self._journal.append(event)
        if "diverged" in tables:
            where = json_text.decode(safe_read.text(tables, "diverged"), events.Diverged | None)  # type: ignore[arg-type]
            if where is not None:
                self._journal.append(where)
        return ""

    def _log(self) -> str:
        for event in reading.read_log(safe_read.group(self._file, file_format.LOG)):
            self._journal.append(event)
        return ""

    def _marks(self) -> str:
        for mark in reading.read_marks(safe_read.group(self._file, file_format.TABLES)):
            self._journal.append(events.TaskStarted(step=mark.start, path=mark.path, task=mark.task))
            if mark.stop is not None:
                self._finish(mark.path, mark.task, mark.stop, ())
        return ""

    def _accuracy(self) -> str:
        accuracy = safe_read.group(self._file, file_format.ACCURACY)
        lost = []
        for path, link in reading.tensor_links(accuracy).items():
            try:
                matrix = safe_read.array(accuracy, link, "f", 2)
            except _FAILURES:
                lost.append(path)
                continue
            for task, row in enumerate(matrix.tolist()):
                if not np.isnan(row).all():
                    self._finish(path, task, 0, tuple(row))
        return f"but not of {', '.join(lost)}" if lost else ""

    def _finish(self, path: str, task: int, step: int, row: tuple[float, ...]) -> None:
        self._journal.append(events.TaskFinished(step=step, path=path, task=task, accuracies=row))

    def _blocks(self) -> Iterator[int]:
        """First rows of the blocks of metrics."""
        try:
            rows = len(safe_read.dataset(safe_read.group(self._file, file_format.METRICS), "value", "f", 1))
        except _FAILURES:
            rows = 1  # let the attempt say what is wrong
        yield from range(0, rows, _ROWS)

    def _metrics(self, start: int) -> str:
        metrics = safe_read.group(self._file, file_format.METRICS)
        paths, names = safe_read.texts(metrics, "paths"), safe_read.texts(metrics, "names")
        columns: dict[str, list[Any]] = {}
        for name in file_format.COLUMNS:
            columns[name] = safe_read.dataset(metrics, name, "if", 1)[start : start + _ROWS].tolist()
        places = {path: at for at, path in enumerate(self._paths)}
        columns["path"] = [places.get(paths[at], -1) for at in columns["path"]]
        self._journal.append(events.Metrics(names=tuple(names), **columns))
        return f"{len(columns['step'])} rows"

    def _conditions(self, kind: str) -> list[tuple[str, int, h5py.Group]]:
        """Groups ``<path>/<task>``; a path whose group is broken is skipped."""
        found = []
        top = _or_empty(lambda: safe_read.group(self._file, kind))
        for link in _or_empty(lambda: list(safe_read.links(top))) if top else []:
            try:
                above = safe_read.group(top, link)
                path = file_format.unquoted(link)
                for number in safe_read.links(above):
                    found.append((path, int(number), safe_read.group(above, number)))
            except _FAILURES as error:
                _say(lost=f"{kind} of {link}", why=" ".join(str(error).split())[:160])
        return found

    def _weights(self, path: str, task: int, group: h5py.Group) -> str:
        tensors = {name: events.Tensor.of(values) for name, values in reading.read_tensors(group).items()}
        step = safe_read.int_attribute(group, "step")
        self._journal.append(events.Weights(step=step, path=path, task=task, tensors=tensors))
        return ""

    def _snapshots(self, path: str, task: int, group: h5py.Group) -> str:
        steps = safe_read.array(group, file_format.SNAPSHOT_STEP, "i", 1).tolist()
        columns = {
            n: safe_read.dataset(group, link, "biufc") for n, link in reading.tensor_links(group).items()
        }
        for at, step in enumerate(steps):
            tensors = {name: events.Tensor.of(np.asarray(column[at])) for name, column in columns.items()}
            made = events.Weights(
                step=step, path=path, task=task, tensors=tensors, final=False,
                extras=self._extras.get((step, path, task), {}),
            )  # fmt: skip
            self._journal.append(made)
        return f"{len(steps)} of them"

    def _read_extras(self) -> str:
        kept = SnapshotExtras(self._out, self._file, JournalTail(), None)
        for at, key in enumerate(kept.keys):
            self._extras[key] = {name: events.Tensor.of(found) for name, found in kept.read(at).items()}
        return f"{len(kept)} of them"

    def _state(self) -> str:
        state = reading.read_state(self._file)
        if state is None:
            return "none was kept"
        whole = {"step": state.step, "meta": state.meta, "names": list(state.arrays)}
        target = self._out.with_name(self._out.name + ".npz")
        with zipfile.ZipFile(target, "w") as packed:
            packed.writestr("whole.json", json.dumps(whole))
            for at, values in enumerate(state.arrays.values()):
                with packed.open(f"{at}.npy", "w", force_zip64=True) as file:
                    npy.write_array(file, values, allow_pickle=False)
        return f"of step {state.step}"

    def _end(self) -> str:
        tables = safe_read.group(self._file, file_format.TABLES)
        for name in ("progress", "checkpoint", "end"):
            data = safe_read.text(tables, name)
            if data != b"null":
                self._journal.append(json_text.decode(data, events.Event))  # type: ignore[arg-type]
        return ""


def _or_empty(read_it: Callable[[], Any]) -> Any:
    try:
        return read_it()
    except _FAILURES:
        return ""


def _say(**line: object) -> None:
    print(json.dumps(line), flush=True)


def main(arguments: list[str]) -> int:
    """Returns 0 when it got through, 1 when the file cannot be opened at all."""
    source, out, *skip = arguments
    _limit_memory(Path(source).stat().st_size)
    try:
        with h5py.File(source, "r") as file:
            Salvage(file, Path(out), frozenset(skip)).run()
    except (OSError, RuntimeError) as error:
        _say(lost="the whole file", why=" ".join(str(error).split())[:160])
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
