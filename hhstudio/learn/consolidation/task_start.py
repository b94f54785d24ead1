"""Task start reference: a copy of all stored numbers, from which earlier weights are generated again.

Instead of keeping the weights of every earlier condition, whose memory grows with the conditions: the
published form, in which a penalty's targets are computed from the hypernetwork of before the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from hhstudio.nets.hierarchy import Generated, Hierarchy
from hhstudio.nets.stored import Condition

LARGEST = 2**28
"""Bytes of kept weights from which a copy is taken instead, where it is smaller than a quarter of them."""


def uses_task_start(reference: str, target_numbers: int, stored_numbers: int, itemsize: int = 4) -> bool:
    """Whether earlier weights are compared with those generated at the task's start.

    Parameters
    ----------
    reference : {"auto", "start", "learned"}
        ``consolidation.reference``.
    target_numbers : int
        Numbers in all earlier conditions' weights.
    stored_numbers : int
        Numbers that a copy of everything stored takes.
    itemsize : int
        Bytes of a number.

    Returns
    -------
    bool
    """
    if reference == "auto":
        return target_numbers * itemsize > LARGEST and target_numbers > 4 * stored_numbers
    return reference == "start"


class TaskStartReference:
    """Copy of everything stored in a hierarchy when this is made.

    Parameters
    ----------
    hierarchy : Hierarchy

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks, eq. 2 (Θ*, before the new task).
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._stored = {name: tensor.detach().clone() for name, tensor in hierarchy.stored.items()}

    @torch.no_grad()
    def generate(self, conditions: Iterable[Condition]) -> dict[str, Generated]:
        """Weights that the hierarchy generated then.

        Parameters
        ----------
        conditions : iterable of Condition
            That it knew then.

        Returns
        -------
        dict of str to Generated
            By solver id, without gradients.
        """
        stored = self._hierarchy.stored
        now = {name: stored[name] for name in self._stored if name in stored}
        try:
            stored.update({name: self._stored[name] for name in now})
            return self._hierarchy.generate(conditions)
        finally:
            stored.update(now)

    @property
    def numbers(self) -> int:
        """Numbers that are kept."""
        return sum(tensor.numel() for tensor in self._stored.values())

    def arrays(self) -> dict[str, np.ndarray]:
        """The copy, to be saved: by the names in :attr:`Hierarchy.stored`."""
        return {name: tensor.cpu().numpy().copy() for name, tensor in self._stored.items()}

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """The inverse of :meth:`arrays`.

        Parameters
        ----------
        arrays : mapping of str to ndarray
        """
        like: Tensor = next(iter(self._stored.values()))
        self._stored = {name: torch.from_numpy(np.array(array)).to(like) for name, array in arrays.items()}
