"""Folder of images: its training and test part, its classes, and the image files of each.

Decided from names alone; nothing is opened. Reading is :mod:`hhstudio.learn.data.folder`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hhstudio.core.errors import DataError

TRAIN_FOLDERS = ("train",)
TEST_FOLDERS = ("test", "val", "valid", "validation")
IMAGE_SUFFIXES = frozenset(
    [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif"]
)


class FolderEntry(NamedTuple):
    """A file below a folder of images; ``skipped`` says why it is none of its images, or is empty."""

    path: Path
    skipped: str = ""


def folder_splits(path: Path) -> tuple[Path, Path | None]:
    """Folders of training and test classes: ``train`` and ``test`` (or ``val``), in small letters or
    capitals, where both are there, else the folder itself and None (to be split)."""
    try:
        names = _subfolders(path)
    except OSError:
        return path, None
    for train in TRAIN_FOLDERS:
        for test in TEST_FOLDERS:
            pair = [_whatever_case(names, wanted) for wanted in (train, test)]
            if all(pair):
                return path / pair[0], path / pair[1]
    return path, None


def folder_classes(path: Path) -> tuple[str, ...]:
    """Names of the classes of a folder of images, sorted, numbers in them by size. Raises
    :class:`DataError`."""
    if not path.is_dir():
        raise DataError(f"{path}: there is no such folder of images")
    train, test = folder_splits(path)
    try:
        names = _subfolders(train)
        extra = [] if test is None else sorted(set(_subfolders(test)) - set(names), key=natural_key)
    except OSError as error:
        raise DataError(f"{path}: cannot be listed: {error.strerror or error}") from None
    if not names:
        raise DataError(f"{train}: holds no sub-folders; a folder of images has one sub-folder a class")
    if extra:
        raise DataError(f"{test}: {extra[0]!r} is a class here but not in {train}")
    return tuple(names)


def class_entries(folder: Path, root: Path) -> Iterator[FolderEntry]:
    """All files below the folder of a class, each folder's in the order of their names.

    Linked folders are followed where they lie within ``root`` (the folder of images) or the class's own
    folder, and each folder is entered once. What is no image, or cannot be entered, comes with the reason;
    hidden files that would be none anyway (.DS_Store) do not come at all.
    """
    if folder.is_dir():
        inside = (Path(os.path.realpath(root)), Path(os.path.realpath(folder)))
        yield from _entries(folder, inside, set())


def stray_images(folder: Path) -> Iterator[FolderEntry]:
    """Images that lie beside the classes' folders, and so belong to none."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file():
            yield FolderEntry(path, "lies in no class's folder")


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sorts names so that 2 comes before 10; where no number decides, as plain text."""
    parts = re.split(r"([0-9]+)", name)
    return tuple(int(part) if at % 2 else part for at, part in enumerate(parts)), name


def _entries(folder: Path, inside: tuple[Path, ...], entered: set[Path]) -> Iterator[FolderEntry]:
    real = Path(os.path.realpath(folder))
    entered.add(real)
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        yield FolderEntry(folder, f"cannot be listed: {error.strerror or error}")
        return
    for path in paths:
        if not path.is_dir():
            yield from _file(path)
            continue
        target = Path(os.path.realpath(path))
        if target in entered or target in real.parents:
            yield FolderEntry(path, "leads to a folder that was entered already")
        elif path.is_symlink() and not any(target.is_relative_to(each) for each in inside):
            yield FolderEntry(path, "leads out of the folder of images")
        else:
            yield from _entries(path, inside, entered)


def _file(path: Path) -> Iterator[FolderEntry]:
    image, hidden = path.suffix.lower() in IMAGE_SUFFIXES, path.name.startswith(".")
    if image and not hidden:
        yield FolderEntry(path, "" if path.is_file() else "is no file that can be read")
    elif image:
        yield FolderEntry(path, "is hidden")
    elif not hidden:
        yield FolderEntry(
            path, f"is no image by its suffix {path.suffix}" if path.suffix else "has no suffix"
        )


def _whatever_case(names: list[str], wanted: str) -> str:
    """The name that is ``wanted`` but for capitals, the exact one first; empty where there is none."""
    same = [name for name in names if name.lower() == wanted]
    return wanted if wanted in same else same[0] if same else ""


def _subfolders(path: Path) -> list[str]:
    names = [entry.name for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
    return sorted(names, key=natural_key)
