"""Normalisation and augmentation: stored images (uint8) as the inputs of a solver (float32)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def normalise(images: Tensor, mean: Tensor, std: Tensor, permutation: Tensor | None = None) -> Tensor:
    """Normalised inputs of a solver: (x / 255 - mean) / std, pixels permuted.

    Parameters
    ----------
    images : Tensor, shape (N, C, H, W), uint8
    mean, std : Tensor, shape (C,), float32
        In units of the full range 0 to 255.
    permutation : Tensor, shape (H·W,), int64, optional
        The same for all channels: pixel i of the result is pixel permutation[i] of the image.

    Returns
    -------
    Tensor, shape (N, C, H, W), float32
    """
    if permutation is not None:
        images = images.flatten(2).index_select(2, permutation).view(images.shape)
    scale = (1.0 / (255.0 * std)).view(1, -1, 1, 1)
    shift = (-mean / std).view(1, -1, 1, 1)
    return torch.addcmul(shift, images.to(scale.dtype), scale)


def augment(images: Tensor, generator: torch.Generator, padding: int = 4, flip: bool = True) -> Tensor:
    """Each image moved by up to ``padding`` pixels each way (zeros come in) and mirrored half of the time.

    Parameters
    ----------
    images : Tensor, shape (N, C, H, W)
        Of any type.
    generator : torch.Generator
        On the same device; everything is drawn from it, so that the same state gives the same images.
    padding : int
        Pixels.
    flip : bool

    Returns
    -------
    Tensor of the shape and type of ``images``

    References
    ----------
    He et al. 2016, Deep residual learning for image recognition, section 4.2.
    """
    count, _, height, width = images.shape
    device = images.device
    offsets = torch.randint(0, 2 * padding + 1, (2, count, 1), generator=generator, device=device)
    rows = offsets[0] + torch.arange(height, device=device)
    columns = offsets[1] + torch.arange(width, device=device)
    if flip:
        mirrored = torch.rand((count, 1), generator=generator, device=device) < 0.5
        columns = torch.where(mirrored, columns.flip(1), columns)
    padded = functional.pad(images, (padding,) * 4)
    row_wise = padded.gather(2, rows[:, None, :, None].expand(-1, padded.shape[1], -1, padded.shape[3]))
    return row_wise.gather(3, columns[:, None, None, :].expand(-1, padded.shape[1], height, -1))
