"""MNIST and Fashion-MNIST: four files in the IDX format, as torchvision keeps them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torchvision import datasets
from torchvision.datasets.mnist import read_image_file, read_label_file

from hhstudio.core.errors import DataError
from hhstudio.core.spec.datasets import DatasetInfo
from hhstudio.learn.data.access import (
    DataAccess,
    LoadedDataset,
    check_images,
    missing_data,
    unverified_notice,
)
from hhstudio.learn.data.download import DownloadError, fetch
from hhstudio.learn.data.files import checksum_mismatch, file_md5, gzip_content_md5, unpack_gzip

_CLASSES = {"mnist": datasets.MNIST, "fashion-mnist": datasets.FashionMNIST}
_STATISTICS = {"mnist": (0.1307, 0.3081), "fashion-mnist": (0.2860, 0.3530)}

#: torchvision knows the packed files only; these are MNIST's as they are unpacked.
_UNPACKED = {
    "mnist": {
        "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
        "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
        "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
        "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
    }
}


def load_idx(info: DatasetInfo, access: DataAccess) -> LoadedDataset:
    """MNIST or Fashion-MNIST, fetched and unpacked first if need be.

    Parameters
    ----------
    info : DatasetInfo
    access : DataAccess

    Returns
    -------
    LoadedDataset

    Raises
    ------
    DataError
        For missing, damaged or unverified files.
    """
    dataset = _CLASSES[info.name]
    packed_md5 = dict(dataset.resources)
    paths = [access.root / name for name in info.files]
    present = [path for path in paths if _present(path)]
    unverified = [path for path in present if not _verified(info, path, packed_md5, access)]
    _fetch_missing(info, paths, dataset.mirrors, packed_md5, access)
    for path in paths:
        if not path.is_file():
            access.report(f"unpacking {path.name}", 0, 0)
            unpack_gzip(_packed(path), path, lambda done: None)
    train_images, train_labels, test_images, test_labels = _read(info, paths)
    mean, std = _STATISTICS[info.name]
    notices = (unverified_notice(info, unverified),) if unverified else ()
    return LoadedDataset(
        info, train_images, train_labels, test_images, test_labels, (mean,), (std,), bool(unverified), notices
    )


def _packed(path: Path) -> Path:
    return path.with_name(path.name + ".gz")


def _present(path: Path) -> bool:
    return path.is_file() or _packed(path).is_file()


def _verified(info: DatasetInfo, path: Path, packed_md5: dict[str, str], access: DataAccess) -> bool:
    """Whether a file is the official one; False only with consent, else :class:`DataError`."""
    access.report(f"checking {path.name}", 0, 0)
    packed = _packed(path)
    packed_found = file_md5(packed) if packed.is_file() else ""
    official = packed_found == packed_md5[packed.name]
    if not path.is_file():
        expected, actual, at_fault = packed_md5[packed.name], packed_found, packed
    else:
        expected = _UNPACKED.get(info.name, {}).get(path.name, "")
        actual, at_fault = file_md5(path), path
        if not expected and official:
            expected = gzip_content_md5(packed) or ""
    if actual == expected:
        return True
    if access.allow_unverified:
        return False
    if not expected:
        raise DataError(
            f"{path} cannot be checked without {packed.name} beside it (md5 {packed_md5[packed.name]}); "
            "to use it all the same, allow unverified data (--allow-unverified)"
        )
    raise checksum_mismatch(at_fault, expected, actual)


def _fetch_missing(
    info: DatasetInfo, paths: list[Path], mirrors: list[str], packed_md5: dict[str, str], access: DataAccess
) -> None:
    for path in paths:
        if not _present(path):
            packed = _packed(path)
            try:
                fetch([m + packed.name for m in mirrors], packed, packed_md5[packed.name], access)
            except DownloadError as error:
                missing = [path for path in paths if not _present(path)]
                raise missing_data(info, access.root, missing, str(error)) from None


def _read(info: DatasetInfo, paths: list[Path]) -> list[np.ndarray]:
    arrays: list[np.ndarray] = []
    for images_path, labels_path in (paths[:2], paths[2:]):
        at_fault = images_path
        try:
            images = read_image_file(str(images_path)).numpy()[:, None]
            at_fault = labels_path
            labels = read_label_file(str(labels_path)).numpy()
        except Exception as error:  # torchvision's reader says nothing definite about damaged files
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DataError(f"{at_fault} is not a file of {info.title}: {reason}") from None
        check_images(info, images_path, images, labels)
        arrays += [images, labels]
    return arrays
