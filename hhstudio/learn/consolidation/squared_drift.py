"""Squared drift of generated weights since they were fixed, and its gradient, in few passes over memory.

The penalty reads every weight of every sampled condition at every step, and what it computes is quadratic:
its gradient costs little more than its value. Taking both at once, in place, saves most of what automatic
differentiation would move about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

CurvatureTerm = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From changes (B, size): a further quadratic form of each, (B,), and its gradient (B, size)."""


def squared_drift(
    rows: Sequence[Tensor], targets: Sequence[Tensor], scale: Tensor, curvature: CurvatureTerm | None = None
) -> Tensor:
    """Squared change of each of B conditions' weights.

    Parameters
    ----------
    rows : sequence of Tensor, B of shape (size,)
        Weights as they are generated now; only these have gradients.
    targets : sequence of Tensor, B of shape (size,)
        Weights as they were.
    scale : Tensor, shape (size,) or (B, size)
        Factor on the change before it is squared.
    curvature : callable, optional
        A further quadratic form of the change (:data:`CurvatureTerm`).

    Returns
    -------
    Tensor, shape (B,)
        Sum of ((row - target) * scale)^2, plus ``curvature`` of row - target. Differentiable once.

    References
    ----------
    von Oswald et al. 2019, Continual learning with hypernetworks, eq. 2 (the sum's terms).
    """
    return _SquaredDrift.apply(tuple(targets), scale, curvature, *rows)


class _SquaredDrift(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, targets: tuple[Tensor, ...], scale: Tensor, curvature: CurvatureTerm | None, *rows: Tensor
    ) -> Tensor:
        change = targets[0].new_empty(len(rows), rows[0].numel())
        for place, (row, target) in enumerate(zip(rows, targets, strict=True)):
            torch.sub(row, target, out=change[place])
        gradient = change * scale
        sizes = torch.linalg.vecdot(gradient, gradient)
        gradient.mul_(scale).mul_(2)
        if curvature is not None:
            more, slope = curvature(change)
            sizes, gradient = sizes + more, gradient.add_(slope)
        ctx.gradient, ctx.kind = gradient, rows[0].dtype
        return sizes

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, out: Tensor) -> tuple[Tensor | None, ...]:
        gradient = (ctx.gradient * out[:, None]).to(ctx.kind)
        return None, None, None, *gradient.unbind(0)
