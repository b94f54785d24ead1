"""The embeddings of a tree: of tasks, slots and chunks, as maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis.answers import EmbeddingGroup, Embeddings, Point
from hhstudio.core.analysis.vector_map import vector_map
from hhstudio.learn.analysis.loaded_model import Bench
from hhstudio.nets.build import Contribution, Edge

MOST = 256
"""Chunk embeddings that are shown of one contribution; of more, as many evenly spaced ones."""


Stored = Mapping[str, np.ndarray]
"""Embeddings under the names that a hierarchy stores them by."""


def embeddings(
    bench: Bench, nearby: bool = False, recorded: Stored | None = None, step: int | None = None
) -> Embeddings:
    """All of them: task embeddings by hypernetwork, slot embeddings, chunk embeddings; as they are now, or as
    they were ``recorded`` at a ``step``.

    With ``hypernetwork.task_chunks`` the chunk embeddings of each condition count as one long vector.
    ``nearby``: maps with t-SNE too.
    """
    kept = _now(bench) if recorded is None else recorded
    groups = [
        *_of_tasks(bench, kept, nearby),
        *_of_slots(bench, kept, nearby),
        *_of_chunks(bench, kept, nearby),
    ]
    return Embeddings(step=bench.step if step is None else step, groups=tuple(groups))


@torch.no_grad()
def _now(bench: Bench) -> Stored:
    kinds = ("task/", "task_code/", "slot/", "code/")
    stored = bench.hierarchy.stored
    return {name: stored[name].double().cpu().numpy() for name in stored if name.startswith(kinds)}


def _of_tasks(bench: Bench, kept: Stored, nearby: bool) -> list[EmbeddingGroup]:
    rows: dict[str, list[tuple[Point, np.ndarray]]] = {}
    for condition in bench.conditions():
        path = bench.path_of(condition)
        chain = bench.hierarchy.tree.chains[condition.solver]
        names = bench.hierarchy.embeddings_of(condition)
        point = Point(title=f"{path} · {bench.tasks[condition.task].name}", path=path, task=condition.task)
        for node, name in zip(chain.nodes, names, strict=False):
            if name in kept:
                rows.setdefault(node, []).append((point, kept[name]))
        if len(names) > len(chain.nodes) and names[-1] in kept:
            rows.setdefault(f"codes/{chain.nodes[-1]}", []).append((point, kept[names[-1]].ravel()))
    found = []
    for key, members in rows.items():
        kind, node = ("chunk", key[6:]) if key.startswith("codes/") else ("task", key)
        sizes = {len(vector) for _, vector in members}
        for size in sorted(sizes):  # solvers of different sizes have codes that cannot be compared
            kept = [(p, v) for p, v in members if len(v) == size]
            found.append(_group(bench, kind, node, [p for p, _ in kept], [v for _, v in kept], nearby))
    return found


def _of_slots(bench: Bench, kept: Stored, nearby: bool) -> list[EmbeddingGroup]:
    rows: dict[str, list[tuple[Point, np.ndarray]]] = {}
    for edge, contribution in _contributions(bench):
        point = Point(title=_title(bench, edge, contribution), path=_path_below(bench, edge))
        vector = kept.get(f"slot/{contribution.key}")
        if vector is not None:
            rows.setdefault(contribution.node, []).append((point, vector))
    return [
        _group(bench, "slot", node, [p for p, _ in members], [v for _, v in members], nearby)
        for node, members in rows.items()
    ]


def _of_chunks(bench: Bench, kept: Stored, nearby: bool) -> list[EmbeddingGroup]:
    found = []
    for edge, contribution in _contributions(bench):
        codes = kept.get(f"code/{contribution.key}")
        if codes is None:
            continue
        chosen = np.unique(np.linspace(0, len(codes) - 1, min(MOST, len(codes))).round().astype(int))
        title, path = _title(bench, edge, contribution), _path_below(bench, edge)
        points = [
            Point(title=f"{title}, chunk {number + 1}", path=path, number=number)
            for number in chosen.tolist()
        ]
        found.append(_group(bench, "chunk", contribution.node, points, list(codes[chosen]), nearby))
    return found


def _group(
    bench: Bench, kind: str, node: str, points: list[Point], vectors: list[np.ndarray], nearby: bool
) -> EmbeddingGroup:
    name, wide = bench.node_name(node), np.stack(vectors).astype(float)
    title = f"{kind} embeddings of {name}"
    return EmbeddingGroup(
        kind=kind,
        node=name,
        level=_level(bench, node),
        vectors=wide,
        map=vector_map(title, points, geometry.gram(wide), nearby),
    )


def _contributions(bench: Bench) -> list[tuple[Edge, Contribution]]:
    return [(edge, c) for edge in bench.hierarchy.tree.edges.values() for c in edge.contributions]


def _level(bench: Bench, node: str) -> int:
    chains = bench.hierarchy.tree.chains.values()
    return next((chain.nodes.index(node) for chain in chains if node in chain.nodes), 0)


def _path_below(bench: Bench, edge: Edge) -> str:
    """The path that an edge belongs to alone, "" where several pass through it."""
    passing = [path for path in bench.paths if edge in bench.chain(path).edges]
    return passing[0] if len(passing) == 1 else ""


def _title(bench: Bench, edge: Edge, contribution: Contribution) -> str:
    residual = " (residual)" if contribution.node != edge.source else ""
    return f"{bench.node_name(contribution.node)} → {bench.node_name(edge.target)}{residual}"
