"""Class pictures: one of every class, for the window, which imports no torch and opens no pickle.

Arrays and image files are read here. CIFAR's files are pickles: a process of its own reads them, by the
way that checks them (:mod:`hhstudio.learn.data`), and hands back an array.
"""

from __future__ import annotations

import gzip
import math
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from hhstudio.core import interpreter
from hhstudio.core.errors import DataError, HHStudioError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.core.resources import resource
from hhstudio.core.spec.datasets import DATASETS, FOLDER
from hhstudio.core.spec.image_folder import class_entries, folder_classes, folder_splits
from hhstudio.core.spec.spec import Stream
from hhstudio.core.spec.stream_data import folder_path

SIDE = 32
"""Pixels of the longer side of a picture from a folder."""
_LOOKED_AT = 3000
"""Images of a file in which each class is looked for."""
_TIME_LIMIT = 60.0
"""Seconds for the process that reads pickles."""


def thumbnails(
    dataset: str,
    stream: Stream,
    data_root: Path,
    allow_unverified: bool = False,
    cancelled: threading.Event | None = None,
) -> dict[int, np.ndarray]:
    """One image of each class. Blocks: for a thread; downloads nothing.

    Parameters
    ----------
    dataset, stream
        Which data set; of a folder of images, the stream says where it is.
    data_root
        Folder of the data sets.
    allow_unverified
        Also files that match no known checksum.
    cancelled
        Set it to give up.

    Returns
    -------
    dict
        (H, W) or (H, W, 3) uint8 by label. Classes without an image are left out.

    Raises
    ------
    DataError
        When the data are not there.
    """
    if dataset == "digits":
        with np.load(resource("data/digits.npz"), allow_pickle=False) as file:
            images, labels = file["images"], file["labels"]
        return _first_of_each(_eight_bit(images), labels)
    if dataset == FOLDER:
        return _from_folder(stream)
    info = DATASETS.get(dataset)
    if info is None:
        raise DataError(f"there is no data set {dataset!r}")
    if any("idx3" in name for name in info.files):
        images_file, labels_file = (data_root / info.files[at] for at in (2, 3))
        images = _idx(images_file, _LOOKED_AT)
        return _first_of_each(images, _idx(labels_file, _LOOKED_AT))
    return _from_process(dataset, data_root, allow_unverified, cancelled or threading.Event())


def _eight_bit(images: np.ndarray) -> np.ndarray:
    """Images of any range as uint8, the largest value white."""
    if images.dtype == np.uint8 and images.max(initial=0) > 32:
        return images
    return (images.astype(np.float32) / max(float(images.max(initial=0)), 1e-9) * 255).astype(np.uint8)


def _first_of_each(images: np.ndarray, labels: np.ndarray) -> dict[int, np.ndarray]:
    count = min(len(images), len(labels))
    classes, first = np.unique(np.asarray(labels[:count]), return_index=True)
    return {int(label): np.squeeze(images[place]) for label, place in zip(classes, first, strict=True)}


def _idx(path: Path, most: int) -> np.ndarray:
    """The first entries of an IDX file of bytes, packed or not. Raises :class:`DataError`."""
    packed = path.with_name(path.name + ".gz")
    try:
        source = open_to_read(path if path.is_file() else packed)
        with source, source if path.is_file() else gzip.open(source) as file:
            head = file.read(4)
            if len(head) < 4 or head[:3] != b"\x00\x00\x08" or not 1 <= head[3] <= 3:
                raise DataError(f"{path}: is not an IDX file of bytes")
            sizes = [int.from_bytes(file.read(4), "big") for _ in range(head[3])]
            count, each = min(sizes[0], most), math.prod(sizes[1:])
            if not 0 < each <= 1_000_000:
                raise DataError(f"{path}: its images are empty or too large to be looked at")
            data = file.read(count * each)
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    count = len(data) // each
    return np.frombuffer(data[: count * each], np.uint8).reshape(count, *sizes[1:])


def _from_folder(stream: Stream) -> dict[int, np.ndarray]:
    """The first image of every sub-folder. Raises :class:`DataError`."""
    from PIL import Image

    root = folder_path(stream)
    train, _ = folder_splits(root)
    pictures: dict[int, np.ndarray] = {}
    try:
        for label, name in enumerate(folder_classes(root)[:1000]):
            entries = class_entries(train / name, root)
            first = next((entry.path for entry in entries if not entry.skipped), None)
            if first is None:
                continue
            with Image.open(first) as opened:
                image: Image.Image = opened
                if image.mode == "F" or image.mode.startswith("I"):
                    image = Image.fromarray(_spread(np.asarray(image, np.float32)))
                image.thumbnail((SIDE, SIDE))
                pictures[label] = np.asarray(image.convert("RGB"))
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{train}: cannot be looked at ({error})") from None
    return pictures


def _spread(pixels: np.ndarray) -> np.ndarray:
    """Pixels of more than 8 bits as uint8, from the smallest in the image to the largest."""
    pixels = np.nan_to_num(pixels)
    low, high = float(pixels.min(initial=0)), float(pixels.max(initial=0))
    return ((pixels - low) / max(high - low, 1e-9) * 255).astype(np.uint8)


def _from_process(
    dataset: str, data_root: Path, allow_unverified: bool, cancelled: threading.Event
) -> dict[int, np.ndarray]:
    """What another process reads. Raises :class:`DataError` with its last word."""
    with tempfile.TemporaryDirectory(prefix="hhstudio-") as folder:
        out, stderr = Path(folder) / "pictures.npz", Path(folder) / "stderr.txt"
        words = [dataset, str(data_root), str(out), "unverified" if allow_unverified else "verified"]
        command = interpreter.command("hhstudio.service.class_pictures", *words)
        try:
            with stderr.open("wb") as errors:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    env=interpreter.environment(),
                )
        except OSError as error:
            raise DataError(f"{dataset}: no process could read its images ({error})") from None
        _wait(process, cancelled)
        if process.returncode or not out.is_file():
            lines = stderr.read_text(errors="replace").strip().splitlines()
            raise DataError(lines[-1] if lines else f"{dataset}: its images cannot be read")
        with np.load(out, allow_pickle=False) as file:
            return {int(label): image for label, image in zip(file["labels"], file["images"], strict=True)}


def _wait(process: subprocess.Popen[bytes], cancelled: threading.Event) -> None:
    """Until it ends, or is ended because it takes too long or nobody wants its answer any more."""
    until = time.monotonic() + _TIME_LIMIT
    while process.poll() is None:
        if time.monotonic() > until or cancelled.wait(0.1):
            process.kill()
            process.wait()


def _main(dataset: str, data_root: str, out: str, trust: str) -> int:
    """Read with torch at hand and write labels (K,) and images (K, H, W, 3) uint8 to an .npz."""
    from hhstudio.learn.data.access import DataAccess
    from hhstudio.learn.data.cifar import load_cifar

    access = DataAccess(Path(data_root), allow_unverified=trust == "unverified", download=False)
    try:
        source = load_cifar(DATASETS[dataset], access)
    except HHStudioError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    pictures = _first_of_each(source.test_images.transpose(0, 2, 3, 1), source.test_labels)
    np.savez(out, labels=np.array(list(pictures), np.int64), images=np.stack(list(pictures.values())))
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:5]))
