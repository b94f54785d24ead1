"""Early stopping: a task ends when validation accuracy no longer improves.

Validation accuracy is measured whenever accuracy is measured in between (``evaluation.every``), on the images
held out by ``stream.validation``. A task ends after ``patience`` evaluations without a gain of ``min_delta``.
Whether it ends early or not, everything that is learned is put back to where validation accuracy was best:
the hierarchy as a whole, since what is generated for this task and for earlier ones belongs together. The
optimiser's state, where it outlives a task, stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from hhstudio.core.spec.spec import EarlyStopping
from hhstudio.learn.training.evaluation import accuracies
from hhstudio.learn.training.learner import Learner
from hhstudio.learn.training.schedule import Segment
from hhstudio.nets.stored import Condition

_STORED, _BUFFER = "stored/", "buffer/"


class EarlyStopper:
    """Early stopping of one segment after another.

    Parameters
    ----------
    settings : EarlyStopping

    Attributes
    ----------
    best : float
        Best mean validation accuracy so far, 0 to 1; negative before the first evaluation.
    best_step : int
        Global step at which it was reached.
    waited : int
        Evaluations since then.
    """

    def __init__(self, settings: EarlyStopping) -> None:
        self._settings = settings
        self.reset()

    @property
    def active(self) -> bool:
        """Whether the spec asks for early stopping."""
        return self._settings.patience > 0

    def reset(self) -> None:
        """Another segment begins."""
        self.best, self.best_step, self.waited = -1.0, 0, 0
        self._best_tensors: dict[str, Tensor] = {}

    @property
    def over(self) -> bool:
        """Whether patience has ended."""
        return self.active and self.waited >= self._settings.patience

    def evaluate(self, learner: Learner, segment: Segment, step: int) -> dict[Condition, float]:
        """Measure validation accuracy, and copy what is learned where it is the best so far.

        Parameters
        ----------
        learner : Learner
        segment : Segment
        step : int
            Global step.

        Returns
        -------
        dict of Condition to float
            Validation accuracy, 0 to 1.
        """
        measured = accuracies(learner, segment, held_out="valid")
        value = sum(measured.values()) / len(measured)
        if value > self.best + self._settings.min_delta or self.best < 0:
            self.best, self.best_step, self.waited = value, step, 0
            self._best_tensors = {name: t.detach().clone() for name, t in _tensors(learner, segment).items()}
        else:
            self.waited += 1
        return measured

    def restore_best(
        self, learner: Learner, segment: Segment, step: int, done: int, steps: int
    ) -> tuple[dict[Condition, float], str]:
        """Put everything learned back to where validation accuracy was best. Idempotent.

        Parameters
        ----------
        learner : Learner
        segment : Segment
        step : int
            Global step.
        done, steps : int
            Steps done of the segment, and planned.

        Returns
        -------
        measured : dict of Condition to float
            Validation accuracy measured last; empty when it was not measured again.
        line : str
            For the log; empty when nothing had to be restored.
        """
        measured = {} if self.over else self.evaluate(learner, segment, step)
        if self.best_step == step and done == steps:
            return measured, ""
        with torch.no_grad():
            for name, tensor in _tensors(learner, segment).items():
                if name in self._best_tensors:  # the tree may have grown since
                    tensor.copy_(self._best_tensors[name])
        early = f"stopped early after {done} of {steps} steps; " if done < steps else ""
        return measured, (
            f"{early}kept as it was at step {self.best_step}, where {100 * self.best:.1f} % of the "
            "validation images were right"
        )

    # saving ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """Counters, as JSON-able values."""
        return {"best": self.best, "best_step": self.best_step, "waited": self.waited}

    def arrays(self) -> dict[str, np.ndarray]:
        """Best state so far, to be saved under ``best/``."""
        return {f"best/{name}": tensor.cpu().numpy().copy() for name, tensor in self._best_tensors.items()}

    def load(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], device: torch.device) -> None:
        """The inverse of :meth:`to_json` and :meth:`arrays`.

        Parameters
        ----------
        meta : mapping of str to object
            Empty where none was saved.
        arrays : mapping of str to ndarray
        device : torch.device

        Raises
        ------
        KeyError, TypeError, ValueError
            For what :meth:`to_json` did not make.
        """
        if not meta:
            return
        self.best, self.best_step = float(meta["best"]), int(meta["best_step"])
        self.waited = int(meta["waited"])
        self._best_tensors = {
            name.removeprefix("best/"): torch.from_numpy(np.array(array)).to(device)
            for name, array in arrays.items()
            if name.startswith("best/")
        }


def _tensors(learner: Learner, segment: Segment) -> dict[str, Tensor]:
    """Tensors that learning a segment changes."""
    tensors = {f"{_STORED}{name}": tensor for name, tensor in learner.hierarchy.stored.items()}
    for c in segment:
        for name, tensor in learner.buffers[c].items():
            tensors[f"{_BUFFER}{c.solver}/{c.task}/{name}"] = tensor
    return tensors
