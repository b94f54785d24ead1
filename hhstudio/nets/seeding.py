"""Random numbers keyed by purpose: each draw depends on the run's seed, on its purpose, and on nothing else.

Every stored tensor is drawn from its own stream, keyed by the run's seed and the tensor's name: growing
the tree, or learning tasks in another order, leaves every other draw as it was.
"""

from __future__ import annotations

import hashlib
import math

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
