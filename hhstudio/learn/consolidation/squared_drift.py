"""The squared change of generated weights since they were fixed, and its gradient, in few passes over memory.

The penalty reads every weight of every sampled condition at every step, and what it computes is quadratic:
its gradient costs little more than its value. Taking both at once, in place, saves most of what automatic
differentiation would move about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Bend = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From changes (B, size): a further quadratic form of each, (B,), and its gradient (B, size)."""


def drift(rows: Sequence[Tensor], kept: Sequence[Tensor], scale: Tensor, bend: Bend | None = None) -> Tensor:
    """(B,) sum of ((row - kept) * scale)^2 of each of B conditions, plus ``bend`` of row - kept.

    ``rows``, ``kept``: B tensors (size,), of which only the rows have gradients; ``scale``: (size,) or
    (B, size). Differentiable once.
    """
    return _Drift.apply(tuple(kept), scale, bend, *rows)


class _Drift(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, kept: tuple[Tensor, ...], scale: Tensor, bend: Bend | None, *rows: Tensor
    ) -> Tensor:
        change = kept[0].new_empty(len(rows), rows[0].numel())
        for place, (row, then) in enumerate(zip(rows, kept, strict=True)):
            torch.sub(row, then, out=change[place])
        gradient = change * scale
        sizes = torch.linalg.vecdot(gradient, gradient)
        gradient.mul_(scale).mul_(2)
        if bend is not None:
            more, slope = bend(change)
            sizes, gradient = sizes + more, gradient.add_(slope)
        ctx.gradient, ctx.kind = gradient, rows[0].dtype
        return sizes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, out: Tensor) -> tuple[Tensor | None, ...]:
        gradient = (ctx.gradient * out[:, None]).to(ctx.kind)
        return None, None, None, *gradient.unbind(0)
