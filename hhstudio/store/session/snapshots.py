"""Snapshots: the generated weights of one condition through time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import h5py
import numpy as np

from hhstudio.core.errors import SessionError
from hhstudio.core.run.history import PathTask
from hhstudio.core.run.series import check_steps
from hhstudio.store.file import file_format, safe_read
from hhstudio.store.journal.journal import Frame, JournalReader
from hhstudio.store.journal.replay import JournalTail, weights_in
from hhstudio.store.session import reading


class Snapshots:
    """``steps``: when each was taken, (N,) int64; ``names``: of the tensors. Tensors are read one by one."""

    def __init__(
        self,
        source: Path,
        key: PathTask,
        group: h5py.Group | None,
        tail: JournalTail,
        journal: JournalReader | None,
    ) -> None:
        self._source, self._journal = source, journal
        self._group, self._held = group, 0
        self._frames: list[tuple[int, Frame]] = tail.snapshots.get(key, [])
        steps = np.empty(0, np.int64)
        if group is not None:
            steps = safe_read.array(group, file_format.SNAPSHOT_STEP, "i", (None,)).astype(np.int64)
            check_steps(steps)
            self._held = len(steps)
            if tail.rewound is not None:
                steps = steps[steps <= tail.rewound]
        self._stored = len(steps)
        self.steps: np.ndarray = np.concatenate([steps, np.array([s for s, _ in self._frames], np.int64)])
        links = {} if group is None else reading.tensor_links(group)
        if links or not self._frames or journal is None:
            self.names = tuple(links)
        else:
            self.names = tuple(weights_in(journal, self._frames[0][1]).tensors)

    @cached_property
    def _columns(self) -> dict[str, h5py.Dataset]:
        """What the file itself holds, not read yet."""
        return {} if self._group is None else reading.snapshot_columns(self._group, self._held)

    def __len__(self) -> int:
        return len(self.steps)

    def tensor(self, at: int, name: str) -> np.ndarray:
        """Tensor ``name`` of snapshot number ``at``. Raises SessionError where there is none."""
        with safe_read.reading(self._source, "snapshots"):
            if 0 <= at < self._stored and name in self.names:
                return np.asarray(self._columns[name][at])
            elif self._stored <= at < len(self) and self._journal is not None:
                recorded = weights_in(self._journal, self._frames[at - self._stored][1])
                if name in recorded.tensors:
                    return recorded.tensors[name].numpy()
        raise SessionError(f"{self._source}: there is no snapshot {at} of {name!r}")

    def blocks(self, name: str, most: int) -> Iterator[tuple[int, np.ndarray]]:
        """(number of the first, (rows, …) values) of tensor ``name``: all snapshots in order, at most so many
        bytes at once. Raises SessionError."""
        at = 0
        while at < len(self):
            first = self.tensor(at, name)
            stop = min(self._stored, at + max(1, most // max(1, first.nbytes)))
            if stop <= at + 1:
                yield at, first[None]
                at += 1
                continue
            with safe_read.reading(self._source, "snapshots"):
                block = np.asarray(self._columns[name][at:stop])
            yield at, block
            at = stop
