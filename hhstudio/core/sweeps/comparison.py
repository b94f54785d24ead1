"""Comparison of sessions: settings in which they differ, how good each is, and means over seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import msgspec
import numpy as np

from hhstudio.core.run import continual
from hhstudio.core.run.history import History, SeriesKey
from hhstudio.core.spec.spec import Spec
from hhstudio.core.statistics import Estimate
from hhstudio.core.tree.topology import Topology

MEASURES: dict[str, str] = {
    "average": "ACC",
    "backward_transfer": "BWT",
    "forward_transfer": "FWT",
    "forgetting": "Forgetting",
    "through_other_paths": "Other paths",
    "end_average": "End",
}
"""Measures of a path, and their names; definitions in continual.DEFINITIONS."""

ALL_PATHS = ""
"""In place of a path's name: the mean over all paths of a session."""

MISSING = "–"
"""Shown for a setting that a session's spec does not have."""

_UNSEEN = {"format", "version", "name", "notes", "topology"}

Curve = tuple[np.ndarray, np.ndarray]
"""Steps (int64) and values (float64), of equal length."""


@dataclass(frozen=True)
class ComparisonEntry:
    """ComparisonEntry of a session in a comparison.

    ``key``: its file. ``state`` as in the file, or waiting | running. ``stored``:
    numbers that the whole tree stores. ``curves``: only the metrics that were asked for.
    """

    key: str
    name: str
    spec: Spec
    state: str
    message: str = ""
    device: str = ""
    created: str = ""
    step: int = 0
    total_steps: int = 0
    seconds: float = 0.0
    tasks: tuple[str, ...] = ()
    depths: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, continual.Summary] = field(default_factory=dict)
    stored: int | None = None
    curves: Mapping[SeriesKey, Curve] = field(default_factory=dict)

    @cached_property
    def settings(self) -> dict[str, Any]:
        return settings_of(self.spec)

    @cached_property
    def comparable(self) -> dict[str, Any]:
        """The settings as hashable values, 1 and 1.0 and true told apart."""
        return {name: _hashable(value) for name, value in self.settings.items()}

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(self.figures)

    def figure(self, path: str, measure: str = "average") -> float | None:
        """One of :data:`MEASURES`, as a share of 1; None where it is not known. Path :data:`ALL_PATHS`:
        the mean over the paths, known when it is known for every path."""
        if path != ALL_PATHS:
            summary = self.figures.get(path)
            return None if summary is None else getattr(summary, measure)
        values = [getattr(summary, measure) for summary in self.figures.values()]
        measured = [value for value in values if value is not None]
        with np.errstate(all="ignore"):
            return float(np.mean(measured)) if measured and len(measured) == len(values) else None


def comparison_entry(
    key: str, history: History, state: str, metrics: Collection[str] = ()
) -> ComparisonEntry:
    """ComparisonEntry of a history, with the curves of ``metrics``. The history has a run and a spec."""
    run, spec = history.run, history.spec
    assert run is not None
    assert spec is not None
    topology = history.topology or spec.topology
    return ComparisonEntry(
        key=key,
        name=spec.name,
        spec=spec,
        state=state,
        message=history.end.message if history.end else "",
        device=run.device,
        created=run.created,
        step=history.step,
        total_steps=history.total_steps,
        seconds=history.seconds,
        tasks=tuple(task.name for task in history.tasks),
        depths={path.name: path.depth for path in topology.paths},
        figures={path: history.summary(path) for path in history.paths},
        stored=next((count.stored for count in history.parameters if not count.path), None),
        curves={
            key: (series.steps.copy(), series.values.copy())
            for key, series in history.series.items()
            if key[2] in metrics and len(series)
        },
    )


def settings_of(spec: Spec) -> dict[str, Any]:
    """Every setting by dotted name, in the spec's order; of the tree its ``depth`` (of the deepest path),
    its ``paths``, and a short hash ``tree`` of everything in it but where its nodes stand."""
    settings: dict[str, Any] = {"seed": spec.seed}
    paths = spec.topology.paths
    settings["depth"] = max((path.depth for path in paths), default=0)
    settings["paths"] = ", ".join(path.name for path in paths)
    settings["tree"] = _fingerprint(spec.topology)
    tree = msgspec.to_builtins(spec)
    _flatten({name: value for name, value in tree.items() if name not in _UNSEEN}, "", settings)
    return settings


def differing(entries: Sequence[ComparisonEntry]) -> list[str]:
    """Settings that not all entries agree on. Of a tree, only what the others of its settings do not tell."""
    fields = list(dict.fromkeys(name for entry in entries for name in entry.settings))
    differing = [name for name in fields if len({entry.comparable.get(name) for entry in entries}) > 1]
    for derived in ("tree", "paths"):
        others = [name for name in differing if name != derived and (derived == "tree" or name != "tree")]
        if derived in differing and _determined(derived, others, entries):
            differing.remove(derived)
    return differing


class Group(NamedTuple):
    """Entries that agree in everything but what is averaged over. ``settings``: those that differ between
    groups, by name."""

    settings: dict[str, Any]
    entries: tuple[ComparisonEntry, ...]

    def estimate(self, path: str, measure: str = "average") -> Estimate | None:
        """Over the entries where the figure is known."""
        values = [entry.figure(path, measure) for entry in self.entries]
        measured = [value for value in values if value is not None]
        return Estimate.of(measured) if measured else None


def groups(entries: Sequence[ComparisonEntry], over: Collection[str] = ("seed",)) -> list[Group]:
    """Entries that differ only in ``over``, together, in the order in which they are first met."""
    differ = [name for name in differing(entries) if name not in over]
    members_by_key: dict[tuple[Any, ...], list[ComparisonEntry]] = {}
    for entry in entries:
        key = tuple(entry.comparable.get(name) for name in differ)
        members_by_key.setdefault(key, []).append(entry)
    return [
        Group({name: members[0].settings.get(name, MISSING) for name in differ}, tuple(members))
        for members in members_by_key.values()
    ]


def single(entries: Sequence[ComparisonEntry]) -> list[Group]:
    """Every entry a group of its own, with all settings in which they differ."""
    differ = differing(entries)
    return [Group({name: e.settings.get(name, MISSING) for name in differ}, (e,)) for e in entries]


def joined(entry: ComparisonEntry, path: str, metric: str, task: int | None = None) -> Curve | None:
    """A metric of a path (or of :data:`ALL_PATHS`) as one curve: of one task, or (None) the mean at each
    step over the tasks that were measured at it. None where nothing was recorded."""
    wanted = [
        curve
        for (its_path, its_task, name), curve in entry.curves.items()
        if name == metric and path in (its_path, ALL_PATHS) and (task is None or its_task == task)
    ]
    if not wanted:
        return None
    if len(wanted) == 1:
        return wanted[0]
    steps = np.concatenate([steps for steps, _ in wanted])
    values = np.concatenate([values for _, values in wanted])
    measured = ~np.isnan(values)
    at, place = np.unique(steps[measured], return_inverse=True)
    counts = np.bincount(place, minlength=len(at))
    with np.errstate(all="ignore"):
        return at, np.bincount(place, weights=values[measured], minlength=len(at)) / np.maximum(counts, 1)


class MeanCurve(NamedTuple):
    """Mean over runs and its standard error at the steps that *all* runs have: nothing is interpolated,
    and no run drops out on the way. ``error`` is None for a single run."""

    steps: np.ndarray
    mean: np.ndarray
    error: np.ndarray | None
    runs: int


def mean_curve(curves: Sequence[Curve]) -> MeanCurve | None:
    """None without curves, or where no step is common to all."""
    if not curves:
        return None
    last = [_last_at_each_step(curve) for curve in curves]
    steps = last[0][0]
    for other, _ in last[1:]:
        steps = np.intersect1d(steps, other, assume_unique=True)
    if not len(steps):
        return None
    values = np.stack([value[np.searchsorted(its, steps)] for its, value in last])
    n = len(values)
    with np.errstate(all="ignore"):  # where a run's numbers went wrong, so do the mean and its error
        error = values.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else None
        return MeanCurve(steps, values.mean(axis=0), error, n)


def _last_at_each_step(curve: Curve) -> Curve:
    steps, values = curve
    last = np.append(steps[1:] != steps[:-1], True) if len(steps) else np.empty(0, bool)
    return steps[last], values[last]


def _flatten(tree: Mapping[str, Any], prefix: str, settings: dict[str, Any]) -> None:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            _flatten(value, f"{prefix}{name}.", settings)
        else:
            settings.setdefault(f"{prefix}{name}", value)


def _fingerprint(topology: Topology) -> str:
    plain = msgspec.to_builtins(topology)
    for node in plain.get("nodes", ()):
        node.pop("position", None)
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:6]


def _determined(name: str, others: Iterable[str], entries: Sequence[ComparisonEntry]) -> bool:
    """Whether one of the other settings determines this one."""
    for other in others:
        values_by_other: dict[Any, set[Any]] = {}
        for entry in entries:
            values_by_other.setdefault(entry.comparable.get(other), set()).add(entry.comparable.get(name))
        if all(len(values) == 1 for values in values_by_other.values()) and len(values_by_other) < len(
            entries
        ):
            return True
    return False


def _hashable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return tuple((name, _hashable(each)) for name, each in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else (type(value).__name__, value)
