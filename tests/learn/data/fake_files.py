"""Small files in the real formats, written by the tests themselves."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
from PIL import Image


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of uint8 in the IDX format of MNIST (type 8, big-endian sizes)."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(root: Path, name: str = "MNIST", per_class: int = 6, packed: bool = False) -> Path:
    """MNIST's four files with ``per_class`` images of each digit, every pixel = digit; test set alike."""
    raw = root / name / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    labels = np.repeat(np.arange(10, dtype=np.uint8), per_class)
    images = np.ones((len(labels), 28, 28), np.uint8) * labels[:, None, None]
    for split in ("train", "t10k"):
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            path = raw / f"{split}-{kind}-ubyte"
            if packed:
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(idx_bytes(array), mtime=0))
            else:
                path.write_bytes(idx_bytes(array))
    return raw


def cifar_entry(labels: list[int], key: str) -> dict[str, object]:
    data = np.repeat(np.array(labels, np.uint8)[:, None], 3072, 1)
    return {"batch_label": "x", "data": data, key: labels, "filenames": ["a.png"] * len(labels)}


def write_cifar100(root: Path, classes: int = 100, per_class: int = 5) -> Path:
    """CIFAR-100's two files with the first classes only, every pixel = class."""
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True, exist_ok=True)
    entry = cifar_entry(np.repeat(np.arange(classes), per_class).tolist(), "fine_labels")
    for name in ("train", "test"):
        (folder / name).write_bytes(pickle.dumps(entry, protocol=2))
    return folder


def write_cifar10(root: Path, batches: tuple[int, ...] = (1,), per_class: int = 5) -> Path:
    """Some of CIFAR-10's training batches and its test batch, every pixel = class."""
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True, exist_ok=True)
    entry = cifar_entry(np.repeat(np.arange(10), per_class).tolist(), "labels")
    for name in [*(f"data_batch_{i}" for i in batches), "test_batch"]:
        (folder / name).write_bytes(pickle.dumps(entry, protocol=2))
    return folder


def write_images(folder: Path, colour: tuple[int, int, int], count: int, size: tuple[int, int]) -> None:
    """``count`` PNG images of one colour."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        Image.new("RGB", size, colour).save(folder / f"{index:03d}.png")
