"""Weight comparison: distances, drift, maps and histograms, without holding all weights at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec.structs import replace

from hhstudio.core.analysis import geometry, weight_statistics
from hhstudio.core.analysis import questions as q
from hhstudio.core.analysis.answers import Distances, Drift, Histograms, LayerHistory, Point, VectorMap
from hhstudio.core.analysis.registry import answers
from hhstudio.core.analysis.vector_map import vector_map
from hhstudio.core.errors import SessionError
from hhstudio.service.analysis.level_snapshots import level_histograms
from hhstudio.service.analysis.model_session import ModelSession
from hhstudio.store.session.session import Session
from hhstudio.store.session.snapshots import Snapshots

WHOLE = "whole solver"
"""In place of a layer's name: all of them."""

BLOCK = 32 << 20
"""Bytes of float64 that are compared at once, about."""

Key = tuple[str, int]


def conditions(session: Session, path: str | None = None) -> list[Key]:
    """Conditions whose weights are kept, in the order of paths and tasks; of one path only if given."""
    order = {name: at for at, name in enumerate(session.paths)}
    available = [key for key in session.available() if path in (None, key[0])]
    return sorted(available, key=lambda key: (order.get(key[0], len(order)), key[1]))


@answers(q.Distances)
def distances(session: Session, metric: geometry.Metric, path: str | None) -> Distances:
    """Layers are the tensors that all conditions have in the same shape."""
    keys = _some(session, conditions(session, path), path)
    layers, products = _grams(session, keys)
    return _matrices(metric, [_title(session, key) for key in keys], layers, products)


@answers(q.WeightMap)
def weight_map(session: Session, path: str | None, nearby: bool, step: int | None) -> VectorMap:
    """Of the layers that all conditions have."""
    if step is not None:
        return _weight_map_at(session, path, nearby, step)
    keys = _some(session, conditions(session, path), path)
    products = np.sum(_grams(session, keys)[1], axis=0)
    return vector_map("generated weights", [_title(session, key) for key in keys], products, nearby)


def _weight_map_at(session: Session, path: str | None, nearby: bool, step: int) -> VectorMap:
    latest: list[tuple[Key, Snapshots, int]] = []
    for key, steps in session.snapshot_steps().items():
        at = int(np.searchsorted(steps, step, side="right")) - 1
        if at >= 0 and path in (None, key[0]):
            latest.append((key, session.snapshots(*key), at))
    if not latest:
        raise SessionError(f"{session.path}: no weights were kept up to step {step}")
    order = {key: at for at, key in enumerate(conditions(session))}
    latest.sort(key=lambda one: order.get(one[0], len(order)))
    names = set(latest[0][1].names).intersection(*(snapshots.names for _, snapshots, _ in latest))
    products = np.zeros((len(latest), len(latest)))
    for name in names:
        rows = [snapshots.tensor(at, name) for _, snapshots, at in latest]
        if all(row.shape == rows[0].shape for row in rows):
            products += geometry.gram_of(_pieces(rows), len(rows))
    points = [replace(_title(session, key), step=int(own.steps[at])) for key, own, at in latest]
    return vector_map("generated weights", points, products, nearby)


@answers(q.DistancesInTime)
def distances_in_time(
    session: Session, path: str, task: int, metric: geometry.Metric, most: int
) -> Distances:
    """Of the snapshots of a condition and, last, its weights at the end."""
    moments = Moments(session, path, task)
    chosen = np.unique(np.linspace(0, len(moments) - 1, min(max(2, most), len(moments))).round().astype(int))
    products = [
        geometry.gram_of(_pieces([np.asarray(moments.tensor(at, name)) for at in chosen]), len(chosen))
        for name in moments.names
    ]
    points = [
        Point(title=f"step {step}", path=path, task=task, step=step)
        for step in moments.steps[chosen].tolist()
    ]
    return _matrices(metric, points, moments.names, products)


@answers(q.Drift)
def drift(session: Session, path: str | None) -> Drift:
    """Every condition's weights now against those just after it was learned."""
    learned = {(m.path, m.task): m.stop for m in session.history.marks if m.stop is not None}
    drifted: list[tuple[Key, int, dict[str, float]]] = []
    for key in conditions(session, path):
        step = learned.get(key)
        moments = session.snapshots(*key)
        at = np.flatnonzero(moments.steps == step) if step is not None else np.empty(0, int)
        if step is not None and at.size:
            drifted.append((key, step, _change(session, key, moments, int(at[-1]))))
    if not drifted:
        raise SessionError(
            f"{session.path}: no weights were kept as they were just after learning (recording.at_task_ends)"
        )
    layers = list(dict.fromkeys(name for _, _, change in drifted for name in change))
    return Drift(
        points=tuple(_title(session, key) for key, _, _ in drifted),
        layers=tuple(layers),
        change=np.array([[change.get(name, np.nan) for name in layers] for _, _, change in drifted]),
        then=np.array([step for _, step, _ in drifted], np.int64),
        lost=np.array([_lost(session, key) for key, _, _ in drifted]),
    )


@answers(q.Histograms)
def histograms(
    session: ModelSession, path: str, task: int, layers: Sequence[str], bins: int, level: int
) -> Histograms:
    """Of the solver's tensors as they are kept, or of a generated hypernetwork's by their digests."""
    if level >= 0:
        return level_histograms(session, path, task, layers, bins, level)
    moments = Moments(session, path, task)
    unknown = set(layers) - set(moments.names)
    if unknown:
        raise SessionError(f"{session.path}: {path}, task {task} has no tensor {sorted(unknown)[0]!r}")
    histories = tuple(_layer_history(moments, name, bins) for name in layers or moments.names)
    return Histograms(path=path, task=task, steps=moments.steps, layers=histories)


class Moments:
    """A condition's weights through time: its snapshots, then what was kept at the end.

    ``steps``: (N,). Raises SessionError where there is nothing.
    """

    def __init__(self, session: Session, path: str, task: int) -> None:
        self._session, self._path, self._task = session, path, task
        self._snapshots = session.snapshots(path, task)
        steps = self._snapshots.steps
        self._kept = (path, task) in session.available()
        if self._kept:
            steps = np.append(steps, session.history.weights[path, task])
        if not len(steps):
            raise SessionError(f"{session.path}: no weights of {path}, task {task} are kept in this session")
        self.steps: np.ndarray = steps.astype(np.int64)
        self.names: tuple[str, ...] = (
            session.tensor_names(path, task) if self._kept else self._snapshots.names
        )

    def __len__(self) -> int:
        return len(self.steps)

    def tensor(self, at: int, name: str) -> np.ndarray:
        """At moment number ``at``."""
        if at < len(self._snapshots):
            return self._snapshots.tensor(at, name)
        return self._session.tensor(self._path, self._task, name)

    def blocks(self, name: str) -> Iterator[tuple[int, np.ndarray]]:
        """(first moment, (rows, size) values) of a tensor, several moments at once where it is small."""
        for start, block in self._snapshots.blocks(name, BLOCK // 8):
            yield start, block.reshape(len(block), -1)
        if self._kept:
            yield len(self._snapshots), self.tensor(len(self._snapshots), name).reshape(1, -1)


def _layer_history(moments: Moments, name: str, bins: int) -> LayerHistory:
    ends = [weight_statistics.ends(block) for _, block in moments.blocks(name)]
    edges = weight_statistics.common_edges(min(low for low, _ in ends), max(high for _, high in ends), bins)
    parts = [weight_statistics.rows_in_figures(block, edges) for _, block in moments.blocks(name)]
    counts, spans, mean, std, norm = (np.concatenate(part) for part in zip(*parts, strict=True))
    return LayerHistory(
        name=name, edges=edges, counts=counts, quantiles=spans, mean=mean, std=std, norm=norm
    )  # fmt: skip


def _some(session: Session, keys: list[Key], path: str | None) -> list[Key]:
    if not keys:
        where = f" of {path}" if path is not None else ""
        raise SessionError(f"{session.path}: no weights{where} are kept in this session yet")
    return keys


def _grams(session: Session, keys: Sequence[Key]) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """The tensors that all conditions have in the same shape, and the scalar products of each."""
    names = [session.tensor_names(*key) for key in keys]
    shared = set(names[0]).intersection(*names[1:])
    layers, products = [], []
    for name in names[0]:
        rows = [session.tensor(*key, name) for key in keys] if name in shared else []
        if rows and all(row.shape == rows[0].shape for row in rows):
            layers.append(name)
            products.append(geometry.gram_of(_pieces(rows), len(rows)))
    if not layers:
        raise SessionError(f"{session.path}: its solvers have no layer of the same shape in common")
    return tuple(layers), products


def _pieces(rows: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    """(N, piece) float64 of N arrays alike, in pieces that fit into memory."""
    flat = [row.ravel() for row in rows]
    width = max(1, BLOCK // (8 * len(flat)))
    for start in range(0, flat[0].size, width):
        yield np.stack([row[start : start + width].astype(np.float64) for row in flat])


def _matrices(
    metric: geometry.Metric, points: Sequence[Point], layers: Sequence[str], products: Sequence[np.ndarray]
) -> Distances:
    every = [np.sum(products, axis=0), *products]
    return Distances(
        metric=metric,
        points=tuple(points),
        layers=(WHOLE, *layers),
        matrices=np.stack([geometry.distances(product, metric) for product in every]),
    )


def _change(session: Session, key: Key, then: Snapshots, at: int) -> dict[str, float]:
    """|now - then| / |then|, the whole first. What was kept in half precision is compared in that."""
    changes, apart, length = {WHOLE: 0.0}, 0.0, 0.0
    for name in then.names:
        before = then.tensor(at, name)
        now = session.tensor(*key, name).astype(before.dtype)
        if now.shape == before.shape:
            changes[name] = geometry.relative_change(now, before)
            apart += float(np.sum((now.astype(np.float64) - before) ** 2))
            length += float(np.sum(before.astype(np.float64) ** 2))
    changes[WHOLE] = float(np.sqrt(apart / length)) if length else 0.0
    return changes


def _lost(session: Session, key: Key) -> float:
    """Accuracy just after learning, less accuracy at the last row of the path's matrix."""
    matrix = session.history.accuracy.get(key[0])
    if matrix is None or key[1] >= len(matrix):
        return float("nan")
    column = matrix[:, key[1]]
    rows = np.flatnonzero(~np.isnan(column))
    return float(column[key[1]] - column[rows[-1]]) if rows.size else float("nan")


def _title(session: Session, key: Key) -> Point:
    path, task = key
    name = session.tasks[task].name if task < len(session.tasks) else f"task {task + 1}"
    return Point(title=f"{path} · {name}", path=path, task=task)
