"""Source of generated weights, as views read them: a session that is open, finished or being written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

import numpy as np

from hhstudio.core.run.history import History
from hhstudio.core.spec.tasks import TaskInfo


class SnapshotSource(Protocol):
    """Generated weights of one condition through time. ``steps``: (N,) when each was taken."""

    @property
    def steps(self) -> np.ndarray: ...
    @property
    def names(self) -> Sequence[str]: ...
    def tensor(self, at: int, name: str) -> np.ndarray: ...


class WeightsSource(Protocol):
    """What views ask of a session (:class:`hhstudio.store.session.session.Session`). Reading one tensor is
    cheap; what cannot be read raises HHStudioError. A session that is being written is the same source all
    along, and gains weights when it is refreshed."""

    @property
    def history(self) -> History: ...
    @property
    def paths(self) -> Sequence[str]: ...
    @property
    def tasks(self) -> Sequence[TaskInfo]: ...
    def available(self) -> Collection[tuple[str, int]]: ...
    def tensor_names(self, path: str, task: int) -> Sequence[str]: ...
    def tensor(self, path: str, task: int, name: str) -> np.ndarray: ...
    def snapshots(self, path: str, task: int) -> SnapshotSource: ...
