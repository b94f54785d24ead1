"""How a data set may be reached, and what it is once it is in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hhstudio.core.errors import DataError
from hhstudio.core.spec.datasets import DatasetInfo

Progress = Callable[[str, int, int], None]
"""Told what is being worked on, how much is done, and how much there is (bytes or images; 0 unknown)."""


@dataclass(frozen=True, eq=False)
class Access:
    """Where data are, whether files may be fetched, and whether files that match no known checksum are
    accepted."""

    root: Path
    allow_unverified: bool = False
    download: bool = True
    progress: Progress | None = None

    def report(self, what: str, done: int, total: int) -> None:
        if self.progress is not None:
            self.progress(what, done, total)


@dataclass(frozen=True, eq=False)
class Source:
    """A data set in memory. Images (N, C, H, W) uint8, labels (N,) int64; ``mean`` and ``std`` a channel,
    in units of the full range 0 to 255."""

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
    """The message for files that are not there: which, where, why they could not be fetched, what to do."""
    folder = missing[0].parent
    names = [path.name for path in missing]
    listed = names[0] if len(names) == 1 else "{" + ",".join(names) + "}"
    whole = "is not" if len(missing) == len(info.files) else "is not complete"
    return DataError(
        f"{info.title} {whole} in {root}: expected {folder}/{listed}; {why}. "
        f"Put the files there or pass --data DIR{hint}"
    )


def unverified_notice(info: DatasetInfo, paths: Iterable[Path]) -> str:
    """What is said, and kept in the session, of files accepted with the user's consent."""
    names = ", ".join(sorted(path.name for path in paths))
    return f"{info.title}: accepted although no known checksum matches: {names}"


def checked(info: DatasetInfo, where: Path, images: np.ndarray, labels: np.ndarray) -> None:
    """Raise :class:`DataError` unless images and labels are what ``info`` says, one label an image."""
    problem = ""
    if images.dtype != np.uint8 or images.shape[1:] != info.shape:
        problem = f"its images are {images.dtype} of shape {images.shape[1:]}, not uint8 {info.shape}"
    elif labels.shape != images.shape[:1] or labels.dtype.kind not in "iu":
        problem = f"it has {len(images)} images and {labels.size} labels"
    elif labels.size and not 0 <= labels.min() <= labels.max() < info.classes:
        problem = f"it has labels {labels.min()} to {labels.max()}, not 0 to {info.classes - 1}"
    if problem:
        raise DataError(f"{where} is not {info.title}: {problem}")
