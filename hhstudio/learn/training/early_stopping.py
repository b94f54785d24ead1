"""Ending a task early: when what it has not seen is not classified any better.

Looked at whenever accuracy is measured in between (``evaluation.every``), on the images held out by
``stream.validation``. A task ends after ``patience`` looks without a gain of ``min_delta``. Whether it ends
early or not, everything that is learned is put back to where validation accuracy was best: the hierarchy as
a whole, since what is generated for this task and for earlier ones belongs together. The optimiser's state,
where it outlives a task, stays as it is.
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
from hhstudio.learn.training.schedule import Stint
from hhstudio.nets.hierarchy import Condition

_STORED, _BUFFER = "stored/", "buffer/"


class Stopper:
    """Watches one stint. ``active``: whether the spec asks for it."""

    def __init__(self, settings: EarlyStopping) -> None:
        self._settings = settings
        self.forget()

    @property
    def active(self) -> bool:
        return self._settings.patience > 0

    def forget(self) -> None:
        """Another stint begins."""
        self.best, self.best_step, self.waited = -1.0, 0, 0
        self._kept: dict[str, Tensor] = {}

    @property
    def over(self) -> bool:
        """Whether patience has ended."""
        return self.active and self.waited >= self._settings.patience

    def look(self, learner: Learner, stint: Stint, step: int) -> dict[Condition, float]:
        """Measure the stint on what is held out, and keep what is learned where it is best so far."""
        measured = accuracies(learner, stint, held_out="valid")
        value = sum(measured.values()) / len(measured)
        if value > self.best + self._settings.min_delta or self.best < 0:
            self.best, self.best_step, self.waited = value, step, 0
            self._kept = {name: t.detach().clone() for name, t in _tensors(learner, stint).items()}
        else:
            self.waited += 1
        return measured

    def end(
        self, learner: Learner, stint: Stint, step: int, done: int, steps: int
    ) -> tuple[dict[Condition, float], str]:
        """Put everything learned back to where it was best. Returns what was measured last, and a line about
        it; empty when nothing had to be done. Idempotent."""
        measured = {} if self.over else self.look(learner, stint, step)
        if self.best_step == step and done == steps:
            return measured, ""
        with torch.no_grad():
            for name, tensor in _tensors(learner, stint).items():
                if name in self._kept:  # the tree may have grown since
                    tensor.copy_(self._kept[name])
        early = f"stopped early after {done} of {steps} steps; " if done < steps else ""
        return measured, (
            f"{early}kept as it was at step {self.best_step}, where {100 * self.best:.1f} % of the "
            "validation images were right"
        )

    # saving ------------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        return {"best": self.best, "best_step": self.best_step, "waited": self.waited}

    def arrays(self) -> dict[str, np.ndarray]:
        return {f"best/{name}": tensor.cpu().numpy().copy() for name, tensor in self._kept.items()}

    def load(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], device: torch.device) -> None:
        """Raises KeyError, TypeError or ValueError for what :meth:`to_json` did not make."""
        if not meta:
            return
        self.best, self.best_step = float(meta["best"]), int(meta["best_step"])
        self.waited = int(meta["waited"])
        self._kept = {
            name.removeprefix("best/"): torch.from_numpy(np.array(array)).to(device)
            for name, array in arrays.items()
            if name.startswith("best/")
        }


def _tensors(learner: Learner, stint: Stint) -> dict[str, Tensor]:
    """What learning a stint changes."""
    found = {f"{_STORED}{name}": tensor for name, tensor in learner.hierarchy.stored.items()}
    for c in stint:
        for name, tensor in learner.buffers[c].items():
            found[f"{_BUFFER}{c.solver}/{c.task}/{name}"] = tensor
    return found
