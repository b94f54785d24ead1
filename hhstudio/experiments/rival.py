"""Rival: hypnettorch 0.0.4 taking the same training step as ours, for the ``speed`` experiment.

The package comes with the ``experiments`` extra; nothing else of the studio needs it.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from hhstudio.core.errors import DataError

INSTALL = "pip install 'hhstudio[experiments]'"


def require() -> None:
    """Raises :class:`DataError` that says how to install it, where it is missing."""
    if importlib.util.find_spec("hypnettorch") is None:
        raise DataError(f"the comparison needs hypnettorch 0.0.4: {INSTALL}")


class Rival:
    """A chunked hypernetwork and a solver of hypnettorch, trained with its own regulariser.

    ``solver``: ``zenke`` or ``resnet32``, ten outputs; ``earlier``: tasks learned before, whose targets are
    fixed; ``hidden``, ``chunk``, ``task``, ``code``: sizes of the hypernetwork, of task and chunk embeddings.
    """

    def __init__(
        self,
        solver: str,
        hidden: tuple[int, ...],
        chunk: int,
        task: int,
        code: int,
        earlier: int,
        beta: float,
        lr: float,
        device: str,
    ) -> None:
        from hypnettorch.hnets.chunked_mlp_hnet import ChunkedHMLP
        from hypnettorch.utils.hnet_regularizer import calc_fix_target_reg, get_current_targets

        self.solver = _solver(solver).to(device)
        self.hypernetwork = ChunkedHMLP(
            self.solver.param_shapes,
            chunk_size=chunk,
            layers=list(hidden),
            cond_in_size=task,
            chunk_emb_size=code,
            num_cond_embs=earlier + 1,
            verbose=False,
        ).to(device)
        self.beta, self.current = beta, earlier
        self._penalty = calc_fix_target_reg
        self._targets = get_current_targets(earlier, self.hypernetwork) if earlier else None
        self._optimiser = torch.optim.Adam(self.hypernetwork.parameters(), lr=lr)

    @property
    def sizes(self) -> tuple[int, int]:
        """Numbers of the hypernetwork without its task embeddings, and of the solver."""
        shared = sum(weight.numel() for weight in self.hypernetwork.unconditional_params)
        return shared, _numel(self.solver.param_shapes)

    def step(self, images: Tensor, labels: Tensor) -> Tensor:
        """One step on normalised images (N, 3, 32, 32); returns the loss, on the device."""
        self._optimiser.zero_grad()
        weights = self.hypernetwork.forward(cond_id=self.current)
        logits = self.solver.forward(images.flatten(1), weights=weights)
        loss = functional.cross_entropy(logits, labels)
        if self.current:
            loss = loss + self.beta * self._penalty(
                self.hypernetwork, self.current, targets=self._targets, mnet=self.solver
            )
        loss.backward()
        self._optimiser.step()
        return loss.detach()


def _solver(name: str) -> Any:
    if name == "zenke":
        from hypnettorch.mnets.zenkenet import ZenkeNet

        return ZenkeNet(
            in_shape=[32, 32, 3], num_classes=10, no_weights=True, dropout_rate=0.25, verbose=False
        )
    from hypnettorch.mnets.resnet import ResNet

    return ResNet(
        in_shape=[32, 32, 3], num_classes=10, n=5, no_weights=True, use_batch_norm=True, verbose=False
    )


def _numel(shapes: list[list[int]]) -> int:
    return sum(int(torch.tensor(shape).prod()) for shape in shapes)
