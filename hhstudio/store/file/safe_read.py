"""Safe reading of HDF5 files that anybody may have made.

Nothing that a file says is believed before it is checked: links lead nowhere but into the file, sizes
are compared with the bytes that are really there before memory is taken, only the standard filters
run, and whatever the library trips over becomes a one-line SessionError.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, TypeAlias

import h5py
import numpy as np

from hhstudio.core.errors import DamagedError, HHStudioError, SessionError, SpecError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.core.run.series import LAST_STEP
from hhstudio.store.file import bounds, file_format
from hhstudio.store.file.file_format import FORMAT, SPEC, TABLES

DAMAGE = (
    OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError,
    AssertionError, SystemError, EOFError, NotImplementedError,
)  # fmt: skip
"""What h5py and NumPy raise on files that are not what they seem."""

Owner: TypeAlias = h5py.Group | h5py.Dataset
Shape: TypeAlias = tuple[int | None, ...]

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


_SAVES = "`hhstudio recover` saves what can be saved"


@contextmanager
def reading(source: Path | str, where: str = "") -> Iterator[None]:
    """Turn whatever damaged or foreign content raises into a DamagedError that names the place. Numbers that
    are not finite are no reason to warn: they are what stands there."""
    try:
        with np.errstate(all="ignore"):
            yield
    except SessionError:
        raise
    except (*DAMAGE, SpecError) as error:
        raise _damaged(source, where, error) from None


@contextmanager
def computing(source: Path | str, where: str) -> Iterator[None]:
    """Turn what is raised while something is computed from what a file holds into a DamagedError: numbers
    that were read whole need not fit each other, nor be finite. Errors of ours say what they say."""
    try:
        with np.errstate(all="ignore"):
            yield
    except HHStudioError:
        raise
    except DAMAGE as error:
        raise _damaged(source, where, error) from error


def _damaged(source: Path | str, where: str, error: BaseException) -> DamagedError:
    what = " ".join(str(error).split())[:160] or type(error).__name__
    place = f" at {where}" if where else ""
    return DamagedError(f"{source}: damaged{place} ({what})", _SAVES)


def open_hdf5(path: Path, file: BinaryIO | None = None) -> h5py.File:
    """The file, open for reading, if it is a session of a version that we read.

    ``file``: read from this open file instead; ``path`` then only names it. Raises SessionError.
    """
    if file is None:
        _look_at(path)
    with reading(path):
        try:
            opened = h5py.File(file or path, "r")
        except OSError as error:
            raise _refused(path, error, file) from None
    try:
        with reading(path, "its attributes"):
            _check_format(path, opened)
    except BaseException:
        opened.close()
        raise
    return opened


def group(parent: h5py.Group, link: str) -> h5py.Group:
    """A group of the file itself. Raises DamagedError (via :func:`reading`) or KeyError."""
    child = _followed(parent, link)
    if not isinstance(child, h5py.Group):
        raise ValueError(f"{link} is not a group")
    return child


def links(parent: h5py.Group) -> Iterator[str]:
    """Names in a group."""
    for name in parent:
        yield name if isinstance(name, str) else name.decode("utf-8", "replace")


def dataset(parent: h5py.Group, link: str, kinds: str, shape: Shape | None = None) -> h5py.Dataset:
    """A data set, not read yet, that may be.

    Parameters
    ----------
    parent, link
        Where it is.
    kinds : str
        Kinds of NumPy types that it may have.
    shape : tuple of int or None, or None
        The shape that it must have; None in it for a side of any length, in place of it for any shape.

    Raises
    ------
    SessionError, or one of :data:`DAMAGE`
        For another type or shape, a size that cannot be, and what refers to another file.
    """
    stored = _followed(parent, link)
    if not isinstance(stored, h5py.Dataset):
        raise ValueError(f"{link} is not a data set")
    if stored.is_virtual or stored.external:
        raise SessionError(
            f"{parent.file.filename}: {stored.name} refers to another file; sessions keep everything in one "
            "file, so it is refused"
        )
    if stored.dtype.kind not in kinds or stored.dtype.fields is not None:
        raise ValueError(f"{link} has the type {stored.dtype}")
    if shape is not None and not _fits(stored.shape, shape):
        raise ValueError(f"{link} has the shape {stored.shape}, not {_in_words(shape)}")
    bounds.check_size(stored)
    return stored


def _fits(shape: tuple[int, ...] | None, wanted: Shape) -> bool:
    return (
        shape is not None
        and len(shape) == len(wanted)
        and all(side is None or side == own for own, side in zip(shape, wanted, strict=True))
    )


def _in_words(shape: Shape) -> str:
    return f"({', '.join('any' if side is None else str(side) for side in shape)})"


def array(parent: h5py.Group, link: str, kinds: str, shape: Shape | None = None) -> np.ndarray:
    """All of a data set as of :func:`dataset`. What it takes is in proportion to what is stored of it."""
    return columns(parent, {link: kinds}, shape)[link]


def columns(
    parent: h5py.Group, kinds: Mapping[str, str], shape: Shape | None = None
) -> dict[str, np.ndarray]:
    """All of several data sets that belong together, by link.

    Nothing is read before all of them are known to fit: what they take together is in proportion to what is
    stored of them together. CRC-32s are checked where the file has them.

    Parameters
    ----------
    parent
        The group that they are in.
    kinds : mapping of str to str
        Kinds of NumPy types by link.
    shape
        As of :func:`dataset`. Where its first side is None, that of all of them is the same.
    """
    return {link: numbers(column) for link, column in datasets(parent, kinds, shape).items()}


def datasets(
    parent: h5py.Group, kinds: Mapping[str, str], shape: Shape | None = None
) -> dict[str, h5py.Dataset]:
    """The data sets of :func:`columns`, not read yet."""
    stored = {link: dataset(parent, link, kinds[link], shape) for link in kinds}
    if shape is not None and len({column.shape[:1] for column in stored.values()}) > 1:
        lengths = ", ".join(f"{link} {len(column):,}" for link, column in stored.items())
        raise ValueError(f"the columns of {parent.name} differ in length ({lengths})")
    bounds.check_together(stored.values())
    return stored


def numbers(stored: h5py.Dataset) -> np.ndarray:
    """All of one of the data sets that :func:`datasets` gave."""
    values = np.asarray(stored[()])
    if "crc32" in stored.attrs and int_attribute(stored, "crc32") != checksum(values):
        raise ValueError(f"the checksum of {stored.name} does not match its contents")
    return values


def checksum(values: np.ndarray) -> int:
    """CRC-32 of an array's bytes, row-major."""
    return zlib.crc32(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)


def text(parent: h5py.Group, link: str) -> bytes:
    """A text as UTF-8 bytes."""
    stored = dataset(parent, link, "SO", ())
    if h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"{link} is not a text")
    value = stored[()]
    return bytes(value) if isinstance(value, bytes) else str(value).encode()


def texts(parent: h5py.Group, link: str) -> list[str]:
    """A column of texts."""
    return words(datasets(parent, {link: "SO"}, (None,))[link])


def words(stored: h5py.Dataset) -> list[str]:
    """All of one of the data sets that :func:`datasets` gave, a column of texts."""
    if h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"{stored.name} is not a column of texts")
    return [data.decode("utf-8") for data in _encoded(stored)]


def _encoded(stored: h5py.Dataset) -> Iterator[bytes]:
    if stored.dtype.kind == "S":
        yield from stored[()].tolist()
        return
    # texts of any length lie elsewhere in the file, and many of them may be one and the same
    total, most = 0, bounds.file_size(stored)
    for at in range(len(stored)):
        value = stored[at]
        data = value if isinstance(value, bytes) else str(value).encode()
        total += len(data)
        if total > most:
            raise ValueError(f"{stored.name} has more text than the file has bytes")
        yield data


def attribute(owner: Owner, name: str, default: str | int | float | None = None) -> object:
    """A scalar attribute as str, int or float; ``default`` where there is none."""
    if name not in owner.attrs:
        return default
    stored = owner.attrs.get_id(name)
    if stored.shape != ():
        raise ValueError(f"the attribute {name} is not one value")
    # HDF5 may convert damaged values of other types for ever.
    if stored.get_type().get_class() not in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        raise ValueError(f"the attribute {name} is neither a text nor a number")
    value = owner.attrs[name]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, (np.integer, np.floating)):
        return value.item()
    if isinstance(value, (str, int, float)):
        return value
    raise ValueError(f"the attribute {name} has the type {type(value).__name__}")


def text_attribute(owner: Owner, name: str, default: str = "") -> str:
    value = attribute(owner, name, default)
    if not isinstance(value, str):
        raise ValueError(f"the attribute {name} is not a text")
    return value


def int_attribute(owner: Owner, name: str, default: int = 0) -> int:
    value = attribute(owner, name, default)
    if not isinstance(value, int) or abs(value) > LAST_STEP:
        raise ValueError(f"the attribute {name} is not a whole number, or a larger one than can be")
    return value


def _followed(parent: h5py.Group, link: str) -> h5py.Group | h5py.Dataset:
    kind = parent.get(link, getlink=True)
    if kind is None:
        raise KeyError(f"{link} is missing")
    if not isinstance(kind, h5py.HardLink):
        raise SessionError(
            f"{parent.file.filename}: {parent.name.rstrip('/')}/{link} is a link to somewhere else; "
            "sessions keep everything in one file, so it is refused"
        )
    return parent[link]


def _look_at(path: Path) -> None:
    """Say in plain words what is wrong with a file that is no HDF5 file at all."""
    try:
        with open_to_read(path) as file:
            start = file.read(4096)
    except FileNotFoundError:
        raise SessionError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise SessionError(f"{path}: a folder, not a session file") from None
    except (OSError, ValueError) as error:
        raise SessionError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    if not start:
        raise SessionError(f"{path}: an empty file, not a session")
    if not start.startswith(_SIGNATURE) and not h5py.is_hdf5(path):
        what = "a text file" if _is_text(start) else "not an HDF5 file"
        raise SessionError(f"{path}: {what}, not a session (.h5) of hhstudio")


def _is_text(start: bytes) -> bool:
    try:
        decoded = start.decode("utf-8")
    except UnicodeDecodeError as error:
        decoded = start[: error.start].decode("utf-8") if error.start > len(start) - 4 else "\0"
    return all(c.isprintable() or c in "\r\n\t\f" for c in decoded)


def stored_size(start: bytes) -> int | None:
    """Bytes that an HDF5 file should have, from its first 48 bytes; None where they do not say it."""
    if len(start) < 48 or not start.startswith(_SIGNATURE):
        return None
    at = {0: 40, 2: 28, 3: 28}.get(start[8])  # by the version of the first block
    return None if at is None else int.from_bytes(start[at : at + 8], "little")


def _refused(path: Path, error: OSError, file: BinaryIO | None) -> SessionError:
    if isinstance(error, BlockingIOError):
        return SessionError(f"{path}: another program is writing this file just now; try again later")
    if _is_cut_short(path, file):
        return DamagedError(f"{path}: cut short, its end is missing", "`hhstudio recover` may save parts")
    what = " ".join(str(error).split())
    return DamagedError(f"{path}: damaged ({what[:160]})", _SAVES)


def _is_cut_short(path: Path, file: BinaryIO | None) -> bool:
    try:
        with open_to_read(path) if file is None else nullcontext(file) as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(0)
            stored = stored_size(opened.read(48))
    except OSError:
        return False
    return stored is not None and size < stored


def _check_format(path: Path, opened: h5py.File) -> None:
    name = attribute(opened, "format") if "format" in opened.attrs else None
    if name != FORMAT:
        if SPEC in opened and TABLES in opened:
            raise DamagedError(f"{path}: damaged (its format)", _SAVES)
        raise SessionError(f"{path}: an HDF5 file of another program, not a session of hhstudio")
    version = int_attribute(opened, "version")
    if version > file_format.VERSION:
        raise SessionError(
            f"{path}: a session of format version {version}, this hhstudio reads up to "
            f"{file_format.VERSION}; open it with a newer hhstudio"
        )
    if 1 <= version < file_format.VERSION:
        raise SessionError(f"{path}: of the older format version {version}; opening it brings it up to date")
    if version < 1:
        raise DamagedError(f"{path}: damaged (format version {version})")
    if int_attribute(opened, "complete") != 1:
        raise DamagedError(f"{path}: was not written to its end", _SAVES)
