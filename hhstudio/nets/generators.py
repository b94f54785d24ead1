"""Generators: from a condition and chunk codes to raw output.

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
    """(..., n) -> (..., n), or (..., 2n) for ``cos_sin``, at root mean square 1 unless ``plain``.

    A constant norm of the whole input keeps the scale of what is generated the same for every condition
    and chunk. ``cos_sin`` is the input encoding of magnitude-invariant parametrisation (Ortiz et al. 2023)
    on embeddings squashed to [0, 1].
    """
    if encoding == "norm":
        return functional.rms_norm(x, x.shape[-1:])
    if encoding == "cos_sin":
        angle = torch.sigmoid(x) * (math.pi / 2)
        return math.sqrt(2) * torch.cat([angle.cos(), angle.sin()], -1)
    return x


@dataclass(frozen=True)
class MLPGenerator:
    """A chunked MLP: [task embedding, slot embedding, chunk code] -> one chunk.

    ``task``, ``slot``, ``code``: sizes of the three embeddings; ``hidden``: widths; ``chunk``: numbers a
    chunk. ``layer_norm`` normalises hidden activations, without weights of its own.
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
        inputs = (self.task + self.slot + self.code) * (2 if self.encoding == "cos_sin" else 1)
        return (inputs, *self.hidden, self.chunk)

    @cached_property
    def spec(self) -> TargetSpec:
        gain = ACTIVATIONS[self.activation][1]
        found = []
        last = len(self.widths) - 2
        for layer, (inputs, outputs) in enumerate(itertools.pairwise(self.widths)):
            sigma = (1.0 if layer == last else gain) / math.sqrt(inputs)
            found.append(TensorSpec(f"layers.{layer}.weight", (outputs, inputs), "weight", inputs, sigma))
            found.append(TensorSpec(f"layers.{layer}.bias", (outputs,), "bias", 1, BIAS_SIGMA))
        return TargetSpec(tuple(found))

    def inputs(self, task: Tensor, slots: Tensor, codes: Tensor) -> Tensor:
        """(B, task), (K, slot), (K, code) or (B, K, code) -> (B, K, inputs)."""
        batch, rows = task.shape[0], slots.shape[0]
        parts = (
            task[:, None].expand(-1, rows, -1),
            slots.expand(batch, -1, -1),
            codes.expand(batch, -1, -1),
        )
        return encode(torch.cat(parts, -1), self.encoding)

    def hidden_activations(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """(B, K, inputs) -> (B, K, last hidden width)."""
        activation = ACTIVATIONS[self.activation][0]
        for layer in range(len(self.hidden)):
            x = _affine(x, weights[f"layers.{layer}.weight"], weights[f"layers.{layer}.bias"])
            if self.layer_norm:
                x = functional.layer_norm(x, x.shape[-1:])
            x = activation(x)
        return x

    def run(self, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
        """(B, K, inputs) -> (B, K, chunk); weights of one generator, or of one for each of the B."""
        x = self.hidden_activations(weights, x)
        last = f"layers.{len(self.hidden)}"
        return _affine(x, weights[f"{last}.weight"], weights[f"{last}.bias"])


def _affine(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    if weight.dim() == 2:
        return functional.linear(x, weight, bias)
    return torch.baddbmm(bias[:, None], x, weight.mT)
