"""Snapshot extras: what snapshots keep beside weights (embeddings, digests of levels), one row a snapshot.

``/aside``: ``step``, ``task``, ``path`` (a text) and ``layout`` of each row, ``start``: where its numbers
begin in ``values`` (float32), ``layouts``: JSON, a list of (name, shape) each. The group is optional.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from hhstudio.core.errors import SessionError
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.journal import Frame, Payloads
from hhstudio.store.journal.replay import JournalTail, weights_in
from hhstudio.store.session import writing


class ExtrasRow(NamedTuple):
    """What was kept with the snapshot of one condition."""

    step: int
    path: str
    task: int
    arrays: dict[str, np.ndarray]


class SnapshotExtras:
    """``keys``: (step, path, task) of each row, oldest first. Rows are read one by one."""

    def __init__(
        self, source: Path, base: h5py.File | None, tail: JournalTail, journal: Payloads | None
    ) -> None:
        self._source, self._journal = source, journal
        self._layouts: list[list[tuple[str, tuple[int, ...]]]] = []
        self._values: h5py.Dataset | None = None
        self.keys: list[tuple[int, str, int]] = []
        with safe_read.reading(source, "what was kept beside snapshots"):
            if base is not None and file_format.SNAPSHOT_EXTRAS in base:
                self._open(safe_read.group(base, file_format.SNAPSHOT_EXTRAS), tail.rewound)
        self._stored = len(self.keys)
        recorded = [(frame, step, *key) for key, frames in tail.snapshots.items() for step, frame in frames]
        recorded.sort(key=lambda each: each[0].sequence)
        self._frames: list[Frame] = [each[0] for each in recorded]
        self.keys += [(step, path, task) for _, step, path, task in recorded]

    def _open(self, group: h5py.Group, rewound: int | None) -> None:
        kinds = {"step": "i", "path": "SO", "task": "i", "start": "i", "layout": "i"}
        columns = safe_read.datasets(group, kinds, (None,))
        steps, tasks, self._starts, self._kinds = (
            safe_read.numbers(columns[name]).tolist() for name in ("step", "task", "start", "layout")
        )
        self._values = safe_read.datasets(group, {"values": "f"}, (None,))["values"]
        for text in safe_read.texts(group, "layouts"):
            parts = json.loads(text)
            self._layouts.append([(str(name), tuple(int(side) for side in shape)) for name, shape in parts])
        keys = list(zip(steps, safe_read.words(columns["path"]), tasks, strict=True))
        # whatever lies after the step that a resumed run went back to is at the end
        self.keys = keys if rewound is None else [key for key in keys if key[0] <= rewound]

    def __len__(self) -> int:
        return len(self.keys)

    def read(self, at: int) -> dict[str, np.ndarray]:
        """The arrays of row ``at``, by name; {} where that snapshot has none. Raises SessionError."""
        with safe_read.reading(self._source, "what was kept beside snapshots"):
            if not 0 <= at < len(self):
                raise SessionError(f"{self._source}: nothing is kept beside snapshot {at}")
            if at >= self._stored:
                assert self._journal is not None
                recorded = weights_in(self._journal, self._frames[at - self._stored])
                return {name: tensor.numpy() for name, tensor in recorded.extras.items()}
            assert self._values is not None
            parts, start = self._layouts[self._kinds[at]], self._starts[at]
            sizes = [math.prod(shape) for _, shape in parts]
            if min(sizes, default=0) < 0 or not 0 <= start <= start + sum(sizes) <= len(self._values):
                raise ValueError(f"row {at} lies beyond the end")
            flat = np.asarray(self._values[start : start + sum(sizes)], np.float32)
            ends = np.cumsum(sizes)
            return {
                name: flat[end - size : end].reshape(shape)
                for (name, shape), size, end in zip(parts, sizes, ends, strict=True)
            }
        raise SessionError(f"{self._source}: nothing is kept beside snapshot {at}")


def write_snapshot_extras(file: h5py.File, rows: Iterable[ExtrasRow]) -> None:
    """The group, if any row has something."""
    filled = [row for row in rows if row.arrays]
    if not filled:
        return
    layouts: dict[str, int] = {}
    kinds, starts, parts, start = [], [], [], 0
    for row in filled:
        text = json.dumps([(name, array.shape) for name, array in row.arrays.items()])
        kinds.append(layouts.setdefault(text, len(layouts)))
        starts.append(start)
        flat = [np.asarray(array, np.float32).ravel() for array in row.arrays.values()]
        parts += flat
        start += sum(len(array) for array in flat)
    group = file.create_group(file_format.SNAPSHOT_EXTRAS)
    for name, column in (("step", [row.step for row in filled]), ("task", [row.task for row in filled])):
        group[name] = np.array(column, "<i8")
    group["start"], group["layout"] = np.array(starts, "<i8"), np.array(kinds, "<i8")
    writing.put_texts(group, "path", [row.path.encode() for row in filled])
    writing.put_texts(group, "layouts", [text.encode() for text in layouts])
    writing.put_array(group, "values", np.concatenate(parts).astype("<f4"))
