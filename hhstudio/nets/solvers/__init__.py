"""Solvers: the networks that work on the data, at the leaves of the tree.

Any ``torch.nn.Module`` can be one: those below by name, others by import path ``package.module:Class``.
A solver maps (N, C, H, W) images to (N, heads * classes_per_head) logits, head after head.

To add one here, write a module whose constructor takes ``(image_shape, outputs, **options)`` and enter
it in :data:`SOLVERS`.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from hhstudio.core.errors import SpecError
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.nets.functional_solver import SolverTarget
from hhstudio.nets.seeding import drawing
from hhstudio.nets.solvers.convnets import LeNet, SmallCNN, Zenke
from hhstudio.nets.solvers.import_path import first_line, solver_class
from hhstudio.nets.solvers.mlp import MLP
from hhstudio.nets.solvers.resnet import ResNet32

__all__ = ["SOLVERS", "SolverTarget", "build_solver", "output_heads"]

SOLVERS: dict[str, Callable[..., nn.Module]] = {
    "mlp": MLP,
    "lenet": LeNet,
    "zenke": Zenke,
    "resnet32": ResNet32,
    "small-cnn": SmallCNN,
}


def build_solver(
    architecture: str,
    options: Mapping[str, Any],
    image_shape: tuple[int, int, int],
    classes_per_head: int,
    heads: int,
    seed: int = 0,
    *,
    agreed: Collection[str] = (),
) -> nn.Module:
    """Solver module with PyTorch's own initial weights. Whatever builds a solver does it here.

    A class named by import path is called with ``image_shape`` and ``outputs`` where its constructor takes
    arguments of these names, and with ``options``. Lazy layers learn their sizes here.

    Parameters
    ----------
    architecture : str
        A key of :data:`SOLVERS`, or an import path ``package.module:Class``.
    options : mapping of str to object
        Further keyword arguments of the constructor.
    image_shape : tuple of int
        C, H, W.
    classes_per_head, heads : int
        ``outputs`` is their product.
    seed : int
        Of all that its constructor draws.
    agreed : collection of str
        Import paths that the user lets run: what is not among them is not even imported.

    Returns
    -------
    nn.Module

    Raises
    ------
    ConsentError
        For an import path that was not agreed to.
    SpecError
        For an unknown name, an import that fails, whatever is no class of ``torch.nn.Module``, arguments that
        the class does not take.
    """
    offered: dict[str, Any] = {"image_shape": image_shape, "outputs": classes_per_head * heads}
    if architecture in SOLVERS:
        make, calls = SOLVERS[architecture], [offered]
    else:
        make = solver_class(architecture, agreed)
        calls = _calls(make, offered)
    try:
        with drawing(seed):
            module = _first_that_fits(make, calls, options)
    except SpecError:
        raise
    except Exception as error:
        given = ", ".join(f"{k}={v!r}" for k, v in options.items()) or "no options"
        size = "x".join(map(str, image_shape))
        raise SpecError(
            f"solver {architecture!r} cannot be built for images of {size} with {given}: {first_line(error)}"
        ) from None
    if not isinstance(module, nn.Module):
        raise SpecError(f"solver {architecture!r} is a {type(module).__name__}, not a torch.nn.Module")
    if any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
        _materialise(module, image_shape, seed)
    return module


def output_heads(stream: Stream, tasks: Sequence[TaskInfo]) -> tuple[int, int]:
    """Output heads of a stream's solvers.

    Scenario task: as ``stream.heads`` says, one head whose weights are generated for each condition, or a
    head for each task; domain: one head that all tasks share; class: one head for all classes, a permuted
    image counting as a class of its own.

    Parameters
    ----------
    stream : Stream
    tasks : sequence of TaskInfo
        The stream's, resolved.

    Returns
    -------
    classes_per_head, heads : int
    """
    if stream.scenario == "class":
        distinct = {
            (index if stream.kind == "permuted" else 0, task.dataset, label)
            for index, task in enumerate(tasks)
            for label in task.classes
        }
        return len(distinct), 1
    apart = stream.scenario == "task" and stream.heads == "each"
    return max(len(task.classes) for task in tasks), len(tasks) if apart else 1


def _calls(make: Callable[..., nn.Module], offered: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Arguments of ours with which a constructor may be called, most first.

    One that takes ``**kwargs`` may read ours there, or hand them on to another that does not know them.
    """
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return [{}]
    named = {name: value for name, value in offered.items() if name in parameters}
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    return [dict(offered), named] if takes_any and len(named) < len(offered) else [named]


def _first_that_fits(
    make: Callable[..., nn.Module], calls: Sequence[Mapping[str, Any]], options: Mapping[str, Any]
) -> nn.Module:
    try:
        return make(**calls[0], **options)
    except TypeError:
        for arguments in calls[1:]:
            with contextlib.suppress(TypeError):
                return make(**arguments, **options)
        raise


def _materialise(module: nn.Module, image_shape: tuple[int, int, int], seed: int) -> None:
    """Have lazy layers take their sizes from an image."""
    try:
        with torch.no_grad(), drawing(seed):
            module.eval()(torch.zeros(2, *image_shape))
    except Exception as error:
        size = "x".join(map(str, image_shape))
        raise SpecError(f"the solver does not take images of {size} (C, H, W): {first_line(error)}") from None
    module.train()
