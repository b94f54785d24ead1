"""Random numbers keyed by purpose: each draw depends on the run's seed, on its purpose, and on nothing else.

Every stored tensor is drawn from its own stream, keyed by the run's seed and the tensor's name: growing
the tree, or learning tasks in another order, leaves every other draw as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import random
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from hhstudio.nets.target_spec import TensorSpec


def derived_seed(seed: int, *purpose: object) -> int:
    """Seed for one purpose of a run.

    Parameters
    ----------
    seed : int
        The run's.
    *purpose : object
        Told apart by their texts.

    Returns
    -------
    int
        0 to 2**63 - 1, the same on every machine.
    """
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def normal(seed: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Standard normal numbers for the tensor of that name, drawn on the CPU.

    Parameters
    ----------
    seed : int
        The run's.
    name : str
    shape : tuple of int

    Returns
    -------
    Tensor of that shape, float64
    """
    source = torch.Generator().manual_seed(derived_seed(seed, name))
    return torch.randn(shape, generator=source, dtype=torch.float64)


def solver_seed(seed: int, solver: str) -> int:
    """Seed of what a solver's constructor draws: buffers, and parameters that are not generated.

    Parameters
    ----------
    seed : int
        The run's.
    solver : str
        Id of the solver in the tree.

    Returns
    -------
    int
    """
    return derived_seed(seed, "solver", solver)


@contextlib.contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Draw from a seed, with whichever library, and leave no trace (context manager).

    For code that is not ours and draws from global generators: constructors of solvers, above all.

    Parameters
    ----------
    seed : int
    """
    source = torch.default_generator
    before = source.get_state(), random.getstate(), np.random.get_state()
    source.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)
    try:
        yield
    finally:
        source.set_state(before[0])
        random.setstate(before[1])
        np.random.set_state(before[2])


def glorot(tensor: TensorSpec) -> float:
    """Standard deviation with which a stored weight begins; biases begin at zero.

    The original design's start, for a root whose output is used as weights directly: its wide last layer
    then generates small numbers.

    Parameters
    ----------
    tensor : TensorSpec

    Returns
    -------
    float

    References
    ----------
    Glorot & Bengio 2010, eq. 16 (its variance, for a normal distribution).
    """
    if tensor.role != "weight":
        return 0.0
    outputs, inputs = tensor.shape
    return math.sqrt(2.0 / (inputs + outputs))
