"""Random numbers that depend on what they are for, and on nothing else.

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
    """A 63-bit seed for one purpose of a run."""
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1


def normal(seed: int, name: str, shape: tuple[int, ...]) -> Tensor:
    """Standard normal float64 numbers for the tensor of that name, drawn on the CPU."""
    source = torch.Generator().manual_seed(derived_seed(seed, name))
    return torch.randn(shape, generator=source, dtype=torch.float64)


def glorot(tensor: TensorSpec) -> float:
    """Standard deviation of a stored weight by Glorot & Bengio 2010, eq. 16; biases begin at zero.

    The original design's start, for a root whose output is used as weights directly: its wide last layer
    then generates small numbers.
    """
    if tensor.role != "weight":
        return 0.0
    outputs, inputs = tensor.shape
    return math.sqrt(2.0 / (inputs + outputs))
