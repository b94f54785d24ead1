"""Thumbnail data of a session, for lists: the shape of its tree and its curves of accuracy, in a kilobyte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hhstudio.core.run.history import History
from hhstudio.core.tree.topology import Solver, Topology

NODES, CURVES, POINTS = 60, 8, 28
"""What a thumbnail has room for."""


@dataclass(frozen=True)
class ThumbnailData:
    """``tree``: of each node the place of its parent (-1: the root) and 1 for a solver, parents first.
    ``curves``: one a path, points (x, y) between 0 and 1: the run's length, accuracy."""

    tree: tuple[tuple[int, int], ...] = ()
    curves: tuple[tuple[tuple[float, float], ...], ...] = ()


def thumbnail_data(history: History) -> ThumbnailData:
    """Of a run as it is now: the tree as it has grown, the accuracy of what was being learned."""
    topology = history.topology
    return ThumbnailData(() if topology is None else _tree(topology), _curves(history))


def _tree(topology: Topology) -> tuple[tuple[int, int], ...]:
    if topology.root is None:
        return ()
    places: dict[str, int] = {}
    nodes: list[tuple[int, int]] = []
    for node_id in topology.subtree(topology.root)[:NODES]:
        places[node_id] = len(nodes)
        slot = topology.incoming.get(node_id)
        parent = places.get(slot.source, -1) if slot is not None else -1
        nodes.append((parent, int(isinstance(topology.by_id[node_id], Solver))))
    return tuple(nodes)


def _curves(history: History) -> tuple[tuple[tuple[float, float], ...], ...]:
    last = max([1, history.step, *(s.steps[-1] for s in history.series.values() if len(s))])
    curves = []
    for path in history.paths[:CURVES]:
        steps, values = [], []
        for mark in history.marks:
            series = history.series.get((path, mark.task, "accuracy"))
            if mark.path != path or series is None:
                continue
            stop = last if mark.stop is None else mark.stop
            own = (series.steps >= mark.start) & (series.steps <= stop) & np.isfinite(series.values)
            steps.append(series.steps[own])
            values.append(series.values[own])
        curve = _thinned(np.concatenate([[], *steps]) / last, np.concatenate([[], *values]))
        if curve:
            curves.append(curve)
    return tuple(curves)


def _thinned(x: np.ndarray, y: np.ndarray) -> tuple[tuple[float, float], ...]:
    if len(x) > POINTS:
        at = np.linspace(0, len(x) - 1, POINTS).round().astype(int)
        x, y = x[at], y[at]
    return tuple(
        (round(float(a), 3), round(min(max(float(b), 0.0), 1.0), 3)) for a, b in zip(x, y, strict=True)
    )
