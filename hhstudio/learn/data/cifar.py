"""CIFAR-10 and CIFAR-100: pickles, opened only after their checksum or with the user's consent.

With consent the files may also be a part of the official ones: those that are there are used.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
from torchvision import datasets

from hhstudio.core.errors import DataError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.core.spec.datasets import DatasetInfo
from hhstudio.learn.data.access import (
    DataAccess,
    LoadedDataset,
    check_images,
    missing_data,
    unverified_notice,
)
from hhstudio.learn.data.download import DownloadError, fetch
from hhstudio.learn.data.files import checksum_mismatch, file_md5, unpack_tar

_CLASSES = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}
_STATISTICS = {
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "cifar100": ((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}


def load_cifar(info: DatasetInfo, access: DataAccess) -> LoadedDataset:
    """CIFAR-10 or CIFAR-100, fetched first if need be.

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
    folder = access.root / dataset.base_folder
    official = {folder / name: md5 for name, md5 in dataset.train_list + dataset.test_list}
    unverified = {path for path in official if path.is_file() and not _verified(path, official[path], access)}
    missing = [path for path in official if not path.is_file()]
    notices = []
    train = [folder / name for name, _ in dataset.train_list]
    test = [folder / name for name, _ in dataset.test_list]
    if missing and _usable(train, test):
        if access.allow_unverified:
            train = [path for path in train if path.is_file()]
            names = ", ".join(path.name for path in missing)
            notices.append(f"{info.title} is not complete: {names} missing in {folder}; used without")
        else:
            hint = ", or use the part that is there (--allow-unverified)"
            _fetch_missing(info, dataset, missing, official, access, hint)
    elif missing:
        unverified |= _fetch_missing(info, dataset, missing, official, access, "")
    for path in sorted(unverified):
        _check_harmless(path, info)
    if unverified:
        notices.append(unverified_notice(info, unverified))
    train_images, train_labels = _read(info, dataset, access, train, test, training=True)
    test_images, test_labels = _read(info, dataset, access, train, test, training=False)
    mean, std = _STATISTICS[info.name]
    return LoadedDataset(
        info, train_images, train_labels, test_images, test_labels, mean, std, bool(notices), tuple(notices)
    )


def _usable(train: list[Path], test: list[Path]) -> bool:
    return any(path.is_file() for path in train) and all(path.is_file() for path in test)


def _verified(path: Path, expected: str, access: DataAccess) -> bool:
    """Whether a file is the official one; False only with consent, else :class:`DataError`."""
    access.report(f"checking {path.name}", 0, 0)
    md5 = file_md5(path)
    if md5 != expected and not access.allow_unverified:
        raise checksum_mismatch(path, expected, md5)
    return md5 == expected


def _fetch_missing(
    info: DatasetInfo,
    dataset: type[datasets.CIFAR10],
    missing: list[Path],
    official: dict[Path, str],
    access: DataAccess,
    hint: str,
) -> set[Path]:
    """Unpack the missing files from the archive, fetched first if need be; returns the unverified ones."""
    archive = access.root / dataset.filename
    if archive.is_file():
        _verified(archive, dataset.tgz_md5, access)
    else:
        try:
            fetch([dataset.url], archive, dataset.tgz_md5, access)
        except DownloadError as error:
            raise missing_data(info, access.root, missing, str(error), hint) from None
    wanted = {f"{dataset.base_folder}/{path.name}": path for path in missing}
    unpack_tar(archive, wanted, lambda done: access.report(f"unpacking {archive.name}", done, 0))
    return {path for path in missing if not _verified(path, official[path], access)}


class _ArraysOnly(pickle.Unpickler):
    """Reads numbers, texts and arrays; refuses everything else a pickle can name, code above all."""

    _ALLOWED = frozenset(
        [
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy.core.multiarray", "scalar"),
            ("numpy._core.multiarray", "scalar"),
            ("numpy.core.numeric", "_frombuffer"),
            ("numpy._core.numeric", "_frombuffer"),
            ("_codecs", "encode"),
        ]
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is not data")
        return super().find_class(module, name)


def _check_harmless(path: Path, info: DatasetInfo) -> None:
    """Consent is to other data, not to code: a pickle that would run something is refused even then."""
    try:
        with open_to_read(path) as file:
            entry = _ArraysOnly(file, encoding="latin1").load()
    except Exception as error:  # a damaged pickle raises nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{path} is not a file of {info.title}: {reason}") from None
    if not isinstance(entry, dict) or "data" not in entry or not {"labels", "fine_labels"} & set(entry):
        raise DataError(f"{path} is not a file of {info.title}: it holds no data and labels")


def _read(
    info: DatasetInfo,
    dataset: type[datasets.CIFAR10],
    access: DataAccess,
    train: list[Path],
    test: list[Path],
    *,
    training: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels through torchvision's loader, from the given files (checked before)."""

    class Checked(dataset):
        train_list = [[path.name, None] for path in train]
        test_list = [[path.name, None] for path in test]

        def _load_meta(self) -> None:
            """The names of the classes are known: one pickle less to open."""

    paths = train if training else test
    access.report(f"reading {info.title}", 0, 0)
    try:
        loaded = Checked(access.root, train=training)
        images, labels = loaded.data.transpose(0, 3, 1, 2), np.asarray(loaded.targets)
    except Exception as error:  # with consent, files may hold anything that looks like data
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{paths[0]} is not a file of {info.title}: {reason}") from None
    check_images(info, paths[0], images, labels)
    return images, labels.astype(np.int64)
