"""Data access: where data sets are, what may be fetched, and a data set once it is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hhstudio.core.errors import DataError
from hhstudio.core.spec.datasets import DatasetInfo

ProgressCallback = Callable[[str, int, int], None]
"""Told what is being worked on, how much is done, and how much there is (bytes or images; 0 unknown)."""


@dataclass(frozen=True, eq=False)
class DataAccess:
    """Place of data, and permission to fetch or accept them.

    Attributes
    ----------
    root : Path
        The data folder.
    allow_unverified : bool
        Whether files that match no known checksum are accepted.
    download : bool
        Whether files may be fetched.
    progress : callable, optional
        :data:`ProgressCallback`.
    """

    root: Path
    allow_unverified: bool = False
    download: bool = True
    progress: ProgressCallback | None = None

    def report(self, what: str, done: int, total: int) -> None:
        """Tell :attr:`progress`.

        Parameters
        ----------
        what : str
            What is being worked on.
        done, total : int
            Bytes or images; ``total`` 0 where unknown.
        """
        if self.progress is not None:
            self.progress(what, done, total)


@dataclass(frozen=True, eq=False)
class LoadedDataset:
    """Data set in memory.

    Attributes
    ----------
    info : DatasetInfo
    train_images, test_images : ndarray, shape (N, C, H, W), uint8
    train_labels, test_labels : ndarray, shape (N,), int64
    mean, std : tuple of float
        A channel, in units of the full range 0 to 255.
    unverified : bool
        Files were accepted that match no known checksum.
    notices : tuple of str
        What a user should know about the data, one line each.
    """

    info: DatasetInfo
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    mean: tuple[float, ...]
    std: tuple[float, ...]
    unverified: bool = False
    notices: tuple[str, ...] = ()


def missing_data(info: DatasetInfo, root: Path, missing: list[Path], why: str, hint: str = "") -> DataError:
    """Error for files that are not there: which, where, why they could not be fetched, what to do.

    Parameters
    ----------
    info : DatasetInfo
    root : Path
        The data folder.
    missing : list of Path
        At least one.
    why : str
    hint : str
        Appended.

    Returns
    -------
    DataError
    """
    folder = missing[0].parent
    names = [path.name for path in missing]
    listed = names[0] if len(names) == 1 else "{" + ",".join(names) + "}"
    whole = "is not" if len(missing) == len(info.files) else "is not complete"
    return DataError(
        f"{info.title} {whole} in {root}: expected {folder}/{listed}; {why}. "
        f"Put the files there or pass --data DIR{hint}"
    )


def unverified_notice(info: DatasetInfo, paths: Iterable[Path]) -> str:
    """Notice for files accepted with the user's consent, which the session keeps.

    Parameters
    ----------
    info : DatasetInfo
    paths : iterable of Path

    Returns
    -------
    str
    """
    names = ", ".join(sorted(path.name for path in paths))
    return f"{info.title}: accepted although no known checksum matches: {names}"


def check_images(info: DatasetInfo, where: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Refuse images and labels that are not what ``info`` says, one label an image.

    Parameters
    ----------
    info : DatasetInfo
    where : Path
        Named in the error.
    images : ndarray
        Expected: (N, C, H, W), uint8.
    labels : ndarray
        Expected: (N,), integers below ``info.classes``.

    Raises
    ------
    DataError
    """
    problem = ""
    if images.dtype != np.uint8 or images.shape[1:] != info.shape:
        problem = f"its images are {images.dtype} of shape {images.shape[1:]}, not uint8 {info.shape}"
    elif labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        problem = f"it has {len(images)} images and {labels.size} labels"
    elif labels.size and not 0 <= labels.min() <= labels.max() < info.classes:
        problem = f"it has labels {labels.min()} to {labels.max()}, not 0 to {info.classes - 1}"
    if problem:
        raise DataError(f"{where} is not {info.title}: {problem}")
