"""Step guard and loss explosion: steps whose numbers have gone wrong, stopped before they reach the weights.

A step whose loss or gradient is not finite is not taken, and none after it, so that what is learned stays as
it was then. :mod:`hhstudio.learn.training.divergence` finds out where the first such number arose.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


class StepGuard:
    """Lets steps pass until the first whose loss or gradient is not finite, and none after it.

    On CUDA the optimiser is told on the device (its ``found_inf``), so that no step waits for the host.
    Elsewhere the host looks at the numbers.

    Parameters
    ----------
    device : torch.device

    Attributes
    ----------
    found_inf : Tensor, shape (), or None
        CUDA: above 0 once a step was not finite; None elsewhere.
    """

    def __init__(self, device: torch.device) -> None:
        self._on_device = device.type == "cuda"
        self.found_inf = torch.zeros((), device=device) if self._on_device else None
        self._closed = False

    def passes(self, loss: Tensor, norm: Tensor) -> bool:
        """Whether the step may be taken, as far as the host knows.

        Parameters
        ----------
        loss, norm : Tensor, shape ()
            Loss and gradient norm, on the device.

        Returns
        -------
        bool
            Always True on CUDA, where :attr:`found_inf` holds bad steps back.
        """
        if self.found_inf is not None:
            good = torch.isfinite(loss.detach()) & torch.isfinite(norm)
            self.found_inf = torch.maximum(self.found_inf, (~good).to(self.found_inf.dtype))
            return True
        if not self._closed:
            self._closed = not bool(torch.isfinite(loss.detach() + norm))
        return not self._closed


@dataclass
class LossExplosion:
    """Rule of an exploded loss.

    Above :data:`ABOVE` for :data:`STEPS` steps in a row, on a task on which it has been below :data:`BEGAN`.
    A loss that begins high (direct links) is left to come down.
    """

    ABOVE = 1e3
    BEGAN = 10.0
    STEPS = 10

    _task: tuple[int, int] | None = None
    _was_low: bool = False
    _high: int = 0
    _first: int = 0

    def update(self, path: int, task: int, step: int, loss: float) -> int | None:
        """Take in a step's loss.

        Parameters
        ----------
        path, task : int
            Counting starts afresh when either changes.
        step : int
        loss : float

        Returns
        -------
        int or None
            The step at which an explosion began; None while there is none.
        """
        if self._task != (path, task):
            self._task, self._was_low, self._high = (path, task), False, 0
        if loss <= self.ABOVE:
            self._was_low |= loss < self.BEGAN
            self._high = 0
            return None
        self._first = self._first if self._high else step
        self._high += 1
        return self._first if self._was_low and self._high >= self.STEPS else None

    @property
    def suspected(self) -> bool:
        """Whether the last loss was far too high after it had been low: no state to keep."""
        return self._was_low and self._high > 0
