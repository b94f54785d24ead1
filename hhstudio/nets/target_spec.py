"""Target spec: the ordered tensors of a target, with their roles and wanted scales.

A hypernetwork writes its target's weights as one flat row of numbers; a :class:`TargetSpec` says which
numbers belong to which tensor, and how large they should be when training begins.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

Role = Literal["weight", "bias", "scale", "embedding"]

BIAS_SIGMA = 0.02
"""Wanted standard deviation of biases and of norm scales around 1: small, so that fan-in rules hold."""

_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


@dataclass(frozen=True)
class TensorSpec:
    """One tensor of a target.

    Attributes
    ----------
    name : str
    shape : tuple of int
    role : {"weight", "bias", "scale", "embedding"}
    fan_in : int
        Inputs of one output; 1 where that has no meaning.
    sigma, mean : float
        Wanted standard deviation and mean of its numbers when training begins.
    """

    name: str
    shape: tuple[int, ...]
    role: Role
    fan_in: int
    sigma: float
    mean: float = 0.0

    @property
    def size(self) -> int:
        """Numbers in the tensor."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class TargetSpec:
    """Tensors of a target, in the order in which they stand in a flat row of :attr:`size` numbers.

    Attributes
    ----------
    tensors : tuple of TensorSpec
    """

    tensors: tuple[TensorSpec, ...]

    @cached_property
    def size(self) -> int:
        """Numbers in the flat row."""
        return sum(t.size for t in self.tensors)

    @cached_property
    def kind(self) -> str:
        """Digest of names and shapes: the same text for all targets that are built alike."""
        text = repr([(t.name, t.shape) for t in self.tensors])
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Place in the flat row at which each tensor begins."""
        offsets, at = [], 0
        for tensor in self.tensors:
            offsets.append(at)
            at += tensor.size
        return tuple(offsets)

    def sigma(self) -> Tensor:
        """Wanted standard deviation of every number.

        Returns
        -------
        Tensor, shape (size,), float64
        """
        return torch.cat([torch.full((t.size,), t.sigma, dtype=torch.float64) for t in self.tensors])

    def mean(self) -> Tensor:
        """Wanted mean of every number.

        Returns
        -------
        Tensor, shape (size,), float64
        """
        return torch.cat([torch.full((t.size,), t.mean, dtype=torch.float64) for t in self.tensors])

    def split(self, flat: Tensor) -> dict[str, Tensor]:
        """Tensors of flat rows.

        Parameters
        ----------
        flat : Tensor, shape (..., size)

        Returns
        -------
        dict of str to Tensor
            Views of ``flat``, each (..., *shape), by name.
        """
        parts = flat.split([t.size for t in self.tensors], dim=-1)
        lead = flat.shape[:-1]
        return {t.name: part.view((*lead, *t.shape)) for t, part in zip(self.tensors, parts, strict=True)}

    def join(self, tensors: Mapping[str, Tensor]) -> Tensor:
        """Flat row of tensors: the exact inverse of :meth:`split` without leading dimensions.

        Parameters
        ----------
        tensors : mapping of str to Tensor
            All of the spec's, by name.

        Returns
        -------
        Tensor, shape (size,)
        """
        return torch.cat([tensors[t.name].reshape(-1) for t in self.tensors])

    @classmethod
    def of_module(cls, module: nn.Module) -> TargetSpec:
        """Spec of the trainable tensors of any module, with He scale by fan-in.

        The last weight maps to the output and gets scale 1/sqrt(fan-in), so that logits begin at unit scale.

        Parameters
        ----------
        module : nn.Module

        Returns
        -------
        TargetSpec

        References
        ----------
        He et al. 2015, Delving deep into rectifiers, eq. 10.
        """
        owners = {
            f"{prefix}.{name}" if prefix else name: owner
            for prefix, owner in module.named_modules()
            for name, _ in owner.named_parameters(recurse=False)
        }
        named = [(name, tensor) for name, tensor in module.named_parameters() if tensor.requires_grad]
        last = max((i for i, (_, t) in enumerate(named) if t.dim() > 1), default=-1)
        return cls(tuple(_describe(n, t, owners[n], i == last) for i, (n, t) in enumerate(named)))


def _constant(name: str, tensor: Tensor) -> float:
    """The one number that a constructor put into a whole vector (a learned temperature, a layer's scale); 0
    where it put several there, and for biases."""
    numbers = tensor.detach().flatten()
    if name.rpartition(".")[2] == "bias" or len(numbers.unique()) != 1:
        return 0.0
    value = float(numbers[0])
    return value if math.isfinite(value) else 0.0


def _describe(name: str, tensor: Tensor, owner: nn.Module, last: bool) -> TensorSpec:
    shape = tuple(tensor.shape)
    if isinstance(owner, _NORMS) and name.endswith("weight"):
        return TensorSpec(name, shape, "scale", 1, BIAS_SIGMA, 1.0)
    if isinstance(owner, nn.Embedding):
        return TensorSpec(name, shape, "embedding", 1, 1.0)
    if tensor.dim() < 2:
        return TensorSpec(name, shape, "bias", 1, BIAS_SIGMA, _constant(name, tensor))
    transposed = isinstance(owner, nn.modules.conv._ConvTransposeNd)
    fan_in = math.prod(shape[2:]) * shape[0 if transposed else 1]
    return TensorSpec(name, shape, "weight", fan_in, math.sqrt((1.0 if last else 2.0) / fan_in))
