"""The start of a task: a copy of all stored numbers, from which the weights of then are generated again.

Instead of keeping the weights of every earlier condition, whose memory grows with the conditions: the
published form, in which a penalty's targets are computed from the hypernetwork of before the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from hhstudio.nets.hierarchy import Condition, Generated, Hierarchy

LARGEST = 2**28
"""Bytes of kept weights from which a copy is taken instead, where it is smaller than a quarter of them."""


def takes_copy(reference: str, kept: int, copied: int, bytes_each: int = 4) -> bool:
    """Whether weights are compared with those of the task's start. ``kept``: numbers that all earlier
    conditions' weights are; ``copied``: numbers stored."""
    if reference == "auto":
        return kept * bytes_each > LARGEST and kept > 4 * copied
    return reference == "start"


class Start:
    """A hierarchy as it is when this is made."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._stored = {name: tensor.detach().clone() for name, tensor in hierarchy.stored.items()}

    @torch.no_grad()
    def generate(self, conditions: Iterable[Condition]) -> dict[str, Generated]:
        """What the hierarchy generated then, for conditions that it knew."""
        stored = self._hierarchy.stored
        now = {name: stored[name] for name in self._stored if name in stored}
        try:
            stored.update({name: self._stored[name] for name in now})
            return self._hierarchy.generate(conditions)
        finally:
            stored.update(now)

    @property
    def numbers(self) -> int:
        return sum(tensor.numel() for tensor in self._stored.values())

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: tensor.cpu().numpy().copy() for name, tensor in self._stored.items()}

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go back to what :meth:`arrays` gave."""
        like: Tensor = next(iter(self._stored.values()))
        self._stored = {name: torch.from_numpy(np.array(array)).to(like) for name, array in arrays.items()}
