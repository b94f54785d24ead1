"""How long a run still takes.

Steps of different paths cost differently (a deeper chain generates more), and a run usually learns the
cheap paths first. So the remaining steps are counted path by path, each at its own seconds a step: as
measured over the last task's worth of steps (evaluation included, pauses left out), or, for a path not
reached yet, from the measured ones by depth. The first task has nothing to consolidate, so that its
steps are cheaper than those that follow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

DEPTH_COST = 0.37
CONSOLIDATION_COST = 0.5
"""What one more generated hypernetwork, and consolidation, add to a plain depth-1 step, until they have
been measured. (Quickstart on two cores: steps of depth 1, 2, 3 cost 1 : 1.33 : 1.75.)"""


class Eta:
    """Feed :meth:`update` with the run's progress; it answers with rate and remaining seconds.

    ``depths``: depth by path. ``done``: steps already taken by path, when the run was resumed.
    ``consolidates``: whether later tasks keep earlier ones.
    """

    def __init__(
        self, depths: Mapping[str, int], done: Mapping[str, int] | None = None, consolidates: bool = True
    ) -> None:
        self._depths = dict(depths)
        self._consolidates = consolidates
        self._done = dict.fromkeys(self._depths, 0) | dict(done or {})
        self._samples: dict[str, deque[tuple[int, float]]] = {}
        self._last_step: int | None = None
        self._idle = 0.0

    def set_depths(self, depths: Mapping[str, int]) -> None:
        """The tree has grown."""
        self._depths = dict(depths)

    def skip(self, seconds: float) -> None:
        """Time that was not training: a pause."""
        self._idle += seconds

    def begin(self, now: float, path: str, step: int) -> None:
        """A task begins: its path's clock starts, unless it runs already."""
        self._samples.setdefault(path, deque([(step, now - self._idle)]))
        if self._last_step is None:
            self._last_step = step

    def update(
        self, now: float, path: str, step: int, total_steps: int, task_steps: int
    ) -> tuple[float, float | None]:
        """Steps a second and seconds to the end (None while unknown) at time ``now`` in seconds."""
        now -= self._idle
        if self._last_step is not None:
            self._done[path] = self._done.get(path, 0) + step - self._last_step
        self._last_step = step
        samples = self._samples.setdefault(path, deque())
        samples.append((step, now))
        while len(samples) > 2 and samples[-1][0] - samples[1][0] >= max(task_steps, 1):
            samples.popleft()
        cost = self._cost(path)
        if not cost:
            return 0.0, None
        left = self._remaining(total_steps, step)
        if self._consolidates and step < total_steps:
            cheap = max(task_steps - step, 0) / (total_steps - step)  # the first task's own rest
            left *= 1 + CONSOLIDATION_COST * self._unburdened(samples, task_steps) * (1 - cheap)
        return 1 / cost, left

    @staticmethod
    def _unburdened(samples: deque[tuple[int, float]], task_steps: int) -> float:
        """Share of a window's steps that belong to the run's first task."""
        first, last = samples[0][0], samples[-1][0]
        return max(min(last, task_steps) - first, 0) / (last - first)

    def _cost(self, path: str) -> float:
        """Measured seconds a step, 0 while unknown."""
        samples = self._samples.get(path)
        if not samples or samples[-1][0] <= samples[0][0]:
            return 0.0
        return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])

    def _remaining(self, total_steps: int, step: int) -> float:
        left = max(total_steps - step, 0)
        share = total_steps / max(len(self._depths), 1)
        wanted = {path: max(share - self._done.get(path, 0), 0.0) for path in self._depths}
        scale = left / total if (total := sum(wanted.values())) else 0.0
        return sum(steps * scale * self._expected(path) for path, steps in wanted.items() if steps)

    def _expected(self, path: str) -> float:
        """Seconds a step of any path: its own, or the nearest measured depth's, scaled."""
        if own := self._cost(path):
            return own
        depth = self._depths[path]
        measured = [(abs(self._depths.get(p, depth) - depth), p) for p in self._samples if self._cost(p)]
        _, nearest = min(measured)
        relative = _relative(depth) / _relative(self._depths.get(nearest, depth))
        return self._cost(nearest) * relative


def _relative(depth: int) -> float:
    return 1 + DEPTH_COST * (depth - 1)
