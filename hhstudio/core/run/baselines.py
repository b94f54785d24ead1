"""Baselines of a hierarchy: its solver trained without any hypernetwork, as metrics.

Recorded as metrics named by :func:`metric`, for every path whose solver is built so: the accuracy on each
task, of ``fine-tune`` after every task of the stream, so that the last value is the final one.
"""

from __future__ import annotations

import numpy as np

from hhstudio.core.run import continual
from hhstudio.core.run.history import History
from hhstudio.core.spec.spec import Baseline

KINDS: tuple[Baseline, ...] = ("scratch", "fine-tune", "joint")
"""In the order in which they are trained and shown."""

TITLES: dict[str, str] = {"scratch": "From scratch", "fine-tune": "Fine-tuning", "joint": "Joint"}
MEANINGS: dict[str, str] = {
    "scratch": "a solver of its own for each task: nothing to forget, nothing to build on",
    "fine-tune": "one solver through all tasks one after the other, not consolidated: what is forgotten",
    "joint": "one solver on all tasks at once, with as many steps in all: what could be reached",
}

_PREFIX = "baseline/"


def metric(kind: str) -> str:
    """The metric that holds the accuracies of a baseline."""
    return _PREFIX + kind


def kind_of(metric: str) -> str | None:
    """The baseline that a metric is about, None when it is about none."""
    kind = metric.removeprefix(_PREFIX)
    return kind if kind != metric else None


def phase(kind: str) -> str:
    """``Progress.phase`` while a baseline is trained."""
    return f"baseline {kind}"


def finals(history: History, path: str) -> dict[str, np.ndarray]:
    """Final accuracy on every task by kind, for the baselines of a path that were measured; NaN where a task
    was not."""
    accuracies: dict[str, np.ndarray] = {}
    for kind in KINDS:
        series = [history.series.get((path, task, metric(kind))) for task in range(len(history.tasks))]
        if any(s is not None and len(s) for s in series):
            accuracies[kind] = continual.measured(
                [s.values[-1] if s is not None and len(s) else np.nan for s in series]
            )
    return accuracies
