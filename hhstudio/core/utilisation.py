"""What each edge's generated part is worth: accuracy with it, less accuracy without it.

The trainer measures both at the end of a run, as metrics named by :func:`metric`. An edge worth under a
point is *bypassed*: what should pass through it is done elsewhere, by anchors or by other contributions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hhstudio.core.history import History
from hhstudio.core.topology import Topology

ALL = "*"
"""In place of a contribution's key: everything generated taken out, anchors only."""

BYPASSED = 0.01
"""Accuracy, as a fraction of 1, under which a contribution is flagged."""

_PREFIX = "without/"


class Worth(NamedTuple):
    """One contribution on a path: ``title`` as ``H0 → H1``; ``lost``: mean accuracy lost without it."""

    key: str
    title: str
    lost: float

    @property
    def bypassed(self) -> bool:
        return self.lost < BYPASSED


def metric(key: str) -> str:
    """The metric that holds accuracies without a contribution. Keys are as in :mod:`hhstudio.nets.tree`:
    a slot's id, or ``slot@node`` for an ancestor's residual contribution."""
    return _PREFIX + key


def contributions(history: History, path: str) -> list[Worth]:
    """What every contribution on a path is worth, in the order of the chain; empty where not measured.

    Means over the tasks learned on the path; the last row (:data:`ALL`) is what all of them are worth
    together, so that the rest of the accuracy is the anchors' own.
    """
    matrix = history.accuracy.get(path)
    if matrix is None or not history.topology:
        return []
    rows = np.flatnonzero(~np.isnan(matrix).all(axis=1))
    if not rows.size:
        return []
    final = matrix[rows[-1]]
    found = []
    for key in dict.fromkeys(
        name for at, _, name in history.series if at == path and name.startswith(_PREFIX)
    ):
        lost = [
            float(final[task]) - float(series.values[-1])
            for (at, task, name), series in history.series.items()
            if at == path and name == key and len(series) and 0 <= task < len(final)
        ]
        short = key.removeprefix(_PREFIX)
        if lost:
            found.append(Worth(short, _title(short, history.topology), float(np.nanmean(lost))))
    return found


def _title(key: str, topology: Topology) -> str:
    if key == ALL:
        return "everything generated"
    slot_id, _, ancestor = key.partition("@")
    slot = topology.slot_by_id.get(slot_id)
    if slot is None:
        return key
    ends = [topology.by_id.get(node_id) for node_id in (ancestor or slot.source, slot.target)]
    names = " → ".join(node.name if node is not None else "?" for node in ends)
    return f"{names} (residual)" if ancestor else names
