"""Optimiser groups: Adam, AdamW or SGD over named tensors, with rates and a state that is saved by name."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from hhstudio.core.spec.spec import Training
from hhstudio.nets.stored import EMBEDDINGS, StoredTensors


class Optimiser:
    """Adam, AdamW or SGD over named tensors, embeddings with a rate of their own.

    Parameters
    ----------
    training : Training
    device : torch.device
    """

    def __init__(self, training: Training, device: torch.device) -> None:
        self.training = training
        self._names: dict[int, str] = {}
        self._weights: list[Tensor] = []
        self._embeddings: list[Tensor] = []
        self._device = device
        self._optimizer: torch.optim.Optimizer | None = None

    @property
    def names(self) -> set[str]:
        """Names of the tensors that are trained."""
        return set(self._names.values())

    @property
    def tensors(self) -> list[Tensor]:
        """Tensors that are trained, weights before embeddings, each group by name."""
        return [*self._weights, *self._embeddings]

    def forget(self) -> None:
        """Drop tensors and state."""
        self._optimizer = None
        self._names, self._weights, self._embeddings = {}, [], []

    def restart(self, stored: StoredTensors) -> None:
        """Train these tensors, with a fresh state.

        Parameters
        ----------
        stored : StoredTensors
            Those that need a gradient are taken.
        """
        self.forget()
        self.extend(stored)

    def extend(self, stored: StoredTensors) -> None:
        """Train these tensors too; the state of the others stays.

        Parameters
        ----------
        stored : StoredTensors
            Those that need a gradient are taken.
        """
        states = {} if self._optimizer is None else dict(self._optimizer.state)
        for name, tensor in stored.items():
            if id(tensor) not in self._names and tensor.requires_grad:
                self._names[id(tensor)] = name
                is_embedding = stored.label(name).group in EMBEDDINGS
                (self._embeddings if is_embedding else self._weights).append(tensor)
        for group in (self._weights, self._embeddings):
            # The order decides how the norm is rounded: it must not depend on when a tensor was added.
            group.sort(key=lambda t: self._names[id(t)])
        self._optimizer = self._make()
        for tensor, state in states.items():
            self._optimizer.state[tensor] = state

    def drop(self, names: set[str]) -> None:
        """Train these tensors no longer.

        Parameters
        ----------
        names : set of str
        """
        if names.isdisjoint(self._names.values()):
            return
        for group in (self._weights, self._embeddings):
            group[:] = [t for t in group if self._names[id(t)] not in names]
        self._names = {number: name for number, name in self._names.items() if name not in names}
        states = {} if self._optimizer is None else dict(self._optimizer.state)
        self._optimizer = self._make()
        trained = {id(t) for t in self.tensors}
        self._optimizer.state.update({t: s for t, s in states.items() if id(t) in trained})

    def _make(self) -> torch.optim.Optimizer:
        t = self.training
        groups = [{"params": g} for g in (self._weights, self._embeddings) if g]
        fused = self._device.type in ("cpu", "cuda", "mps")
        if t.optimizer == "sgd":
            # Not fused: that form cannot take tensors with and without momentum in one group.
            return torch.optim.SGD(groups, lr=t.lr, momentum=t.betas[0], weight_decay=t.weight_decay)
        kind = torch.optim.AdamW if t.optimizer == "adamw" else torch.optim.Adam
        return kind(groups, lr=t.lr, betas=t.betas, weight_decay=t.weight_decay, fused=fused)

    def set_rates(self, factor: float) -> float:
        """Set the rates of this step.

        Parameters
        ----------
        factor : float
            On the spec's rates.

        Returns
        -------
        float
            Learning rate of the weights.
        """
        assert self._optimizer is not None
        embedding_lr = self.training.embedding_lr
        rates = [self.training.lr] if self._weights else []
        if self._embeddings:
            rates.append(self.training.lr if embedding_lr is None else embedding_lr)
        for group, lr in zip(self._optimizer.param_groups, rates, strict=True):
            group["lr"] = lr * factor
        return self.training.lr * factor

    def zero_grad(self) -> None:
        """Drop all gradients."""
        for tensor in self.tensors:
            tensor.grad = None

    def clip(self) -> Tensor:
        """Shrink the gradient to norm ``training.clip``.

        Returns
        -------
        Tensor, shape ()
            Its norm before, on the device.
        """
        gradients = [t.grad for t in self.tensors if t.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients, foreach=True)
        if self.training.clip > 0:
            scale = (self.training.clip / (norm + 1e-6)).clamp(max=1.0)
            torch._foreach_mul_(gradients, scale)
        return norm

    def step(self, found_inf: Tensor | None = None) -> None:
        """Take the step.

        Parameters
        ----------
        found_inf : Tensor, shape (), optional
            CUDA: above 0 the step changes nothing.
        """
        assert self._optimizer is not None
        if found_inf is None:
            self._optimizer.step()
        elif self._optimizer.defaults.get("fused"):
            self._optimizer.found_inf = found_inf  # type: ignore[attr-defined]  # as GradScaler tells it
            self._optimizer.step()
        else:
            before = [t.detach().clone() for t in self.tensors]
            self._optimizer.step()
            with torch.no_grad():
                for tensor, old in zip(self.tensors, before, strict=True):
                    tensor.copy_(torch.where(found_inf > 0, old, tensor))

    def planned_change(self) -> dict[str, Tensor]:
        """Change that :meth:`clip` and :meth:`step` would make with the present gradients; nothing changes.

        Returns
        -------
        dict of str to Tensor
            By name of the tensor, of its shape.
        """
        assert self._optimizer is not None
        optimizer = self._optimizer
        before = {id(t): t.detach().clone() for t in self.tensors}
        state = {t: {k: _copy(v) for k, v in s.items()} for t, s in optimizer.state.items()}
        gradients = [(t, t.grad) for t in self.tensors]
        if self.training.clip > 0:
            for t, gradient in gradients:
                t.grad = None if gradient is None else gradient.clone()
            self.clip()
        optimizer.step()
        for t, gradient in gradients:
            t.grad = gradient
        change = {self._names[id(t)]: t.detach() - before[id(t)] for t in self.tensors}
        with torch.no_grad():
            for t in self.tensors:
                t.copy_(before[id(t)])
        optimizer.state.clear()
        optimizer.state.update(state)
        return change

    # saving --------------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        """State to be saved.

        Returns
        -------
        dict of str to ndarray
            By "NAME/KEY"; a number of steps is an array without dimensions.
        """
        if self._optimizer is None:
            return {}
        return {
            f"{self._names[id(t)]}/{key}": value.detach().cpu().numpy().copy()
            for t, state in self._optimizer.state.items()
            for key, value in state.items()
            if isinstance(value, Tensor)
        }

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """The inverse of :meth:`arrays`, for the tensors that are trained.

        Parameters
        ----------
        arrays : mapping of str to ndarray
        """
        if not arrays:
            return
        assert self._optimizer is not None
        tensors = {self._names[id(t)]: t for t in self.tensors}
        for full, array in arrays.items():
            name, _, key = full.rpartition("/")
            if name in tensors:
                value = torch.from_numpy(np.array(array))
                if key != "step" or self._device.type != "cpu":
                    value = value.to(self._device)
                self._optimizer.state[tensors[name]][key] = value


def rate_factor(training: Training, step: int, steps: int) -> float:
    """Factor on all rates: linear warm-up, then the schedule.

    Parameters
    ----------
    training : Training
    step : int
        From 0, within a task.
    steps : int
        That the task takes.

    Returns
    -------
    float
    """
    factor = 1.0
    if training.warmup > 0:
        factor = min(1.0, (step + 1) / training.warmup)
    if training.schedule == "cosine" and steps > 0:
        factor *= 0.5 * (1 + math.cos(math.pi * step / steps))
    return factor


def _copy(value: object) -> object:
    return value.clone() if isinstance(value, Tensor) else value
