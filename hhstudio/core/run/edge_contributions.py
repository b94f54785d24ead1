"""Edge contributions: accuracy with an edge's generated part, less accuracy without it.

The trainer measures both at the end of a run, as metrics named by :func:`metric`. An edge that contributes
under a point is *bypassed*: what should pass through it is done elsewhere, by anchors or by other
contributions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hhstudio.core.run import continual
from hhstudio.core.run.history import History
from hhstudio.core.tree.topology import Topology

ALL = "*"
"""In place of a contribution's key: everything generated taken out, anchors only."""

BYPASSED = 0.01
"""Accuracy, as a fraction of 1, under which a contribution is flagged."""

_PREFIX = "without/"


class EdgeContribution(NamedTuple):
    """One contribution on a path: ``title`` as ``H0 → H1``; ``lost``: mean accuracy lost without it, as a
    fraction of 1."""

    key: str
    title: str
    lost: float

    @property
    def bypassed(self) -> bool:
        return self.lost < BYPASSED


def metric(key: str) -> str:
    """The metric that holds accuracies without a contribution. Keys are as in :mod:`hhstudio.nets.build`:
    a slot's id, or ``slot@node`` for an ancestor's residual contribution."""
    return _PREFIX + key


def measures(metric: str) -> bool:
    """Whether a metric holds accuracies without a contribution."""
    return metric.startswith(_PREFIX)


def contributions(history: History, path: str) -> list[EdgeContribution]:
    """Every contribution on a path, in the order of the chain; empty where not measured.

    Means over the tasks learned on the path; the last row (:data:`ALL`) is what all of them contribute
    together, so that the rest of the accuracy is the anchors' own.
    """
    return _contributions_by_path(history, {path}).get(path, [])


def all_contributions(history: History) -> dict[str, list[EdgeContribution]]:
    """:func:`contributions` of every path where they were measured, in the order of the paths."""
    by_path = _contributions_by_path(history, set(history.paths))
    return {path: by_path[path] for path in history.paths if by_path.get(path)}


def by_slot(history: History) -> dict[str, list[tuple[str, EdgeContribution]]]:
    """Slot id -> (path, contribution) of every contribution that comes through the slot, where measured."""
    slots: dict[str, list[tuple[str, EdgeContribution]]] = {}
    for path, contributions_of_path in _contributions_by_path(history, set(history.paths)).items():
        for contribution in contributions_of_path:
            if contribution.key != ALL:
                slots.setdefault(contribution.key.partition("@")[0], []).append((path, contribution))
    return slots


def _contributions_by_path(history: History, paths: set[str]) -> dict[str, list[EdgeContribution]]:
    """By path, from one look at each series: a large tree has very many."""
    topology = history.topology
    if topology is None:
        return {}
    lost: dict[str, dict[str, list[float]]] = {}
    finals: dict[str, np.ndarray | None] = {}
    for (path, task, name), series in history.series.items():
        if path not in paths or not measures(name) or not len(series):
            continue
        if path not in finals:
            finals[path] = history.left(path)
        final = finals[path]
        if final is not None and 0 <= task < len(final):
            values = lost.setdefault(path, {}).setdefault(name.removeprefix(_PREFIX), [])
            values.append(float(final[task]) - float(series.values[-1]))
    return {
        path: [EdgeContribution(key, _title(key, topology), mean) for key, mean in _means(by_key)]
        for path, by_key in lost.items()
    }


def _means(by_key: dict[str, list[float]]) -> list[tuple[str, float]]:
    """Keys with anything measured, :data:`ALL` last."""
    measured = {key: continual.measured(values) for key, values in by_key.items()}
    known = {key: values[~np.isnan(values)] for key, values in measured.items()}
    means = [(key, float(np.mean(values))) for key, values in known.items() if len(values)]
    return sorted(means, key=lambda each: each[0] == ALL)


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
