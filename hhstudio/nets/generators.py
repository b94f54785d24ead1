"""Generators: networks from a condition and chunk codes to raw output.

A generator is itself a possible target of another one: it has a :class:`TargetSpec` and runs with given
weights, one set of them or a batch, which is all that recursion needs.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.nets.target_spec import BIAS_SIGMA, TargetSpec, TensorSpec

Encoding = Literal["plain", "norm", "cos_sin"]

SLOPE = 0.05
"""Negative slope of the leaky ReLU."""

ACTIVATIONS: dict[str, tuple[Callable[[Tensor], Tensor], float]] = {
    "leaky_relu": (lambda x: functional.leaky_relu(x, SLOPE), math.sqrt(2 / (1 + SLOPE**2))),
    "relu": (functional.relu, math.sqrt(2)),
    "gelu": (functional.gelu, math.sqrt(2)),
    "tanh": (torch.tanh, 5 / 3),
}
"""Function and gain: weights of standard deviation gain/sqrt(fan-in) keep the signal's scale."""


def encode(x: Tensor, encoding: Encoding) -> Tensor:
    """Encoding of a generator's input, at root mean square 1 unless ``plain``.

    A constant norm of the whole input keeps the scale of what is generated the same for every condition and
    chunk.

    Parameters
    ----------
    x : Tensor, shape (..., n)
        Embeddings, concatenated.
    encoding : {"plain", "norm", "cos_sin"}
        As it is; divided by its root mean square; cosine and sine of the embeddings squashed to [0, π/2].

    Returns
    -------
    Tensor, shape (..., n), or (..., 2n) for ``cos_sin``

    References
    ----------
    Ortiz et al. 2023, Magnitude invariant parametrizations improve hypernetwork learning (input encoding).
    """
    if encoding == "norm":
        return functional.rms_norm(x, x.shape[-1:])
    if encoding == "cos_sin":
        angle = torch.sigmoid(x) * (math.pi / 2)
        return math.sqrt(2) * torch.cat([angle.cos(), angle.sin()], -1)
    return x


@dataclass(frozen=True)
class MLPGenerator:
    """Chunked MLP: [task embedding, slot embedding, chunk code] -> one chunk.

    Attributes
    ----------
    task, slot, code : int
        Sizes of the three embeddings.
    hidden : tuple of int
        Widths of the hidden layers.
    chunk : int
        Numbers in one chunk.
    activation : str
        A key of :data:`ACTIVATIONS`.
    layer_norm : bool
        Normalise hidden activations, without weights of its own.
    encoding : {"plain", "norm", "cos_sin"}
        Of the input (:func:`encode`).
    """

    task: int
    slot: int
    code: int
    hidden: tuple[int, ...]
    chunk: int
    activation: str = "leaky_relu"
    layer_norm: bool = False
    encoding: Encoding = "norm"

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """Widths of all layers: inputs, hidden layers, chunk."""
        inputs = (self.task + self.slot + self.code) * (2 if self.encoding == "cos_sin" else 1)
        return (inputs, *self.hidden, self.chunk)

    @cached_property
    def spec(self) -> TargetSpec:
        """The generator's own tensors, ``layers.I.weight`` and ``layers.I.bias``, and their wanted scales."""
        gain = ACTIVATIONS[self.activation][1]
        tensors = []
        last = len(self.widths) - 2
        for layer, (inputs, outputs) in enumerate(itertools.pairwise(self.widths)):
            sigma = (1.0 if layer == last else gain) / math.sqrt(inputs)
            tensors.append(TensorSpec(f"layers.{layer}.weight", (outputs, inputs), "weight", inputs, sigma))
            tensors.append(TensorSpec(f"layers.{layer}.bias", (outputs,), "bias", 1, BIAS_SIGMA))
        return TargetSpec(tuple(tensors))

    def inputs(self, task: Tensor, slots: Tensor, codes: Tensor) -> Tensor:
        """Encoded inputs for B conditions and K chunks.

        Parameters
        ----------
        task : Tensor, shape (B, task)
        slots : Tensor, shape (K, slot)
        codes : Tensor, shape (K, code) or (B, K, code)

        Returns
        -------
        Tensor, shape (B, K, widths[0])
        """
        batch, rows = task.shape[0], slots.shape[0]
        parts = (
            task[:, None].expand(-1, rows, -1),
            slots.expand(batch, -1, -1),
            codes.expand(batch, -1, -1),
        )
        return encode(torch.cat(parts, -1), self.encoding)

    def hidden_activations(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """Activations of the last hidden layer.

        Parameters
        ----------
        weights : mapping of str to Tensor
            Shapes as in :attr:`spec`, or with a leading B: a generator for each condition.
        x : Tensor, shape (B, K, widths[0])

        Returns
        -------
        Tensor, shape (B, K, widths[-2])
        """
        activation = ACTIVATIONS[self.activation][0]
        for layer in range(len(self.hidden)):
            x = _affine(x, weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"])
            if self.layer_norm:
                x = functional.layer_norm(x, x.shape[-1:])
            x = activation(x)
        return x

    def run(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """Raw output, chunk by chunk.

        Parameters
        ----------
        weights : mapping of str to Tensor
            Shapes as in :attr:`spec`, or with a leading B: a generator for each condition.
        x : Tensor, shape (B, K, widths[0])
            From :meth:`inputs`.

        Returns
        -------
        Tensor, shape (B, K, chunk)
        """
        x = self.hidden_activations(weights, x)
        last = f"layers.{len(self.hidden)}"
        return _affine(x, weights[f"{last}.weight"], weights[f"{last}.bias"])


def _affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if weight.dim() == 2:
        return functional.linear(x, weight, bias)
    return torch.baddbmm(bias[:, None], x, weight.mT)
