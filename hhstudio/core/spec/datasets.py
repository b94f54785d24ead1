"""Data sets that a stream can name: image shape, classes, and where their files are expected.

Known without loading anything, so that a spec is checked before a run and the window can show what it
would learn. Loading is :mod:`hhstudio.learn.data`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import platformdirs


class DatasetInfo(NamedTuple):
    """``shape``: channels, height, width. ``files``: expected below the data folder; ``archive``: the
    download that holds them all, if they come as one."""

    name: str
    title: str
    shape: tuple[int, int, int]
    classes: int
    files: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    archive: str = ""


_DIGITS = tuple("0123456789")
_FASHION = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot")
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
    camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup
    dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower
    leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid
    otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray
    road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
    sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle
    wardrobe whale willow_tree wolf woman worm"""
_IDX = tuple(
    f"{split}-{kind}-ubyte" for split in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)
_BATCHES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")


def _below(folder: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo("digits", "Digits 8×8 (shipped)", (1, 8, 8), 10, (), _DIGITS),
        DatasetInfo("mnist", "MNIST", (1, 28, 28), 10, _below("MNIST/raw", _IDX), _DIGITS),
        DatasetInfo(
            "fashion-mnist", "Fashion-MNIST", (1, 28, 28), 10, _below("FashionMNIST/raw", _IDX), _FASHION
        ),
        DatasetInfo(
            "cifar10", "CIFAR-10", (3, 32, 32), 10, _below("cifar-10-batches-py", _BATCHES), _CIFAR10,
            "cifar-10-python.tar.gz",
        ),
        DatasetInfo(
            "cifar100", "CIFAR-100", (3, 32, 32), 100, _below("cifar-100-python", ("train", "test")),
            tuple(_CIFAR100.split()), "cifar-100-python.tar.gz",
        ),
    )
}  # fmt: skip

FOLDER = "folder"
"""The name under which a stream uses a folder of images, one sub-folder a class."""

DATA_VARIABLE = "HHSTUDIO_DATA"
"""Environment variable that names the data folder."""


def default_data_root() -> Path:
    """Where data sets are kept unless ``--data`` says otherwise: ``$HHSTUDIO_DATA``, or ``hhstudio/data``
    below the user's data folder. It need not exist."""
    chosen = os.environ.get(DATA_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("hhstudio", appauthor=False)) / "data"
