"""Cost of a change of the tree before it is made: numbers, memory, time a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from hhstudio.core.formatting import short_count, signed, size
from hhstudio.core.run.history import History
from hhstudio.core.spec.costs import costs, memory
from hhstudio.core.spec.spec import Spec
from hhstudio.service.run.eta import DEPTH_COST

_LATELY = 50
"""Steps of which the median counts as the time of a step."""


class Cost(NamedTuple):
    """Differences between two trees; None where they cannot be known. ``memory``: bytes, about. ``seconds``:
    of a step on the new path, None before anything was measured; ``relative``: to a step on ``base``."""

    stored: int | None
    stored_now: int | None
    generated: int | None
    memory: int | None
    relative: float
    seconds: float | None
    base: str

    def rows(self) -> list[tuple[str, str]]:
        """What a card says of it."""
        rows = [("Stored", f"{signed(self.stored)} → {short_count(self.stored_now)}")]
        rows.append(("Generated", signed(self.generated)))
        if self.memory is not None:
            rows.append(("Memory", f"about {signed(self.memory, size)}"))
        if self.base:
            times = f"{self.relative:.1f} × {self.base}"
            measured = times if self.seconds is None else f"about {1000 * self.seconds:.3g} ms ({times})"
            rows.append(("Step time", measured))
        return rows


def cost_of(
    before: Spec,
    after: Spec,
    path: str = "",
    history: History | None = None,
    tried: Mapping[str, float] | None = None,
) -> Cost:
    """What it costs to go from one tree to another. ``path``: the new path, whose step time is wanted.

    ``tried``: seconds a step by path from trial steps; what a run has shown counts before them."""
    old, new = costs(before), costs(after)
    relative, seconds, base = _step_time(after, path, history, tried or {})
    stored_now = None if new.total is None else new.total.stored
    stored = None if old.total is None or new.total is None else new.total.stored - old.total.stored
    generated = None if old.total is None or new.total is None else new.total.generated - old.total.generated
    was, becomes = memory(before, old), memory(after, new)
    more = None if was is None or becomes is None else becomes - was
    return Cost(stored, stored_now, generated, more, relative, seconds, base)


def _step_time(
    spec: Spec, path: str, history: History | None, tried: Mapping[str, float]
) -> tuple[float, float | None, str]:
    depths = {p.name: p.depth for p in spec.topology.paths}
    if path not in depths:
        return 1.0, None, ""
    measured = {name: seconds for name, seconds in tried.items() if name in depths and name != path}
    for (name, task, metric), series in (history.series if history is not None else {}).items():
        if metric == "step_time" and task == -1 and name in depths and len(series):
            measured[name] = float(np.median(series.values[-_LATELY:]))
    others = [name for name in (measured or depths) if name != path]
    if not others:
        return 1.0, None, ""
    base = min(others, key=lambda name: (abs(depths[name] - depths[path]), depths[name]))
    relative = (1 + DEPTH_COST * (depths[path] - 1)) / (1 + DEPTH_COST * (depths[base] - 1))
    return relative, measured[base] * relative if base in measured else None, base
