"""What is kept beside a snapshot: every embedding as it was, and what the generated hypernetworks look like.

Snapshots hold the solver's weights. The networks between root and solver are not kept (they are as large
again); their tensors' distributions are, in a hundred numbers each.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from hhstudio.core.analysis.weight_statistics import digest
from hhstudio.learn.training.learner import Learner
from hhstudio.nets.hierarchy import Condition

EMBEDDINGS = ("task/", "slot/", "code/")
"""Stored tensors that every snapshot keeps; chunk codes of one condition alone come with its own."""
LEVEL = "level/"
"""Before a level's number (0: what the root generates) and a tensor's name."""


@torch.no_grad()
def aside(learner: Learner, condition: Condition) -> dict[str, np.ndarray]:
    """float32 arrays by name: embeddings under the names that :class:`hhstudio.nets.hierarchy.Hierarchy`
    stores them by, ``level/NUMBER/TENSOR`` digests (:func:`hhstudio.core.analysis.weight_statistics.digest`)
    of what is generated on the way to the condition's solver."""
    stored = learner.hierarchy.stored
    own = set(learner.hierarchy.embeddings_of(condition))
    found = {
        name: _array(value) for name, value in stored.items() if name.startswith(EMBEDDINGS) or name in own
    }
    for level, tensor, values in generated(learner, condition):
        found[f"{LEVEL}{level}/{tensor}"] = digest(values)
    return found


@torch.no_grad()
def generated(learner: Learner, condition: Condition) -> Iterator[tuple[int, str, np.ndarray]]:
    """(level, tensor, values) of every generated hypernetwork of a condition's chain, the solver left out."""
    chain = learner.hierarchy.tree.chains[condition.solver]
    if chain.depth < 2:
        return
    with learner.products():
        made = learner.hierarchy.generate([condition])[condition.solver]
    for level, edge in enumerate(chain.edges[:-1]):
        for name, values in edge.spec.split(made.levels[level][0]).items():
            yield level, name, _array(values)


def _array(value: torch.Tensor) -> np.ndarray:
    return value.detach().float().cpu().numpy()
