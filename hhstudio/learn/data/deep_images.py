"""Deep images: grey images of 16 or 32 bits or of fractions, brought to the 8 bits in which all are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class DeepImage(NamedTuple):
    """Image of more than 8 bits.

    Attributes
    ----------
    pixels : ndarray, shape (H, W), float32
    whole : bool
        Its file holds whole numbers, not fractions.
    """

    pixels: np.ndarray
    whole: bool


def fill_in(
    images: np.ndarray, deep: Mapping[int, DeepImage], train: np.ndarray, depth: str = "own"
) -> list[str]:
    """Write deep images into 8-bit ones, all on one scale.

    By default that of the data set's own limits: the smallest value of the training images becomes 0, the
    largest 255, apart for whole numbers and for fractions. What is beyond is cut.

    Parameters
    ----------
    images : ndarray, shape (N, C, H, W), uint8
        Changed where there is a deep image.
    deep : mapping of int to DeepImage
        By index of the image.
    train : ndarray, integers
        Indices of the training images.
    depth : str
        ``stream.image_depth``: own, or how many bits count, as 12-bit. Fractions have no bits: always own.

    Returns
    -------
    list of str
        What was done, a line for each kind there is.
    """
    notices = []
    training = set(train.tolist())
    for whole in (True, False):
        group = {index: image.pixels for index, image in deep.items() if image.whole == whole}
        if not group:
            continue
        known = [pixels for index, pixels in group.items() if index in training] or list(group.values())
        own = depth == "own" or not whole
        low, high = _limits(known) if own else (0.0, 2.0 ** int(depth.removesuffix("-bit")) - 1)
        cut = 0
        for index, pixels in group.items():
            cut += bool(pixels.min() < low or pixels.max() > high)
            levels = (pixels.astype(np.float64) - low) / (high - low) * 255
            images[index] = np.rint(levels.clip(0, 255)).astype(np.uint8)
        kind = "more than 8 bits" if whole else "fractions for pixels"
        whose = "the limits of those for training" if own else f"as stream.image_depth {depth} says"
        beyond = (
            f"; {cut} {'reaches' if cut == 1 else 'reach'} beyond and {'was' if cut == 1 else 'were'} cut"
        )
        notices.append(
            f"{len(group)} of {len(images)} images have {kind}: {low:g} to {high:g}, {whose}, became 0 to 255"
            + (beyond if cut else "")
        )
    return notices


def _limits(images: list[np.ndarray]) -> tuple[float, float]:
    """Smallest and largest value; of one value only: 0, and the end of the range of bits that has it."""
    low = min(float(pixels.min()) for pixels in images)
    high = max(float(pixels.max()) for pixels in images)
    if high > low:
        return low, high
    if low <= 0:
        return low, low + 1
    return 0.0, 1.0 if high <= 1 else float(2 ** int(high).bit_length() - 1)
