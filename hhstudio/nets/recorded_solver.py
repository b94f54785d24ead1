"""Recorded solver: a module given the tensors that a session keeps, and checked against what they did.

A solver of one's own is code that the session only names: it may have changed since, or hold state that was
not recorded. So its names and shapes are compared, and its logits for a few images of noise.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from hhstudio.core.errors import SessionError
from hhstudio.nets.functional_solver import SolverTarget, first_result
from hhstudio.nets.seeding import drawing, normal

IMAGES = 2
"""Images of noise in a probe."""
TOLERANCE = 0.05
"""Largest difference of logits, as a share of the largest of them: devices round otherwise."""
LARGEST_PROBE = 4000
"""Logits up to which a probe is recorded: it stands, as a text, in an attribute of an HDF5 file."""


def probe_images(image_shape: tuple[int, int, int]) -> Tensor:
    """Noise, the same everywhere.

    Parameters
    ----------
    image_shape : tuple of int
        C, H, W.

    Returns
    -------
    Tensor, shape (IMAGES, C, H, W), float32
    """
    return normal(0, "probe", (IMAGES, *image_shape)).float()


@torch.no_grad()
def probe(solver: SolverTarget, weights: Mapping[str, Tensor], buffers: Mapping[str, Tensor]) -> np.ndarray:
    """Logits of a solver in eval mode for the images of the probe.

    Parameters
    ----------
    solver : SolverTarget
    weights, buffers : mapping of str to Tensor
        As :meth:`SolverTarget.run` takes them; neither is changed.

    Returns
    -------
    ndarray, shape (IMAGES, outputs) or (0, outputs), float32
        Without rows where there is nothing to compare with: a solver that draws in eval mode, or has very
        many outputs.
    """
    like = next(iter(weights.values()))
    images = probe_images(solver.image_shape).to(like.device, like.dtype)
    nothing = np.zeros((0, solver.outputs), np.float32)
    if IMAGES * solver.outputs > LARGEST_PROBE:
        return nothing
    with drawing(0):
        runs = (
            solver.run(weights, {n: b.clone() for n, b in buffers.items()}, images, False) for _ in range(2)
        )
        first, second = (logits.float().cpu().numpy() for logits in runs)
    return first if np.isfinite(first).all() and _alike(first, second) else nothing


def give_tensors(
    module: nn.Module,
    recorded: Mapping[str, np.ndarray],
    image_shape: tuple[int, int, int],
    logits: np.ndarray,
) -> nn.Module:
    """Put a solver where the recorded one was.

    Parameters
    ----------
    module : nn.Module
        Built anew, under the same seed.
    recorded : mapping of str to ndarray
        Its tensors, as its ``state_dict`` names them.
    image_shape : tuple of int
        C, H, W.
    logits : ndarray, shape (N, outputs)
        From :func:`probe`; without rows where none was recorded.

    Returns
    -------
    nn.Module
        The same, in eval mode.

    Raises
    ------
    SessionError
        Where its tensors, or its logits, are others.
    """
    own = {n: t for n, t in module.state_dict(keep_vars=True).items() if isinstance(t, Tensor)}
    for name, values in recorded.items():
        if name not in own or not _fits(own[name], values):
            here = f"has {tuple(own[name].shape)} there" if name in own else "has no such tensor"
            raise SessionError(f"the tensor {name} {values.shape} does not fit the solver, which {here}")
    given = {id(own[name]) for name in recorded}
    missing = [name for name, tensor in own.items() if id(tensor) not in given]
    if missing:
        raise SessionError(
            f"the solver's {missing[0]} was not recorded (sessions up to 0.3.0 kept only what is generated, "
            "and buffers), so it cannot be made again as it was"
        )
    with torch.no_grad():
        for name, values in recorded.items():
            own[name].copy_(torch.from_numpy(np.array(values)).view(own[name].shape))
    module.eval()
    if len(logits):
        _check(module, probe_images(image_shape), logits)
    return module


def _fits(tensor: Tensor, values: np.ndarray) -> bool:
    """Sessions up to 0.3.0 have a number without dimensions as one of one dimension."""
    return tuple(tensor.shape) == values.shape or (tensor.dim() == 0 and values.shape == (1,))


def _check(module: nn.Module, images: Tensor, recorded: np.ndarray) -> None:
    kinds = {p.dtype for p in module.parameters() if p.is_floating_point()}
    with torch.no_grad(), drawing(0):
        now = first_result(module(images.to(next(iter(kinds), torch.float32)))).float().numpy()
    if now.shape != recorded.shape or not _alike(now, recorded):
        raise SessionError(
            "the solver gives other logits than the recorded one for the same images: its code, or what it "
            "reads when it is built, has changed since"
        )


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    largest = max(float(np.abs(one).max(initial=0)), float(np.abs(other).max(initial=0)))
    return bool(np.abs(one - other).max(initial=0) <= TOLERANCE * largest + 1e-4)
