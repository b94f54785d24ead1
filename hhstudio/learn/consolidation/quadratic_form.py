"""The squared change of products of a hidden row with a linear layer, in closed form.

With rows a = [h, 1], the layer A = [W, b], stars for the values to which the change is counted, D = A - A*
and d = a - a*, the change of one product is r = A a - A* a* = A d + D a*. Over rows with weights w,

    sum w |r|^2 = <A'A, H> + 2 <A'D, F'> + <D'D, T>,   H = sum w d d', F = sum w a* d', T = sum w a* a*'

so that after three matrices of the width of a row, whatever the layer's outputs, only small products are
left. A'A = A*'A* + M + M' + N with M = A*'D and N = D'D needs one product as large as the layer at a step,
the gradient another: as much as generating the outputs of about 4/3 times as many rows as a row is wide.
Differences are taken before they are squared, so float32 keeps its digits when little has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Part:
    """Products of some rows with some outputs of the layer, counted ``sign`` times (1 or -1)."""

    rows: Tensor
    outputs: Tensor
    sign: float


class SquaredChange:
    """Keeps a* and A*. ``weights``: (rows,) of the products with all outputs; ``parts``: corrections, each
    with ``part_weights`` (rows of the part,)."""

    def __init__(
        self,
        layer: Tensor,
        bias: Tensor,
        hidden: Tensor,
        weights: Tensor,
        parts: Sequence[Part] = (),
        part_weights: Sequence[Tensor] = (),
    ) -> None:
        self.last = torch.cat([layer, bias[:, None]], 1)
        self.hidden = torch.nn.functional.pad(hidden, (0, 1), value=1.0)
        self.weights, self.parts, self.part_weights = weights, tuple(parts), tuple(part_weights)
        self.fix()

    def fix(self) -> None:
        """Prepare what does not change: to be called after a* and A* were set."""
        self.width = self.last.shape[1]
        self.both = torch.cat([self.last, self.last], 1)
        self.square = self.last.T @ self.last
        self.then = (self.hidden * self.weights[:, None]).T @ self.hidden

    def __call__(self, layer: Tensor, bias: Tensor, hidden: Tensor) -> Tensor:
        """The weighted sum, () at W (outputs, width - 1), b (outputs,), h (rows, width - 1).

        Differentiable once.
        """
        return _Quadratic.apply(self, layer, bias, hidden)


class _Quadratic(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kept: SquaredChange, layer: Tensor, bias: Tensor, hidden: Tensor) -> Tensor:
        width = kept.width
        both = kept.both  # [A*, D], the left half as it was
        change = both[:, width:]
        torch.sub(layer, kept.last[:, :-1], out=change[:, :-1])
        torch.sub(bias, kept.last[:, -1], out=change[:, -1])
        moved = torch.zeros_like(kept.hidden)
        torch.sub(hidden, kept.hidden[:, :-1], out=moved[:, :-1])

        weighed = moved * kept.weights[:, None]
        h, f = weighed.T @ moved, kept.hidden.T @ weighed
        products = both.T @ change
        m, n = products[:width], products[width:]
        square, cross = kept.square + m + m.T + n, m + n
        total = (square * h).sum() + 2 * (cross * f.T).sum() + (n * kept.then).sum()
        slope_rows = moved @ square
        slope_rows.addmm_(kept.hidden, cross.T).mul_(2 * kept.weights[:, None])
        inner = h + f.T
        slope_layer = both @ (2 * torch.cat([inner, inner + kept.then + f]))
        for part, weights in zip(kept.parts, kept.part_weights, strict=True):
            total = total + _add_part(kept, part, weights, moved, slope_rows, slope_layer)
        ctx.save_for_backward(slope_layer, slope_rows)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, out: Tensor) -> tuple[Tensor | None, ...]:
        slope_layer, slope_rows = ctx.saved_tensors
        return None, slope_layer[:, :-1] * out, slope_layer[:, -1] * out, slope_rows[:, :-1] * out


def _add_part(
    kept: SquaredChange, part: Part, weights: Tensor, moved: Tensor, slope_rows: Tensor, slope_layer: Tensor
) -> Tensor:
    """The part's signed sum; adds its gradients to the slopes."""
    width = kept.width
    both = kept.both[part.outputs]
    change = both[:, width:]
    now = both[:, :width] + change
    d, then = moved[part.rows], kept.hidden[part.rows]
    weighed = part.sign * weights[:, None]
    if len(part.rows) < width:
        r = d @ now.T + then @ change.T
        slope = 2 * weighed * r
        slope_rows[part.rows] += slope @ now
        slope_layer[part.outputs] += slope.T @ (then + d)
        return (slope * r).sum() / 2
    h, f, t = (weighed * d).T @ d, then.T @ (weighed * d), (weighed * then).T @ then
    square, cross, n = now.T @ now, now.T @ change, change.T @ change
    slope_rows[part.rows] += 2 * weighed * (d @ square + then @ cross.T)
    slope_layer[part.outputs] += 2 * (now @ (h + f.T) + change @ (t + f))
    return (square * h).sum() + 2 * (cross * f.T).sum() + (n * t).sum()
