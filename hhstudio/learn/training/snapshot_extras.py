"""Snapshot extras: every embedding as it was, and digests of the generated hypernetworks.

Snapshots hold the solver's weights. The networks between root and solver are not kept (they are as large
again); their tensors' distributions are, in a hundred numbers each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from hhstudio.core.analysis.weight_statistics import digest
from hhstudio.learn.training.learner import Learner
from hhstudio.nets.stored import EMBEDDINGS, Condition

LEVEL = "level/"
"""Before a level's number (0: what the root generates) and a tensor's name."""


@torch.no_grad()
def snapshot_extras(learner: Learner, condition: Condition) -> dict[str, np.ndarray]:
    """Extras of one snapshot.

    Parameters
    ----------
    learner : Learner
    condition : Condition

    Returns
    -------
    dict of str to ndarray, float32
        Embeddings under the names that :class:`hhstudio.nets.hierarchy.Hierarchy` stores them by, and
        ``level/NUMBER/TENSOR``: digests (:func:`hhstudio.core.analysis.weight_statistics.digest`) of what is
        generated on the way to the condition's solver.
    """
    stored = learner.hierarchy.stored
    others = {c for c in learner.begun if c != condition}
    extras = {
        name: _array(stored[name])
        for name in stored.named(*EMBEDDINGS)
        # Chunk embeddings of one condition alone, which are large, come with its own snapshots.
        if stored.label(name).group == "embedding" or stored.label(name).owner not in others
    }
    for level, tensor, values in generated(learner, condition):
        extras[f"{LEVEL}{level}/{tensor}"] = digest(values)
    return extras


@torch.no_grad()
def generated(learner: Learner, condition: Condition) -> Iterator[tuple[int, str, np.ndarray]]:
    """Tensors of every generated hypernetwork of a condition's chain, the solver left out.

    Parameters
    ----------
    learner : Learner
    condition : Condition

    Yields
    ------
    level : int
        0: what the root generates.
    tensor : str
    values : ndarray, float32
    """
    chain = learner.hierarchy.tree.chains[condition.solver]
    if chain.depth < 2:
        return
    with learner.products():
        chain_weights = learner.hierarchy.generate([condition])[condition.solver]
    for level, edge in enumerate(chain.edges[:-1]):
        for name, values in edge.spec.split(chain_weights.levels[level][0]).items():
            yield level, name, _array(values)


def _array(value: torch.Tensor) -> np.ndarray:
    return value.detach().float().cpu().numpy()
