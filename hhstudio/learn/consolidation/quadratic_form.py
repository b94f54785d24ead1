"""Quadratic form: the squared change of products of hidden rows with a linear layer, in closed form.

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
class Correction:
    """Products of some rows with some outputs of the layer, counted ``sign`` times.

    Attributes
    ----------
    rows : Tensor, shape (R,), int64
    outputs : Tensor, shape (O,), int64
    sign : float
        1 or -1.
    """

    rows: Tensor
    outputs: Tensor
    sign: float


class QuadraticForm:
    """Weighted squared change of products since A* and a* were taken.

    Parameters
    ----------
    layer : Tensor, shape (outputs, width - 1)
        W*.
    bias : Tensor, shape (outputs,)
        b*.
    hidden : Tensor, shape (rows, width - 1)
        h*.
    weights : Tensor, shape (rows,)
        Of the products of each row with all outputs.
    corrections : sequence of Correction
        Added to that.
    correction_weights : sequence of Tensor, each of shape (R,)
        Weights of each correction's rows.

    Attributes
    ----------
    last : Tensor, shape (outputs, width)
        A*.
    hidden : Tensor, shape (rows, width)
        a*.
    """

    def __init__(
        self,
        layer: Tensor,
        bias: Tensor,
        hidden: Tensor,
        weights: Tensor,
        corrections: Sequence[Correction] = (),
        correction_weights: Sequence[Tensor] = (),
    ) -> None:
        self.last = torch.cat([layer, bias[:, None]], 1)
        self.hidden = torch.nn.functional.pad(hidden, (0, 1), value=1.0)
        self.weights = weights
        self.corrections, self.correction_weights = tuple(corrections), tuple(correction_weights)
        self.fix()

    def fix(self) -> None:
        """Compute what depends on A* and a* alone; to be called after they were set."""
        self.width = self.last.shape[1]
        self.both = torch.cat([self.last, self.last], 1)
        self.square = self.last.T @ self.last
        self.second_moment = (self.hidden * self.weights[:, None]).T @ self.hidden

    def __call__(self, layer: Tensor, bias: Tensor, hidden: Tensor) -> Tensor:
        """The weighted sum at other values.

        Parameters
        ----------
        layer : Tensor, shape (outputs, width - 1)
        bias : Tensor, shape (outputs,)
        hidden : Tensor, shape (rows, width - 1)

        Returns
        -------
        Tensor, shape ()
            Differentiable once.
        """
        return _QuadraticFormFunction.apply(self, layer, bias, hidden)


class _QuadraticFormFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, form: QuadraticForm, layer: Tensor, bias: Tensor, hidden: Tensor) -> Tensor:
        width = form.width
        both = form.both  # [A*, D], the left half as it was
        change = both[:, width:]
        torch.sub(layer, form.last[:, :-1], out=change[:, :-1])
        torch.sub(bias, form.last[:, -1], out=change[:, -1])
        moved = torch.zeros_like(form.hidden)
        torch.sub(hidden, form.hidden[:, :-1], out=moved[:, :-1])

        weighed = moved * form.weights[:, None]
        h, f = weighed.T @ moved, form.hidden.T @ weighed
        products = both.T @ change
        m, n = products[:width], products[width:]
        square, cross = form.square + m + m.T + n, m + n
        total = (square * h).sum() + 2 * (cross * f.T).sum() + (n * form.second_moment).sum()
        slope_rows = moved @ square
        slope_rows.addmm_(form.hidden, cross.T).mul_(2 * form.weights[:, None])
        inner = h + f.T
        slope_layer = both @ (2 * torch.cat([inner, inner + form.second_moment + f]))
        for correction, weights in zip(form.corrections, form.correction_weights, strict=True):
            total = total + _add_correction(form, correction, weights, moved, slope_rows, slope_layer)
        ctx.save_for_backward(slope_layer, slope_rows)
        return total

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, out: Tensor) -> tuple[Tensor | None, ...]:
        slope_layer, slope_rows = ctx.saved_tensors
        return None, slope_layer[:, :-1] * out, slope_layer[:, -1] * out, slope_rows[:, :-1] * out


def _add_correction(
    form: QuadraticForm,
    correction: Correction,
    weights: Tensor,
    moved: Tensor,
    slope_rows: Tensor,
    slope_layer: Tensor,
) -> Tensor:
    """The correction's signed sum; adds its gradients to the slopes."""
    width = form.width
    both = form.both[correction.outputs]
    change = both[:, width:]
    now = both[:, :width] + change
    d, then = moved[correction.rows], form.hidden[correction.rows]
    weighed = correction.sign * weights[:, None]
    if len(correction.rows) < width:
        r = d @ now.T + then @ change.T
        slope = 2 * weighed * r
        slope_rows[correction.rows] += slope @ now
        slope_layer[correction.outputs] += slope.T @ (then + d)
        return (slope * r).sum() / 2
    h, f, t = (weighed * d).T @ d, then.T @ (weighed * d), (weighed * then).T @ then
    square, cross, n = now.T @ now, now.T @ change, change.T @ change
    slope_rows[correction.rows] += 2 * weighed * (d @ square + then @ cross.T)
    slope_layer[correction.outputs] += 2 * (now @ (h + f.T) + change @ (t + f))
    return (square * h).sum() + 2 * (cross * f.T).sum() + (n * t).sum()
