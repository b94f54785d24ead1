"""Statistics of images and labels alone: normalisation, and the split into training and test images."""

from __future__ import annotations

import numpy as np

#: Images counted at once; counting widens every pixel to eight bytes.
_BLOCK = 4096


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel.

    Parameters
    ----------
    images : ndarray, shape (N, C, H, W), uint8

    Returns
    -------
    mean, std : tuple of float
        C of each, in units of the full range 0 to 255; a blank channel has ``std`` 1.
    """
    counts = np.zeros((images.shape[1], 256))
    for start in range(0, len(images), _BLOCK):
        for channel, row in enumerate(counts):
            row += np.bincount(images[start : start + _BLOCK, channel].reshape(-1), minlength=256)
    levels = np.arange(256) / 255.0
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    mean = share @ levels
    std = np.sqrt((share * (levels - mean[:, None]) ** 2).sum(1))
    # A blank channel has no spread; 1 leaves it at zero instead of dividing by it.
    return tuple(mean.tolist()), tuple(np.where(std > 1e-6, std, 1.0).tolist())


def split_indices(labels: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Indices of training and test images.

    Never drawn from a run's seed: all runs are comparable. A class's split depends on no other class.

    Parameters
    ----------
    labels : ndarray, shape (N,), integers
    share : float
        Of each class in the test set, 0 to 1; at least one image of a class on both sides where it has two.

    Returns
    -------
    train, test : ndarray, int64
        Ascending.
    """
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        at = np.flatnonzero(labels == label)
        order = np.random.Generator(np.random.PCG64(int(label))).permutation(at)
        chosen[order[: min(max(1, round(len(at) * share)), len(at) - 1)]] = True
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)
