"""Deployable solvers: a torch module with a condition's weights, with its normalisation inside, and files."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import Module

from hhstudio.core.errors import ExportError, SessionError
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.learn.analysis.loaded_model import LoadedModel
from hhstudio.nets.recorded_solver import give_tensors
from hhstudio.nets.solvers import build_solver, output_heads


class DeployableSolver(Module):
    """(N, C, H, W) float32 images with values from 0 to 1 -> (N, classes) logits of one task.

    Normalisation, the task's permutation of pixels, and the choice of its outputs are inside.
    """

    mean: Tensor
    std: Tensor
    order: Tensor | None

    def __init__(
        self, solver: Module, mean: Tensor, std: Tensor, order: Tensor | None, first: int, count: int
    ) -> None:
        super().__init__()
        self.solver = solver
        self.register_buffer("mean", mean.view(1, -1, 1, 1).clone())
        self.register_buffer("std", std.view(1, -1, 1, 1).clone())
        self.register_buffer("order", order)
        self.first, self.count = first, count

    def forward(self, image: Tensor) -> Tensor:
        """Logits of the task.

        Parameters
        ----------
        image : Tensor (N, C, H, W) of float32
            Values from 0 to 1.

        Returns
        -------
        Tensor (N, classes)
        """
        if self.order is not None:
            _, channels, height, width = image.shape
            image = image.flatten(2)[:, :, self.order].view(-1, channels, height, width)
        logits = self.solver((image - self.mean) / self.std)
        return logits[:, self.first : self.first + self.count]


def solver_module(
    architecture: str,
    options: Mapping[str, object],
    image_shape: tuple[int, int, int],
    stream: Stream,
    tasks: Sequence[TaskInfo],
    weights: Mapping[str, np.ndarray],
    probe: np.ndarray,
    seed: int,
    agreed: Collection[str] = (),
) -> Module:
    """A solver of a given architecture that has given weights, in eval mode.

    It is checked against the recorded one, which may have been built by other code.

    Parameters
    ----------
    architecture : str
        By its registered name, or by import path (``package.module:Class``), which is imported.
    options : mapping of str to object
        Of the architecture.
    image_shape : (int, int, int)
        Channels, height, width.
    stream, tasks
        From which its outputs follow: how many heads, and how many classes each.
    weights : mapping of str to ndarray
        By the solver's own names: all that its ``state_dict`` has.
    probe : ndarray, shape (N, outputs)
        What the recorded solver gave for the images of :mod:`hhstudio.nets.recorded_solver`; may be without
        rows.
    seed : int
        Of what its constructor draws.
    agreed : collection of str
        Import paths that the user lets run.

    Returns
    -------
    torch.nn.Module
        (N, C, H, W) normalised images -> (N, outputs) logits of all heads.

    Raises
    ------
    ConsentError
        For an import path that was not agreed to.
    SessionError
        Where a tensor does not fit the architecture, one was not recorded, or the logits are others.
    """
    classes, heads = output_heads(stream, tasks)
    try:
        module: Module = build_solver(
            architecture, dict(options), image_shape, classes, heads, seed, agreed=agreed
        )
        return give_tensors(module, weights, image_shape, probe)
    except SessionError as error:
        raise SessionError(f"solver {architecture!r}: {error}") from None


def deployable(model: LoadedModel, solver: Module, path: str, task: int) -> DeployableSolver:
    """A path's solver, its weights set, with everything around it that one task needs.

    Parameters
    ----------
    model : LoadedModel
        Knows the task's normalisation and its outputs.
    solver : torch.nn.Module
        With the weights of the condition, as :func:`solver_module` makes it.
    path : str
    task : int

    Returns
    -------
    DeployableSolver
        In eval mode, on the CPU.

    Raises
    ------
    DataError
        Where the task's data, from which the normalisation follows, are not here.
    """
    data, stream = model.data(task), model.learner.stream
    own = model.hierarchy.tree.solvers[model.chain(path).solver]
    module = DeployableSolver(
        solver,
        data.mean.float().cpu(),
        data.std.float().cpu(),
        None if data.permutation is None else data.permutation.cpu(),
        stream.head_of(task) * own.classes_per_head,
        model.learner.outputs(task),
    )
    return module.eval()


def write_onnx(module: DeployableSolver, image_shape: tuple[int, int, int], file: Path) -> None:
    """Write a solver as an ONNX model: input ``image``, output ``logits``, any batch size.

    Parameters
    ----------
    module : DeployableSolver
    image_shape : (int, int, int)
        Channels, height, width.
    file : Path
        Written over where it is there.

    Raises
    ------
    ImportError
        Where onnx or onnxscript is not installed.
    ExportError
        Where the solver does what ONNX has no words for.
    """
    example, batch = torch.zeros(2, *image_shape), torch.export.Dim("batch")
    # In two steps: in one, PyTorch falls back on ways that fix the number of images as the example has it.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what solvers do besides: attributes that they set
            program = torch.export.export(module, (example,), dynamic_shapes=({0: batch},), strict=False)
            torch.onnx.export(
                program,
                (),
                str(file),
                input_names=["image"],
                output_names=["logits"],
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except (ImportError, OSError):
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:160]
        raise ExportError(
            "the solver cannot be written as ONNX, for any number of images at once (a forward that takes "
            f"len(x) or int(…) of a shape fixes it; x.shape[0] does not): {type(error).__name__}: {reason}"
        ) from None


def write_state_dict(arrays: Mapping[str, np.ndarray], file: Path) -> None:
    """Write a plain dict of tensors, which ``torch.load(file, weights_only=True)`` reads.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By the tensors' names.
    file : Path
        Written over where it is there.
    """
    torch.save({name: torch.from_numpy(np.array(values)) for name, values in arrays.items()}, file)
