"""Filter tiles: a weight tensor as a grid of pictures, one for each filter, neuron or kernel.

Nothing here knows of Qt; a :class:`Tiles` holds numbers, and :mod:`mosaic` turns them into one image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["filters", "channel", "kernels", "neurons", "matrix", "vector"]
KIND_TEXT: dict[Kind, str] = {
    "filters": "filters of the first layer in colour",
    "channel": "filters at one input channel",
    "kernels": "all kernels: a row per filter, a column per input channel",
    "neurons": "each neuron's weights in the shape of the image",
    "matrix": "matrix: a row per output, a column per input",
    "vector": "one number per channel",
}
_SHAPES_OF_IMAGES = {64: (1, 8, 8), 784: (1, 28, 28), 1024: (1, 32, 32), 3072: (3, 32, 32)}


@dataclass(frozen=True)
class Tiles:
    """``values``: (n, height, width) float32, or (n, height, width, 3) for colour. ``columns``: tiles a
    row where the grid's shape means something, None to choose one. ``names``: what a tile is."""

    kind: Kind
    values: np.ndarray
    columns: int | None
    names: tuple[str, ...]

    @property
    def colored(self) -> bool:
        return self.values.ndim == 4


def channels_of(shape: tuple[int, ...]) -> int:
    """Input channels to pick from; 0 where there is nothing to pick."""
    return shape[1] if len(shape) == 4 and shape[1] > 1 else 0


def cut(
    tensor: np.ndarray,
    channel: int | None = None,
    color: bool = True,
    image_shape: tuple[int, int, int] | None = None,
) -> Tiles:
    """The tiles of a tensor.

    ``channel``: which input channel of a convolution, None for all of them. ``color``: three input
    channels are red, green and blue. ``image_shape``: (channels, height, width) of the images, so that a
    dense layer on the image shows its rows as images.
    """
    array = np.asarray(tensor, np.float32)
    if array.ndim == 4:
        return _convolution(array, channel, color)
    if array.ndim == 3:  # one-dimensional convolution: kernels are rows
        array = array.reshape(array.shape[0], -1)
    if array.ndim == 2:
        return _dense(array, channel, color, image_shape)
    flat = array.reshape(1, 1, -1)
    return Tiles("vector", flat, 1, ("values",))


def _convolution(array: np.ndarray, channel: int | None, color: bool) -> Tiles:
    out, channels = array.shape[:2]
    if channels == 3 and color:
        names = tuple(f"filter {k}" for k in range(out))
        return Tiles("filters", np.moveaxis(array, 1, -1), None, names)
    if channel is not None or channels == 1:
        chosen = min(channel or 0, channels - 1)
        suffix = f", input {chosen}" if channels > 1 else ""
        return Tiles("channel", array[:, chosen], None, tuple(f"filter {k}{suffix}" for k in range(out)))
    names = tuple(f"filter {k}, input {c}" for k in range(out) for c in range(channels))
    return Tiles("kernels", array.reshape(out * channels, *array.shape[2:]), channels, names)


def _dense(
    array: np.ndarray, channel: int | None, color: bool, image_shape: tuple[int, int, int] | None
) -> Tiles:
    out, inputs = array.shape
    shape = image_shape or _SHAPES_OF_IMAGES.get(inputs)
    if shape is None or inputs != int(np.prod(shape)):
        return Tiles("matrix", array[None], 1, ("matrix",))
    names = tuple(f"neuron {k}" for k in range(out))
    images = array.reshape(out, *shape)
    if shape[0] == 3 and color:
        return Tiles("neurons", np.moveaxis(images, 1, -1), None, names)
    return Tiles("neurons", images[:, min(channel or 0, shape[0] - 1)], None, names)


@dataclass(frozen=True)
class Statistics:
    """Of one tensor: mean, standard deviation, Euclidean norm, extremes."""

    name: str
    shape: tuple[int, ...]
    size: int
    mean: float
    std: float
    norm: float
    low: float
    high: float


def statistics(name: str, tensor: np.ndarray) -> Statistics:
    """Computed in float64; an empty tensor has NaN everywhere."""
    array = np.asarray(tensor, np.float64)
    if not array.size:
        return Statistics(name, array.shape, 0, *([float("nan")] * 5))
    with np.errstate(all="ignore"):  # numbers that went wrong give figures that are none
        return Statistics(
            name,
            array.shape,
            array.size,
            float(array.mean()),
            float(array.std()),
            float(np.linalg.norm(array)),
            float(array.min()),
            float(array.max()),
        )
