"""Loading a whole data set into memory: uint8 images, labels, and how to normalise them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hhstudio.core.datasets import DatasetInfo, dataset_info
from hhstudio.core.errors import DataError
from hhstudio.core.resources import resource
from hhstudio.core.spec import Stream

Progress = Callable[[str, int, int], None]
"""Told what is being worked on, how much is done, and how much there is (bytes or images; 0 unknown)."""


@dataclass(frozen=True, eq=False)
class Access:
    """How data may be reached: where, whether files may be fetched, and whether files that match no known
    checksum are accepted."""

    root: Path
    allow_unverified: bool = False
    download: bool = True
    progress: Progress | None = None

    def report(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)


@dataclass(frozen=True, eq=False)
class Source:
    """A data set in memory. Images (N, C, H, W) uint8, labels (N,) int64; ``mean`` and ``std`` a channel,
    in units of the full range 0 to 255."""

    info: DatasetInfo
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    mean: tuple[float, ...]
    std: tuple[float, ...]
    unverified: bool = False
    notices: tuple[str, ...] = ()


def load_source(name: str, stream: Stream, access: Access) -> Source:
    """The data set of that name, read from the data folder (or fetched into it first).

    Raises :class:`DataError` for data that are missing, damaged or not verified.
    """
    info = dataset_info(name, stream, access.root)
    if name == "digits":
        return _digits(info)
    raise DataError(f"{info.title} cannot be loaded yet")


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation a channel of (N, C, H, W) uint8 images, in units of the full range."""
    counts = np.stack([np.bincount(images[:, c].reshape(-1), minlength=256) for c in range(images.shape[1])])
    levels = np.arange(256) / 255.0
    share = counts / counts.sum(1, keepdims=True)
    mean = share @ levels
    std = np.sqrt((share * (levels[None] - mean[:, None]) ** 2).sum(1))
    # A blank channel has no spread; 1 leaves it at zero instead of dividing by it.
    return tuple(mean.tolist()), tuple(np.where(std > 1e-6, std, 1.0).tolist())


def split_indices(labels: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of training and test images, ``share`` of each class in the test set (at least one image of
    each class on both sides where it has two). Never drawn from a run's seed: all runs are comparable."""
    rng = np.random.Generator(np.random.PCG64(0))
    test = []
    for label in np.unique(labels):
        at = rng.permutation(np.flatnonzero(labels == label))
        count = min(max(1, round(len(at) * share)), len(at) - 1)
        test.append(at[:count])
    chosen = np.zeros(len(labels), bool)
    chosen[np.concatenate(test)] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _digits(info: DatasetInfo) -> Source:
    with np.load(resource("data/digits.npz"), allow_pickle=False) as file:
        raw, labels = file["images"], file["labels"].astype(np.int64)
    # Stored as counts 0 to 16; spread over the full range like every other data set.
    images = ((raw.astype(np.uint16) * 255 + 8) // 16).astype(np.uint8)[:, None]
    train, test = split_indices(labels, 0.2)
    mean, std = channel_statistics(images[train])
    return Source(info, images[train], labels[train], images[test], labels[test], mean, std)
