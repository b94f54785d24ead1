"""Source of the filters' tensors: the session that is shown, and what a running trainer has sent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hhstudio.core.run.events import TERMINAL, Watched
from hhstudio.core.run.history import History, PathTask
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.state.selection import LATEST
from hhstudio.gui.state.weights_source import WeightsSource
from hhstudio.gui.widgets.filter_tiles import Statistics, statistics


class FilterSource:
    """Both as one. A live tensor stands in front of the recorded one while ``live`` is on."""

    def __init__(self) -> None:
        self.source: WeightsSource | None = None
        self.history: History | None = None
        self.live = False
        self.step = LATEST
        self._watched: dict[tuple[str, int, str], tuple[int, np.ndarray]] = {}
        self._statistics: dict[PathTask, list[Statistics]] = {}

    def set_source(self, source: WeightsSource | None) -> None:
        self.source = source
        self._statistics = {}

    def set_history(self, history: History | None) -> None:
        self.history = history
        self._watched, self._statistics = {}, {}

    def take(self, event: Watched) -> None:
        """Keep the newest tensor of a watch; older ones of other tensors are let go."""
        self._watched = {(event.path, event.task, event.name): (event.step, event.tensor.numpy())}

    @property
    def running(self) -> bool:
        """Whether a run goes on that writes what is read here."""
        return self.history is not None and self.history.state not in TERMINAL

    @property
    def paths(self) -> tuple[str, ...]:
        if self.source is not None and self.source.paths:
            return tuple(self.source.paths)
        return self.history.paths if self.history else ()

    @property
    def tasks(self) -> tuple[TaskInfo, ...]:
        if self.source is not None and self.source.tasks:
            return tuple(self.source.tasks)
        return self.history.tasks if self.history else ()

    @property
    def image_shape(self) -> tuple[int, int, int] | None:
        """(channels, height, width) of the images that the solvers see, where it is recorded."""
        for history in (self.history, self.source.history if self.source is not None else None):
            if history is not None and history.run is not None and history.run.image_shape is not None:
                return history.run.image_shape
        return None

    def available(self) -> set[PathTask]:
        """Conditions of which there is a tensor."""
        recorded = set(self.source.available()) if self.source is not None else set()
        return recorded | {(path, task) for path, task, _ in self._watched} if self.live else recorded

    def names(self, condition: PathTask) -> tuple[str, ...]:
        """Tensors of a condition in the solver's order; () where nothing was generated yet."""
        if self.source is not None and condition in self.source.available():
            return tuple(self.source.tensor_names(*condition))
        return tuple(name for path, task, name in self._watched if (path, task) == condition)

    def moments(self, condition: PathTask) -> list[int]:
        """Steps of the snapshots of a condition."""
        if self.source is None or condition not in self.source.available():
            return []
        return [int(step) for step in self.source.snapshots(*condition).steps]

    def snapshot(self, condition: PathTask, name: str, step: int) -> tuple[np.ndarray, int] | None:
        """The tensor as it was at a step, from the last snapshot until then, and that one's step; None where
        there is no such snapshot. Raises HHStudioError when the file cannot give it."""
        if self.source is None or condition not in self.source.available():
            return None
        snapshots = self.source.snapshots(*condition)
        at = int(np.searchsorted(snapshots.steps, step, side="right")) - 1
        if at < 0:
            return None
        return np.asarray(snapshots.tensor(at, name), np.float32), int(snapshots.steps[at])

    def tensor(self, condition: PathTask, name: str) -> tuple[np.ndarray, int | None] | None:
        """The tensor, and the step that it is from if it is live or a snapshot. None where there is none.

        With :attr:`step` set, snapshots stand in front of the weights at the end. Raises HHStudioError when
        the file cannot give it.
        """
        if self.step != LATEST and not self.live:
            snapshot = self.snapshot(condition, name, self.step)
            if snapshot is not None:
                return snapshot
        watched = self._watched.get((*condition, name)) if self.live else None
        if watched is not None:
            return _real(watched[1]), watched[0]
        if self.source is None or condition not in self.source.available():
            return None
        return _real(self.source.tensor(*condition, name)), None

    def counted(self, condition: PathTask) -> Iterator[Statistics]:
        """Statistics of every recorded tensor of a condition, one after the other; those that were kept at
        once. Raises HHStudioError."""
        if condition in self._statistics:
            yield from self._statistics[condition]
        elif self.source is not None and condition in self.source.available():
            for name in self.source.tensor_names(*condition):
                yield statistics(name, self.source.tensor(*condition, name))

    def keep_statistics(self, condition: PathTask, rows: list[Statistics]) -> None:
        """So that they need not be worked out again."""
        if rows:
            self._statistics[condition] = rows

    def shape(self, condition: PathTask, name: str) -> tuple[int, ...]:
        """Of a tensor; () where there is none. Raises HHStudioError."""
        tensor = self.tensor(condition, name)
        return () if tensor is None else tensor[0].shape

    def first_worth_seeing(self, condition: PathTask) -> str:
        """The first convolution, or else the first matrix, of a condition with tensors."""
        names = self.names(condition)
        dimensions = {name: len(self.shape(condition, name)) for name in names}
        for wanted in (4, 2):
            for name in names:
                if dimensions[name] == wanted:
                    return name
        return names[0]

    def recorded(self, condition: PathTask) -> bool:
        """Whether the session holds weights of a condition."""
        return self.source is not None and condition in self.source.available()


def _real(values: np.ndarray) -> np.ndarray:
    """Whole numbers and truth values as float32: they are drawn, and subtracted from one another."""
    return values if values.dtype.kind == "f" else values.astype(np.float32)
