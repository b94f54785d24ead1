"""Writing of a whole session file: a history, generated weights, and what the trainer goes on from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import h5py
import msgspec
import numpy as np
from msgspec.structs import replace

from hhstudio.core.run import continual
from hhstudio.core.run.events import PROBE, Weights
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.tree.topology import Topology
from hhstudio.store.file import file_format, json_text
from hhstudio.store.file.safe_read import checksum
from hhstudio.store.session.thumbnail_data import thumbnail_data

_SMALL_PIECE = 16 << 10  # bytes: pieces of small snapshots are not cut finer
_COLLECTED = 4 << 20  # bytes of snapshots that wait to be written together


Outcome = Literal["running", "finished", "stopped", "failed"]
"""What a session file says of its run."""


BRIEF = ("name", "dataset", "device", "created", "step", "total_steps", "seconds")
"""Attributes that stand once more in the attribute ``brief``, as JSON: one look for lists of sessions."""


@dataclass(frozen=True)
class Identity:
    """Which run a file belongs to, and how far it goes. ``sequence``: of the last record it holds."""

    session: str
    sequence: int
    state: Outcome


def write_history(file: h5py.File, history: History, identity: Identity) -> None:
    """Everything but weights and trainer state. ``history`` has a run (RunStarted was applied)."""
    assert history.run is not None
    # attributes first: what is appended to the root later lies at the end, and is lost with it
    _write_attributes(file, history, identity)
    put_text(file, file_format.SPEC, history.run.spec)
    put_texts(
        file, file_format.TOPOLOGY, [json_text.encode(topology) for _, topology, _ in history.topologies]
    )
    file[file_format.TOPOLOGY_STEP] = np.array([step for step, _, _ in history.topologies], "<i8")
    _write_metrics(file.create_group(file_format.METRICS), history)
    accuracy = put_group(file, file_format.ACCURACY)
    for path, matrix in history.accuracy.items():
        put_array(accuracy, path, matrix.astype("<f4"))
    if history.ends:
        ends = put_group(file, file_format.END_ACCURACY)
        for path, end in history.ends.items():
            put_array(ends, path, end.accuracies.astype("<f4")).attrs["step"] = end.step
    log = file.create_group(file_format.LOG)
    log["time"] = np.array([entry.time for entry in history.log], "<f8")
    put_texts(log, "level", [entry.level.encode() for entry in history.log])
    put_texts(log, "message", [entry.message.encode() for entry in history.log])
    _write_tables(file.create_group(file_format.TABLES), history)


def put_text(parent: h5py.Group, link: str, value: bytes) -> None:
    """A UTF-8 text of fixed length: every reader of HDF5 knows it, and no heap can break under it."""
    kind = h5py.string_dtype("utf-8", max(1, len(value)))
    parent.create_dataset(link, data=np.array(value, dtype=kind), dtype=kind)


LONGEST_ATTRIBUTE = 60_000
"""Bytes: HDF5's own limit is 64 KiB less what it needs for itself."""


def put_text_attribute(owner: h5py.File | h5py.Group, name: str, value: str) -> None:
    """An attribute of fixed length. One of variable length stands in a heap, in which HDF5 can search for
    ever once it is damaged. What is too long is cut."""
    data = value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace")[:LONGEST_ATTRIBUTE]
    data = data.decode("utf-8", "ignore").encode()
    kind = h5py.string_dtype("utf-8", max(1, len(data)))
    owner.attrs.create(name, np.array(data, dtype=kind), dtype=kind)


def put_texts(parent: h5py.Group, link: str, values: list[bytes]) -> None:
    """A column of UTF-8 texts, as wide as its longest; compressed, because most are shorter."""
    kind = h5py.string_dtype("utf-8", max([1, *map(len, values)]))
    packed = {"compression": "gzip", "compression_opts": 4} if len(values) > 64 else {}
    parent.create_dataset(link, data=np.array(values, dtype=kind), dtype=kind, **packed)


def put_array(parent: h5py.Group, name: str, values: np.ndarray) -> h5py.Dataset:
    """An array in one piece, uncompressed, with its CRC-32."""
    values = np.ascontiguousarray(values).reshape(values.shape)
    dataset = parent.create_dataset(file_format.quoted(name), data=values)
    dataset.attrs["crc32"] = np.uint32(checksum(values))
    return dataset


def put_group(parent: h5py.Group, link: str) -> h5py.Group:
    """A group that remembers the order in which things were put into it."""
    return parent.create_group(link, track_order=True)


def write_weights(parent: h5py.Group, weights: Weights) -> None:
    """The weights of a finished task, with the step at which they were generated."""
    group = put_group(parent.require_group(file_format.quoted(weights.path)), str(weights.task))
    group.attrs["step"] = weights.step
    if PROBE in weights.extras:
        logits = weights.extras[PROBE].numpy()
        put_text_attribute(group, PROBE, json.dumps([[float(f"{x:.6g}") for x in row] for row in logits]))
    for name, tensor in weights.tensors.items():
        put_array(group, name, tensor.numpy())


def write_state(file: h5py.File, state: TrainerState) -> None:
    """What the run goes on from. Raises TypeError where ``meta`` is not JSON-able."""
    group = file.create_group(file_format.STATE)
    group.attrs["step"] = state.step
    put_text(group, "meta", json.dumps(state.meta).encode())
    arrays = put_group(group, "arrays")
    for name, values in state.arrays.items():
        put_array(arrays, name, np.asarray(values))


class SnapshotColumns:
    """Snapshots of one condition: a column a tensor, as long as there are snapshots. Call :meth:`finish`
    after the last; small snapshots are collected and written a piece at a time."""

    def __init__(
        self, parent: h5py.Group, path: str, task: int, like: Mapping[str, np.ndarray], count: int
    ) -> None:
        self._group = put_group(parent.require_group(file_format.quoted(path)), str(task))
        self._steps = np.zeros(count, "<i8")
        self._count, self._written, self._collected = count, 0, 0
        self._columns: dict[str, tuple[h5py.Dataset, np.ndarray]] = {}
        nbytes = sum(tensor.nbytes for tensor in like.values())
        self._rows = max(1, min(count, _COLLECTED // max(1, nbytes)))
        for name, tensor in like.items():
            rows = min(count, max(1, _SMALL_PIECE // max(1, tensor.nbytes)))
            column = self._group.create_dataset(
                file_format.quoted(name),
                (count, *tensor.shape),
                tensor.dtype,
                chunks=(rows, *(max(1, side) for side in tensor.shape)),
                fletcher32=True,
            )
            self._columns[name] = column, np.zeros((self._rows, *tensor.shape), tensor.dtype)

    def put(self, step: int, tensors: Mapping[str, np.ndarray]) -> None:
        """The next snapshot. Tensors of another name or shape than the first are left out; a single number
        may have a dimension or none."""
        self._steps[self._written + self._collected] = step
        for name, (_, rows) in self._columns.items():
            tensor = tensors.get(name)
            shape = rows.shape[1:]
            if tensor is not None and (tensor.shape == shape or tensor.size == math.prod(shape) == 1):
                rows[self._collected] = tensor.reshape(shape)
            else:
                rows[self._collected] = 0
        self._collected += 1
        if self._collected == self._rows:
            self._write()

    def finish(self) -> None:
        self._write()
        self._group[file_format.SNAPSHOT_STEP] = self._steps

    def _write(self) -> None:
        start, stop = self._written, self._written + self._collected
        if start < stop:
            for column, rows in self._columns.values():
                column[start:stop] = rows[: self._collected]
        self._written, self._collected = stop, 0


def finite(value: float | None) -> float | None:
    """A float, or None where it is not one."""
    return float(value) if value is not None and np.isfinite(value) else None


PLAIN_FROM = 1 << 20
"""Points from which the values of curves are stored as they are."""


def _write_metrics(metrics: h5py.Group, history: History) -> None:
    paths = list(dict.fromkeys([*history.paths, *(path for path, _, _ in history.series)]))
    names = list(dict.fromkeys(name for _, _, name in history.series))
    put_texts(metrics, "paths", [path.encode() for path in paths])
    put_texts(metrics, "tasks", [task.name.encode() for task in history.tasks])
    put_texts(metrics, "names", [name.encode() for name in names])
    for column, kind in file_format.COLUMNS.items():
        parts = list(_column(column, history, paths, names))
        values = np.concatenate(parts).astype(kind) if parts else np.empty(0, kind)
        packed = {"chunks": (min(len(values), 1 << 16),), "compression": "gzip", "shuffle": True}
        # Noise hardly shrinks, and unpacking millions of values would keep whoever opens the file waiting.
        plain = not len(values) or (column == "value" and len(values) > PLAIN_FROM)
        metrics.create_dataset(column, data=values, **({} if plain else {**packed, "compression_opts": 1}))


def _column(column: str, history: History, paths: list[str], names: list[str]) -> Iterator[np.ndarray]:
    """One column of every curve, curve after curve."""
    places, metrics = ({name: at for at, name in enumerate(table)} for table in (paths, names))
    for (path, task, name), series in history.series.items():
        if column == "step":
            yield series.steps
        elif column == "value":
            yield series.values
        else:
            number = {"path": places[path], "task": task, "metric": metrics[name]}[column]
            yield np.full(len(series), number, np.int32)


def _write_tables(tables: h5py.Group, history: History) -> None:
    """The rest of a history, as JSON texts; growth without the trees, which stand in /topology."""
    assert history.run is not None
    # the spec once more, within the run: whoever salvages a damaged file needs one of the two
    put_text(tables, "run", json_text.encode(history.run))
    growth = [replace(g, topology=Topology()) for g in history.growth]
    put_text(tables, "growth", json_text.encode(growth))
    put_text(tables, "parameters", json_text.encode(history.parameters))
    put_text(tables, "paths", json_text.encode(history.paths))
    put_text(
        tables, "curves", json_text.encode([(*key, len(series)) for key, series in history.series.items()])
    )
    put_text(tables, "marks", json_text.encode([(m.path, m.task, m.start, m.stop) for m in history.marks]))
    put_text(tables, "settings", json_text.encode(history.settings))
    put_text(tables, "resumed", json_text.encode(history.resumed))
    put_text(tables, "diverged", json_text.encode(history.diverged))
    put_text(tables, "progress", json_text.encode(history.progress))
    put_text(tables, "checkpoint", json_text.encode(history.checkpoint))
    put_text(tables, "end", json_text.encode(history.end))
    put_text(
        tables, "last", json_text.encode([history.state, history.state_detail, history.seconds, history.step])
    )


def _write_attributes(file: h5py.File, history: History, identity: Identity) -> None:
    run, spec = history.run, history.spec
    assert run is not None
    assert spec is not None
    averages = {path: finite(continual.summary(matrix).average) for path, matrix in history.accuracy.items()}
    file.attrs["complete"] = 0
    values: dict[str, str | int | float] = {
        "format": file_format.FORMAT,
        "version": file_format.VERSION,
        "session": identity.session,
        "sequence": identity.sequence,
        "state": identity.state,
        "app": run.app,
        "torch": run.torch,
        "created": run.created,
        "seed": run.seed,
        "device": run.device,
        "name": spec.name,
        "dataset": spec.stream.dataset,
        "step": history.step,
        "total_steps": history.total_steps,
        "seconds": history.seconds,
        "unverified_data": int(run.unverified_data),
    }
    short = {name: values[name] for name in BRIEF}
    more = {"average": averages, "tasks": len(history.tasks), "sketch": thumbnail_data(history)}
    values["brief"] = json.dumps(msgspec.to_builtins(short | more), ensure_ascii=False)
    if len(str(values["brief"]).encode()) > LONGEST_ATTRIBUTE:
        del values["brief"]  # lists then read the rest of the file
    for name, value in values.items():
        if isinstance(value, str):
            put_text_attribute(file, name, value)
        else:
            file.attrs[name] = value
