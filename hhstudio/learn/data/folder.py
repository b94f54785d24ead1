"""Folder of images: one sub-folder a class, images of any size in common formats."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from hhstudio.core.errors import DataError
from hhstudio.core.spec.datasets import IMAGE_SUFFIXES, DatasetInfo, folder_splits
from hhstudio.learn.data.access import DataAccess, LoadedDataset
from hhstudio.learn.data.statistics import channel_statistics, split_indices

#: Formats that Pillow reads by itself, without handing the file to another program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")

#: Share of a class's images that are test images where the folder has no ``test`` of its own.
TEST_SHARE = 0.2

#: Images between two reports of progress.
_EVERY = 32


def load_folder(info: DatasetInfo, path: Path, classes: Iterable[int], access: DataAccess) -> LoadedDataset:
    """Images of some classes, RGB, resized to fill the square of ``info.shape``.

    The longer side is cropped evenly.

    Parameters
    ----------
    info : DatasetInfo
    path : Path
    classes : iterable of int
        Labels that are used; no others are read.
    access : DataAccess

    Returns
    -------
    LoadedDataset

    Raises
    ------
    DataError
        Names the images that cannot be read.
    """
    used = sorted(set(classes))
    train_folder, test_folder = folder_splits(path)
    listed = _listed(train_folder, used, info)
    test_listed = [] if test_folder is None else _listed(test_folder, used, info)
    files = listed + test_listed
    if not files:
        raise DataError(f"{path}: holds no images of the classes asked for")
    images, resized = _read([file for file, _ in files], info.shape[1], path, access)
    labels = np.array([label for _, label in files], np.int64)
    if test_folder is None:
        train, test = split_indices(labels, TEST_SHARE)
    else:
        train, test = np.arange(len(listed)), np.arange(len(listed), len(files))
    notices = []
    if resized:
        side = info.shape[1]
        notices.append(
            f"{path}: {resized} of {len(files)} images were not {side}×{side} and were resized and cropped"
        )
    if test_folder is None:
        notices.append(f"{path}: no test folder, so {TEST_SHARE:.0%} of each class became test images")
    mean, std = channel_statistics(images[train])
    return LoadedDataset(
        info, images[train], labels[train], images[test], labels[test], mean, std, notices=tuple(notices)
    )


def _listed(folder: Path, used: list[int], info: DatasetInfo) -> list[tuple[Path, int]]:
    """Image files below each class's folder, in a fixed order, with the number of the class."""
    listed = []
    for label in used:
        below = folder / info.class_names[label]
        files = below.rglob("*") if below.is_dir() else ()
        listed += [
            (file, label)
            for file in sorted(files)
            if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
        ]
    return listed


def _read(files: list[Path], side: int, root: Path, access: DataAccess) -> tuple[np.ndarray, int]:
    """Images (N, 3, side, side) uint8, and how many of them had another size."""
    images = np.empty((len(files), 3, side, side), np.uint8)
    broken: list[str] = []
    resized = 0
    for index, file in enumerate(files):
        if index % _EVERY == 0:
            access.report(f"reading images of {root.name}", index, len(files))
        try:
            pixels, fitted = _decoded(file, side)
        except Exception as error:  # Pillow's decoders raise many things for damaged images
            reason = " ".join(str(error).replace(str(file), file.name).split())
            broken.append(f"{file.relative_to(root)} ({reason[:120] or type(error).__name__})")
            continue
        images[index] = pixels
        resized += fitted
    access.report(f"reading images of {root.name}", len(files), len(files))
    if broken:
        count = "1 image" if len(broken) == 1 else f"{len(broken)} images"
        more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
        raise DataError(
            f"{root}: {count} cannot be read: {'; '.join(broken[:3])}{more}. Repair or remove them"
        )
    return images, resized


def _decoded(file: Path, side: int) -> tuple[np.ndarray, bool]:
    """One image (3, side, side), and whether it had another size."""
    with Image.open(file, formats=_FORMATS) as opened:
        opened.draft("RGB", (side, side))  # lets a large JPEG be decoded at a fraction of its size
        size = opened.size
        image = ImageOps.exif_transpose(opened)
        if image.mode.startswith("I;16"):
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        image = image.convert("RGB")
    fitted = size != (side, side)
    if fitted:
        image = ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)
    return np.asarray(image).transpose(2, 0, 1), fitted
