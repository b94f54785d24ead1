"""Metric names: what each recorded metric is called on screen, its unit, and how it is drawn at first."""

from __future__ import annotations

from dataclasses import dataclass

from hhstudio.core.formatting import number, percent, size
from hhstudio.core.run import baselines, edge_contributions, gradients

HIDDEN = frozenset({"untrained"})
"""Recorded once for forward transfer; a single point is no curve. Nor is an edge's contribution."""


@dataclass(frozen=True)
class Metric:
    """``percent``: a share of 1, drawn 0 to 100 %. ``smoothing``: weight of the moving average at first."""

    name: str
    title: str
    meaning: str
    percent: bool = False
    log: bool = False
    smoothing: float = 0.0


_KNOWN = (
    Metric("accuracy", "Accuracy", "share of test images classified correctly", percent=True),
    Metric("loss", "Task loss", "cross-entropy on the task that is being learned", smoothing=0.9),
    Metric(
        "consolidation",
        "Consolidation",
        "distance of the weights generated for earlier conditions from what they were",
        log=True,
        smoothing=0.9,
    ),
    Metric("gradient_norm", "Gradient norm", "norm of the gradient before clipping", log=True, smoothing=0.9),
    Metric("lr", "Learning rate", "step size of the optimiser"),
    Metric(
        "memory", "Memory", "bytes that the run holds: on the device, or of the worker process on the CPU"
    ),
    Metric("step_time", "Step time", "seconds a training step takes", smoothing=0.9),
)
STANDARD = tuple(metric.name for metric in _KNOWN[:4])
"""Metrics that always have a button, recorded or not."""


def metric(name: str) -> Metric:
    """The metric of that name; an unknown one is titled by its own name."""
    for metric in _KNOWN:
        if metric.name == name:
            return metric
    level = gradients.level(name)
    if level is not None:
        return Metric(name, gradients.title(level), gradients.meaning(level), log=True, smoothing=0.9)
    return Metric(name, name.replace("_", " ").capitalize(), f"recorded as {name}")


def usual(name: str) -> bool:
    """Whether a metric has a button of its own; others are found in a menu."""
    return any(metric.name == name for metric in _KNOWN)


def ordered(names: set[str]) -> tuple[str, ...]:
    """Known metrics in their usual order, then the others by name; those that are single points left out."""
    usual = [m.name for m in _KNOWN if m.name in names]
    others = names - set(usual) - HIDDEN
    shown = (n for n in others if not edge_contributions.measures(n) and baselines.kind_of(n) is None)
    return (*usual, *sorted(shown))


def text(metric: Metric, value: float) -> str:
    """A value as people read it: 93.4 %, or four significant figures."""
    if metric.percent:
        return percent(value)
    if metric.name == "memory":
        return size(value)
    return number(value, ".2e" if value and not 1e-3 <= abs(value) < 1e5 else ".4g")
