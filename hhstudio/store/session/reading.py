"""Reading of a session file: the history that was written, weights, snapshots, trainer state."""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection
from typing import NamedTuple

import h5py
import msgspec
import numpy as np
from msgspec.structs import replace

from hhstudio.core.run import continual, events
from hhstudio.core.run.history import EndRow, History, PathTask, TaskMark, check_paths
from hhstudio.core.run.series import Series, check_steps
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.tree.topology import Topology
from hhstudio.store.file import file_format, json_text, safe_read
from hhstudio.store.journal import replay

Curves = dict[tuple[str, int, str], Series]
Mark = tuple[str, events.Whole, events.Whole, events.Whole | None]
"""Path, task, first and last step."""
Listed = list[tuple[str, events.Whole, str, events.Whole]]
"""Path, task, metric and points of every curve, in the order of the rows."""
FEW_ROWS = 256
"""Rows of a column that are read one by one."""


class FileIdentity(NamedTuple):
    """Which run a file belongs to. ``session``: 32 hex digits; ``sequence``: of its last record."""

    session: str
    sequence: int


def identity(file: h5py.File) -> FileIdentity:
    session = safe_read.text_attribute(file, "session", "0" * 32)
    if len(session) != 32 or not set(session) <= set("0123456789abcdef"):
        raise ValueError("the session's id is not 32 hex digits")
    return FileIdentity(session, safe_read.int_attribute(file, "sequence"))


def read_history(file: h5py.File, metrics: Collection[str] | None = None) -> History:
    """The history in a file, with the curves of these metrics only where any are named. Raises SessionError
    or one of safe_read.DAMAGE (see safe_read.reading)."""
    history = History()
    tables = safe_read.group(file, file_format.TABLES)
    run = json_text.decode(safe_read.text(tables, "run"), events.RunStarted)
    replay.apply(history, replace(run, spec=safe_read.text(file, file_format.SPEC)))
    history.growth = read_growth(file)
    history.paths = json_text.decode(safe_read.text(tables, "paths"), tuple[str, ...])
    replay.check_size(len(history.tasks), len(history.paths))
    check_paths(history.paths, (tree for _, tree, _ in history.topologies))
    history.parameters = json_text.decode(safe_read.text(tables, "parameters"), events.Counts)
    history.marks = read_marks(tables)
    history.settings = json_text.decode(safe_read.text(tables, "settings"), list[events.SettingChanged])
    if "resumed" in tables:  # not in the first files of this version
        history.resumed = json_text.decode(safe_read.text(tables, "resumed"), list[events.Resumed])
    if "diverged" in tables:  # likewise
        history.diverged = json_text.decode(safe_read.text(tables, "diverged"), events.Diverged | None)  # type: ignore[arg-type]
    history.progress = json_text.decode(safe_read.text(tables, "progress"), events.Progress | None)  # type: ignore[arg-type]
    history.checkpoint = json_text.decode(safe_read.text(tables, "checkpoint"), events.Checkpointed | None)  # type: ignore[arg-type]
    history.end = json_text.decode(safe_read.text(tables, "end"), events.Finished | None)  # type: ignore[arg-type]
    last = json_text.decode(safe_read.text(tables, "last"), tuple[events.RunState, str, float, events.Whole])
    history.state, history.state_detail, history.seconds, history.step = last
    history.accuracy = _read_accuracy(file, history)
    history.ends = read_ends(file, len(history.tasks))
    columns = safe_read.group(file, file_format.METRICS)
    listed = _read_listed(columns, _listed(tables), metrics)
    history.series = _read_metrics(columns) if listed is None else listed
    history.log = read_log(safe_read.group(file, file_format.LOG))
    history.weights = weight_steps(file)
    return history


def weight_steps(file: h5py.File) -> dict[PathTask, int]:
    """The conditions whose weights the file holds, and the steps at which they were generated."""
    return {
        key: safe_read.int_attribute(group, "step")
        for key, group in conditions(file, file_format.WEIGHTS).items()
    }


def conditions(file: h5py.File, kind: str) -> dict[PathTask, h5py.Group]:
    """Groups ``/<kind>/<path>/<task>`` by path and task."""
    groups: dict[PathTask, h5py.Group] = {}
    if kind not in file:
        return groups
    top = safe_read.group(file, kind)
    for link in safe_read.links(top):
        above = safe_read.group(top, link)
        path = file_format.unquoted(link)
        for number in safe_read.links(above):
            if not (number.isascii() and number.isdigit() and int(number) < file_format.MAX_TASKS):
                raise ValueError(f"{kind}/{link}/{number[:40]} is not the number of a task")
            groups[path, int(number)] = safe_read.group(above, number)
    return groups


def tensor_links(group: h5py.Group) -> dict[str, str]:
    """Links of the arrays in a group by their plain names, in the order in which they were written."""
    return {
        file_format.unquoted(link): link
        for link in safe_read.links(group)
        if link != file_format.SNAPSHOT_STEP
    }


def read_tensors(group: h5py.Group) -> dict[str, np.ndarray]:
    """All arrays in a group, checksums checked."""
    links = tensor_links(group)
    tensors = safe_read.columns(group, dict.fromkeys(links.values(), "biufc"))
    return {name: tensors[link] for name, link in links.items()}


def check_tensors(group: h5py.Group) -> None:
    """Read all arrays in a group, one at a time. Raises one of safe_read.DAMAGE."""
    links = tensor_links(group).values()
    for column in safe_read.datasets(group, dict.fromkeys(links, "biufc")).values():
        safe_read.numbers(column)


def snapshot_columns(group: h5py.Group, count: int) -> dict[str, h5py.Dataset]:
    """The tensors of ``count`` snapshots in a group by name, not read yet: (count, …) each."""
    links = tensor_links(group)
    columns = safe_read.datasets(group, dict.fromkeys(links.values(), "biufc"))
    for link, column in columns.items():
        if column.shape[:1] != (count,):
            raise ValueError(f"{link} has the shape {column.shape}, of {count} snapshots")
    return {name: columns[link] for name, link in links.items()}


def read_probe(group: h5py.Group) -> np.ndarray:
    """What the solver of that weights group gave for the images of the probe, (N, outputs); without rows in
    files that have none."""
    text = safe_read.text_attribute(group, events.PROBE, "[]")
    rows = json_text.decode(text.encode(), list[list[float]])
    return np.array(rows, np.float32) if rows else np.zeros((0, 0), np.float32)


def state_step(file: h5py.File) -> int | None:
    """The step from which the run can go on, None where the file has no state."""
    if file_format.STATE not in file:
        return None
    return safe_read.int_attribute(safe_read.group(file, file_format.STATE), "step")


def read_state(file: h5py.File) -> TrainerState | None:
    """What the run goes on from, None where the file has none."""
    step = state_step(file)
    if step is None:
        return None
    state = safe_read.group(file, file_format.STATE)
    meta = json.loads(safe_read.text(state, "meta"))
    if not isinstance(meta, dict):
        raise ValueError("state/meta is not a JSON object")
    return TrainerState(step, meta, read_tensors(safe_read.group(state, "arrays")))


def read_marks(tables: h5py.Group) -> list[TaskMark]:
    """Where each task was learned."""
    marks = json_text.decode(safe_read.text(tables, "marks"), list[Mark])
    return [TaskMark(*mark) for mark in marks]


def read_growth(file: h5py.File) -> list[events.TopologyChanged]:
    """How the tree grew, the trees themselves from /topology."""
    growth = json_text.decode(
        safe_read.text(safe_read.group(file, file_format.TABLES), "growth"), list[events.TopologyChanged]
    )
    trees = safe_read.texts(file, file_format.TOPOLOGY)
    if len(trees) != len(growth) + 1:
        raise ValueError(f"{len(trees)} topologies but {len(growth)} growth events")
    decoded = [json_text.decode(tree.encode(), Topology) for tree in trees[1:]]
    return [replace(event, topology=tree) for event, tree in zip(growth, decoded, strict=True)]


def _read_accuracy(file: h5py.File, history: History) -> dict[str, np.ndarray]:
    accuracy = safe_read.group(file, file_format.ACCURACY)
    square = (len(history.tasks),) * 2
    matrices = {}
    for path, link in tensor_links(accuracy).items():
        matrices[path] = _accuracies(accuracy, link, square)
    for path in history.paths:  # a damaged table may name one that nothing was measured on
        if path not in matrices:
            matrices[path] = np.full(square, np.nan, np.float32)
    return matrices


def read_ends(file: h5py.File, tasks: int) -> dict[str, EndRow]:
    """Accuracies at the end of the run, by path; none in files of before they were kept apart, in which the
    last row of every matrix but that of the path learned last is the end."""
    if file_format.END_ACCURACY not in file:
        return {}
    group = safe_read.group(file, file_format.END_ACCURACY)
    ends = {}
    for path, link in tensor_links(group).items():
        row = _accuracies(group, link, (tasks,))
        ends[path] = EndRow(safe_read.int_attribute(group[link], "step"), row)
    return ends


def _accuracies(group: h5py.Group, link: str, shape: tuple[int, ...]) -> np.ndarray:
    return continual.measured(safe_read.array(group, link, "f", shape)).astype(np.float32)


def _listed(tables: h5py.Group) -> Listed:
    """The list of curves; empty in files that have none."""
    return json_text.decode(safe_read.text(tables, "curves"), Listed) if "curves" in tables else []


def _read_listed(metrics: h5py.Group, listed: Listed, only: Collection[str] | None) -> Curves | None:
    """Curves by a list of their lengths, which spares reading three columns, and all that ``only`` does not
    name; None where the rows are not what the list says (another program may have written them), or there is
    no list."""
    if not listed or min(size for *_, size in listed) < 1:
        return None
    columns = metric_columns(metrics)
    ends = list(itertools.accumulate(size for *_, size in listed))
    if len(columns["value"]) != ends[-1]:
        return None
    starts = [0, *ends[:-1]]
    paths, names = (_places(safe_read.texts(metrics, table)) for table in ("paths", "names"))
    wanted = [(paths.get(path), task, names.get(name)) for path, task, name, _ in listed]
    if wanted != list(
        zip(*(_values_at(columns[name], starts) for name in ("path", "task", "metric")), strict=True)
    ):
        return None
    steps, values = columns["step"], columns["value"]
    if only is None:
        steps, values = safe_read.numbers(steps), safe_read.numbers(values)
        check_steps(steps)
    curves: Curves = {}
    for (path, task, name, _), start, stop in zip(listed, starts, ends, strict=True):
        if only is None or name in only:
            own = (
                np.asarray(column[start:stop]).astype(kind, copy=False)
                for column, kind in ((steps, np.int64), (values, np.float64))
            )
            curves.setdefault((path, task, name), Series()).extend(*own)
    return curves


def _places(table: list[str]) -> dict[str, int]:
    """Where each name stands in a table, first."""
    return {name: at for at, name in reversed(list(enumerate(table)))}


def _values_at(column: h5py.Dataset, rows: list[int]) -> list[int]:
    """The values in a few rows of a column; of many rows, the whole column is faster."""
    if len(rows) > FEW_ROWS:
        return np.asarray(column[()])[rows].tolist()
    return [int(column[row]) for row in rows]


def metric_columns(metrics: h5py.Group) -> dict[str, h5py.Dataset]:
    """The columns of /metrics, not read yet: all of one length, and not larger than can be."""
    return safe_read.datasets(metrics, dict.fromkeys(file_format.COLUMNS, "if"), (None,))


def _read_metrics(metrics: h5py.Group) -> Curves:
    """Curves, from rows that are grouped by curve (rows in any other order are read too, only slower)."""
    paths, names = safe_read.texts(metrics, "paths"), safe_read.texts(metrics, "names")
    columns = {name: safe_read.numbers(column) for name, column in metric_columns(metrics).items()}
    size = len(columns["value"])
    check_steps(columns["step"])
    path, task, metric = (columns[name].astype(np.int64) for name in ("path", "task", "metric"))
    if size and not (
        0 <= path.min() <= path.max() < len(paths) and 0 <= metric.min() <= metric.max() < len(names)
    ):
        raise ValueError("metrics name a path or a metric that is not in their tables")
    curves: dict[tuple[str, int, str], Series] = {}
    changes = np.flatnonzero((np.diff(path) != 0) | (np.diff(task) != 0) | (np.diff(metric) != 0)) + 1
    bounds = [0, *changes.tolist(), size] if size else []
    for start, stop in itertools.pairwise(bounds):
        key = (paths[path[start]], int(task[start]), names[metric[start]])
        steps, values = columns["step"][start:stop], columns["value"][start:stop]
        curves.setdefault(key, Series()).extend(steps, values)
    return curves


def read_log(log: h5py.Group) -> list[events.Log]:
    """The log, from its three columns."""
    columns = safe_read.datasets(log, {"time": "f", "level": "SO", "message": "SO"}, (None,))
    times = safe_read.numbers(columns["time"]).tolist()
    levels, messages = safe_read.words(columns["level"]), safe_read.words(columns["message"])
    rows = zip(times, levels, messages, strict=True)
    return msgspec.convert(
        [{"t": "log", "time": time, "level": level, "message": message} for time, level, message in rows],
        list[events.Log],
    )
