"""A solver as others use it: images in, the logits of one task's classes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from hhstudio.learn.analysis.loaded_model import Bench


class ReadySolver(nn.Module):
    """(N, C, H, W) float32 images with values from 0 to 1 -> (N, classes) logits of one task.

    Normalisation, the task's permutation of pixels, and the choice of its outputs are inside.
    """

    mean: Tensor
    std: Tensor
    order: Tensor | None

    def __init__(
        self, solver: nn.Module, mean: Tensor, std: Tensor, order: Tensor | None, first: int, count: int
    ) -> None:
        super().__init__()
        self.solver = solver
        self.register_buffer("mean", mean.view(1, -1, 1, 1).clone())
        self.register_buffer("std", std.view(1, -1, 1, 1).clone())
        self.register_buffer("order", order)
        self.first, self.count = first, count

    def forward(self, image: Tensor) -> Tensor:
        if self.order is not None:
            _, channels, height, width = image.shape
            image = image.flatten(2)[:, :, self.order].view(-1, channels, height, width)
        logits = self.solver((image - self.mean) / self.std)
        return logits[:, self.first : self.first + self.count]


def ready(bench: Bench, solver: nn.Module, path: str, task: int) -> ReadySolver:
    """A path's solver, its weights set, made ready for a task. Raises DataError where the task's data, from
    which the normalisation follows, are not here."""
    data, stream = bench.data(task), bench.learner.stream
    own = bench.hierarchy.tree.solvers[bench.chain(path).solver]
    made = ReadySolver(
        solver,
        data.mean.float().cpu(),
        data.std.float().cpu(),
        None if data.permutation is None else data.permutation.cpu(),
        stream.head_of(task) * own.classes_per_head,
        stream.outputs(task),
    )
    return made.eval()


def write_onnx(module: ReadySolver, image_shape: tuple[int, int, int], file: str) -> None:
    """The module as an ONNX model: input ``image``, output ``logits``, any batch size. Needs onnx and
    onnxscript; raises ImportError where they are missing."""
    example = torch.zeros(2, *image_shape)
    torch.onnx.export(
        module,
        (example,),
        file,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def write_state_dict(arrays: Mapping[str, np.ndarray], file: Path) -> None:
    """Arrays by name as a plain dict of tensors, which ``torch.load(file, weights_only=True)`` reads."""
    torch.save({name: torch.from_numpy(np.array(values)) for name, values in arrays.items()}, file)
