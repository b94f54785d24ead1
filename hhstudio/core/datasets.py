"""The data sets that a stream can name: image shape, classes, and where their files are expected.

Known without loading anything, so that a spec is checked before a run and the window can show what it
would learn. Loading is :mod:`hhstudio.learn.data`.
"""

from __future__ import annotations

from typing import NamedTuple


class DatasetInfo(NamedTuple):
    """``shape``: channels, height, width. ``files``: expected below the data folder."""

    name: str
    title: str
    shape: tuple[int, int, int]
    classes: int
    files: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()


_DIGITS = tuple("0123456789")
_FASHION = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot")
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo("digits", "Digits 8×8 (shipped)", (1, 8, 8), 10, (), _DIGITS),
        DatasetInfo("mnist", "MNIST", (1, 28, 28), 10, ("MNIST/raw",), _DIGITS),
        DatasetInfo("fashion-mnist", "Fashion-MNIST", (1, 28, 28), 10, ("FashionMNIST/raw",), _FASHION),
        DatasetInfo("cifar10", "CIFAR-10", (3, 32, 32), 10, ("cifar-10-batches-py",), _CIFAR10),
        DatasetInfo("cifar100", "CIFAR-100", (3, 32, 32), 100, ("cifar-100-python",)),
    )
}

FOLDER = "folder"
"""The name under which a stream uses a folder of images, one sub-folder a class."""
