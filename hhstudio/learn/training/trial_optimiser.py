"""Trial optimiser: a step that is as expensive as a real one, on copies that nobody keeps."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


class TrialOptimiser:
    """Copies of tensors, on which an optimiser's step is as expensive as on the tensors themselves.

    Parameters
    ----------
    tensors : iterable of Tensor
        Gradients are computed for these; they stay as they are.
    """

    def __init__(self, tensors: Iterable[Tensor]) -> None:
        self.tensors = list(tensors)
        self._copies = [t.detach().clone().requires_grad_() for t in self.tensors]
        self._optimizer = torch.optim.Adam(self._copies, fused=True)

    def step(self, loss: Tensor) -> None:
        """Gradients of a loss for the tensors, and a clipped step on the copies.

        Parameters
        ----------
        loss : Tensor, shape ()
        """
        computed = torch.autograd.grad(loss, self.tensors, allow_unused=True)
        for copy, gradient in zip(self._copies, computed, strict=True):
            copy.grad = gradient
        gradients = [g for g in computed if g is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        torch._foreach_mul_(gradients, (1.0 / (norm + 1e-6)).clamp(max=1.0))
        self._optimizer.step()
