"""Folder of images: one sub-folder a class, images of any size in common formats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, features

from hhstudio.core.errors import DataError
from hhstudio.core.formatting import size
from hhstudio.core.machine_memory import machine_memory
from hhstudio.core.spec.datasets import DatasetInfo
from hhstudio.core.spec.image_folder import FolderEntry, class_entries, folder_splits, stray_images
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.stream_data import folder_path
from hhstudio.learn.data.access import DataAccess, LoadedDataset
from hhstudio.learn.data.deep_images import DeepImage, fill_in
from hhstudio.learn.data.statistics import channel_statistics, split_indices

#: Formats that Pillow reads by itself, without handing the file to another program.
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM", *(["AVIF"] if features.check("avif") else []))

#: Share of a class's images that are test images where the folder has no ``test`` of its own.
TEST_SHARE = 0.2

#: Images between two reports of progress.
_EVERY = 32

#: Files that a notice names; the others are counted.
_NAMED = 5


def load_folder(
    info: DatasetInfo, stream: Stream, classes: Iterable[int], access: DataAccess
) -> LoadedDataset:
    """Images of some classes, RGB or grey, resized to fill the square of ``info.shape``.

    The longer side is cropped evenly. Images of more than 8 bits are spread over 0 to 255
    (:mod:`~hhstudio.learn.data.deep_images`).

    Parameters
    ----------
    info : DatasetInfo
    stream : Stream
        Which folder, and how its images are read (``image_…``).
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
    path = folder_path(stream)
    used = sorted(set(classes))
    train_folder, test_folder = folder_splits(path)
    skipped = [entry for folder in (train_folder, test_folder) if folder for entry in stray_images(folder)]
    listed = _listed(train_folder, used, info, path, skipped)
    test_listed = [] if test_folder is None else _listed(test_folder, used, info, path, skipped)
    files = listed + test_listed
    if not files:
        raise DataError(f"{path}: holds no images of the classes asked for{_skipped_text(skipped, path)}")
    labels = np.array([label for _, label in files], np.int64)
    if test_folder is None:
        train, test = split_indices(labels, TEST_SHARE)
    else:
        train, test = np.arange(len(listed)), np.arange(len(listed), len(files))
    check_memory(stream, len(files), info.shape)
    reading = _Reading(stream, np.empty((len(files), *info.shape), np.uint8))
    reading.read([file for file, _ in files], path, access)
    notices = [f"{path}: {text}" for text in reading.finish(train)]
    if skipped:
        notices.append(f"{path}{_skipped_text(skipped, path)}")
    if test_folder is None:
        notices.append(f"{path}: no test folder, so {TEST_SHARE:.0%} of each class became test images")
    images = reading.images
    mean, std = channel_statistics(images[train])
    return LoadedDataset(
        info, images[train], labels[train], images[test], labels[test], mean, std, notices=tuple(notices)
    )


def check_memory(stream: Stream, count: int, shape: tuple[int, int, int]) -> None:
    """Refuse images that the memory of this machine cannot hold.

    Parameters
    ----------
    stream : Stream
    count : int
        Number of images.
    shape : tuple of int
        Channels, height, width: a byte for each.

    Raises
    ------
    DataError
        It names the size of the images, and what they would take.
    """
    needed, there = count * math.prod(shape), machine_memory()
    if needed > there:
        raise DataError(
            f"stream.image_size is {stream.image_size}: {count} images take {needed} bytes "
            f"({size(needed)}), and this machine has {size(there)} of memory; fewer classes, smaller or grey "
            "images take less"
        )


def _listed(
    folder: Path, used: list[int], info: DatasetInfo, root: Path, skipped: list[FolderEntry]
) -> list[tuple[Path, int]]:
    """Image files below each class's folder, in a fixed order, with the number of the class; what is none
    is added to ``skipped``."""
    listed = []
    for label in used:
        for entry in class_entries(folder / info.class_names[label], root):
            if not entry.skipped and entry.path.suffix.lower() == ".avif" and "AVIF" not in _FORMATS:
                entry = FolderEntry(entry.path, "is AVIF, which this Pillow does not read")
            if entry.skipped:
                skipped.append(entry)
            else:
                listed.append((entry.path, label))
    return listed


def _skipped_text(skipped: Sequence[FolderEntry], root: Path) -> str:
    """``: 2 files were skipped: …``; empty where none were."""
    if not skipped:
        return ""
    count = "1 file was" if len(skipped) == 1 else f"{len(skipped)} files were"
    named = "; ".join(f"{entry.path.relative_to(root)} {entry.skipped}" for entry in skipped[:_NAMED])
    more = f"; and {len(skipped) - _NAMED} more" if len(skipped) > _NAMED else ""
    return f": {count} skipped: {named}{more}"


@dataclass
class _Reading:
    """Images as they are read, (N, C, side, side) uint8; those of more than 8 bits wait for their limits."""

    stream: Stream
    images: np.ndarray
    deep: dict[int, DeepImage] = field(default_factory=dict)
    resized: int = 0
    halved: int = 0
    moving: int = 0

    def read(self, files: list[Path], root: Path, access: DataAccess) -> None:
        """Read all files. Raises DataError, which names those that cannot be read."""
        broken: list[str] = []
        for index, file in enumerate(files):
            if index % _EVERY == 0:
                access.report(f"reading images of {root.name}", index, len(files))
            try:
                self._read(index, file)
            except Exception as error:  # Pillow's decoders raise many things for damaged images
                reason = " ".join(str(error).replace(str(file), file.name).split())
                broken.append(f"{file.relative_to(root)} ({reason[:120] or type(error).__name__})")
        access.report(f"reading images of {root.name}", len(files), len(files))
        if broken:
            count = "1 image" if len(broken) == 1 else f"{len(broken)} images"
            more = f" and {len(broken) - 3} more" if len(broken) > 3 else ""
            raise DataError(
                f"{root}: {count} cannot be read: {'; '.join(broken[:3])}{more}. Repair or remove them"
            )

    def finish(self, train: np.ndarray) -> list[str]:
        """Fill in the images of more than 8 bits, and say what a user should know of all of them."""
        count, side = len(self.images), self.stream.image_size
        notices = []
        if self.resized:
            notices.append(
                f"{self.resized} of {count} images were not {side}×{side} and were resized and cropped"
            )
        notices += fill_in(self.images, self.deep, train, self.stream.image_depth)
        if self.halved:
            notices.append(
                f"{self.halved} of {count} images have 16 bits a colour, of which the upper 8 are read"
            )
        if self.moving:
            notices.append(f"{self.moving} of {count} files hold several pictures; the first is read")
        return notices

    def _read(self, index: int, file: Path) -> None:
        square = (self.stream.image_size,) * 2
        mode = "L" if self.stream.image_color == "grey" else "RGB"
        with Image.open(file, formats=_FORMATS) as opened:
            self.moving += bool(getattr(opened, "is_animated", False))
            deep = opened.mode == "F" or opened.mode.startswith("I")
            halved = not deep and any(";16" in str(tile[3]) for tile in opened.tile)
            opened.draft(mode, square)  # decodes a large JPEG at a fraction of its size
            size = opened.size
            image = ImageOps.exif_transpose(opened)
            if deep:
                values = np.asarray(image)
                if not np.isfinite(values).all():
                    raise ValueError("holds values that are no finite numbers")
                image = Image.fromarray(values.astype(np.float32))
            else:
                image = self._opaque(image).convert(mode)
        fitted = size != square
        if fitted:
            image = ImageOps.fit(image, square, Image.Resampling.BILINEAR)
        pixels = np.asarray(image)
        if deep:
            self.deep[index] = DeepImage(pixels, whole=values.dtype.kind != "f")
        else:
            self.images[index] = pixels if mode == "L" else pixels.transpose(2, 0, 1)
        self.resized += fitted
        self.halved += halved

    def _opaque(self, image: Image.Image) -> Image.Image:
        """On a background, where one is wanted and the image is transparent."""
        if self.stream.image_alpha == "ignored" or not image.has_transparency_data:
            return image
        front = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", front.size, self.stream.image_alpha), front)
