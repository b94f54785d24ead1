"""Embeddings of tasks, slots and chunks, as maps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from hhstudio.core.analysis import geometry
from hhstudio.core.analysis.answers import EmbeddingGroup, Embeddings, Point
from hhstudio.core.analysis.vector_map import vector_map
from hhstudio.learn.analysis.loaded_model import LoadedModel
from hhstudio.nets.build import Contribution, Edge
from hhstudio.nets.stored import EMBEDDINGS, chunk_name, slot_name

MOST = 256
"""Chunk embeddings that are shown of one contribution; of more, as many evenly spaced ones."""


Stored = Mapping[str, np.ndarray]
"""Embeddings under the names that a hierarchy stores them by."""


def embeddings(
    model: LoadedModel, nearby: bool = False, recorded: Stored | None = None, step: int | None = None
) -> Embeddings:
    """Task embeddings by hypernetwork, slot embeddings, chunk embeddings.

    With ``hypernetwork.task_chunks`` the chunk embeddings of each condition count as one long vector.

    Parameters
    ----------
    model : LoadedModel
    nearby : bool
        Maps by t-SNE too.
    recorded : mapping of str to ndarray, or None
        Embeddings as they were, by the names under which a hierarchy stores them; None: as they are.
    step : int or None
        When ``recorded`` was recorded.
    """
    stored = _now(model) if recorded is None else recorded
    groups = [
        *_of_tasks(model, stored, nearby),
        *_of_slots(model, stored, nearby),
        *_of_chunks(model, stored, nearby),
    ]
    return Embeddings(step=model.step if step is None else step, groups=tuple(groups))


@torch.no_grad()
def _now(model: LoadedModel) -> Stored:
    stored = model.hierarchy.stored
    return {name: stored[name].double().cpu().numpy() for name in stored.named(*EMBEDDINGS)}


def _of_tasks(model: LoadedModel, stored: Stored, nearby: bool) -> list[EmbeddingGroup]:
    rows: dict[str, list[tuple[Point, np.ndarray]]] = {}
    for condition in model.conditions():
        path = model.path_of(condition)
        chain = model.hierarchy.tree.chains[condition.solver]
        names = model.hierarchy.embeddings_of(condition)
        point = Point(title=f"{path} · {model.tasks[condition.task].name}", path=path, task=condition.task)
        for node, name in zip(chain.nodes, names, strict=False):
            if name in stored:
                rows.setdefault(node, []).append((point, stored[name]))
        if len(names) > len(chain.nodes) and names[-1] in stored:
            rows.setdefault(f"codes/{chain.nodes[-1]}", []).append((point, stored[names[-1]].ravel()))
    groups = []
    for key, members in rows.items():
        kind, node = ("chunk", key[6:]) if key.startswith("codes/") else ("task", key)
        sizes = {len(vector) for _, vector in members}
        for size in sorted(sizes):  # solvers of different sizes have codes that cannot be compared
            alike = [(p, v) for p, v in members if len(v) == size]
            groups.append(_group(model, kind, node, [p for p, _ in alike], [v for _, v in alike], nearby))
    return groups


def _of_slots(model: LoadedModel, stored: Stored, nearby: bool) -> list[EmbeddingGroup]:
    rows: dict[str, list[tuple[Point, np.ndarray]]] = {}
    for edge, contribution in _contributions(model):
        point = Point(title=_title(model, edge, contribution), path=_path_below(model, edge))
        vector = stored.get(slot_name(contribution.key))
        if vector is not None:
            rows.setdefault(contribution.node, []).append((point, vector))
    return [
        _group(model, "slot", node, [p for p, _ in members], [v for _, v in members], nearby)
        for node, members in rows.items()
    ]


def _of_chunks(model: LoadedModel, stored: Stored, nearby: bool) -> list[EmbeddingGroup]:
    groups = []
    for edge, contribution in _contributions(model):
        codes = stored.get(chunk_name(contribution.key))
        if codes is None:
            continue
        chosen = np.unique(np.linspace(0, len(codes) - 1, min(MOST, len(codes))).round().astype(int))
        title, path = _title(model, edge, contribution), _path_below(model, edge)
        points = [
            Point(title=f"{title}, chunk {number + 1}", path=path, number=number)
            for number in chosen.tolist()
        ]
        groups.append(_group(model, "chunk", contribution.node, points, list(codes[chosen]), nearby))
    return groups


def _group(
    model: LoadedModel, kind: str, node: str, points: list[Point], vectors: list[np.ndarray], nearby: bool
) -> EmbeddingGroup:
    name, wide = model.node_name(node), np.stack(vectors).astype(float)
    title = f"{kind} embeddings of {name}"
    return EmbeddingGroup(
        kind=kind,
        node=name,
        level=_level(model, node),
        vectors=wide,
        map=vector_map(title, points, geometry.gram(wide), nearby),
    )


def _contributions(model: LoadedModel) -> list[tuple[Edge, Contribution]]:
    return [(edge, c) for edge in model.hierarchy.tree.edges.values() for c in edge.contributions]


def _level(model: LoadedModel, node: str) -> int:
    chains = model.hierarchy.tree.chains.values()
    return next((chain.nodes.index(node) for chain in chains if node in chain.nodes), 0)


def _path_below(model: LoadedModel, edge: Edge) -> str:
    """The path that an edge belongs to alone, "" where several pass through it."""
    passing = [path for path in model.paths if edge in model.chain(path).edges]
    return passing[0] if len(passing) == 1 else ""


def _title(model: LoadedModel, edge: Edge, contribution: Contribution) -> str:
    residual = " (residual)" if contribution.node != edge.source else ""
    return f"{model.node_name(contribution.node)} → {model.node_name(edge.target)}{residual}"
