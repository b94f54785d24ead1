"""Safe reading of HDF5 files that anybody may have made.

Nothing that a file says is believed before it is checked: links lead nowhere but into the file, sizes
are compared with the bytes that are really there before memory is taken, only the standard filters
run, and whatever the library trips over becomes a one-line SessionError.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import BinaryIO, TypeAlias

import h5py
import numpy as np

from hhstudio.core.errors import DamagedError, SessionError, SpecError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.store.file import file_format
from hhstudio.store.file.file_format import FORMAT, MAX_ARRAY, MAX_TEXT, SPEC, TABLES

DAMAGE = (
    OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError,
    AssertionError, SystemError, EOFError, NotImplementedError,
)  # fmt: skip
"""What h5py and NumPy raise on files that are not what they seem."""

Owner: TypeAlias = h5py.Group | h5py.Dataset

_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_CHECKSUM = 4
"""Bytes that Fletcher-32 adds to a piece."""
_DEFLATE_LIMIT = 1100
"""zlib cannot shrink by more than 1032; a data set that claims more is not really there."""
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SMALL = 1 << 20
_MAX_CHUNK = 1 << 30


_SAVES = "`hhstudio recover` saves what can be saved"


@contextmanager
def reading(source: Path | str, where: str = "") -> Iterator[None]:
    """Turn whatever damaged or foreign content raises into a DamagedError that names the place."""
    try:
        yield
    except SessionError:
        raise
    except (*DAMAGE, SpecError) as error:
        what = " ".join(str(error).split())[:160] or type(error).__name__
        place = f" at {where}" if where else ""
        raise DamagedError(f"{source}: damaged{place} ({what})", _SAVES) from None


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


def dataset(parent: h5py.Group, link: str, kinds: str, dimensions: int | None = None) -> h5py.Dataset:
    """A data set whose type is one of NumPy's ``kinds`` and whose declared size is credible."""
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
    if dimensions is not None and stored.ndim != dimensions:
        raise ValueError(f"{link} has {stored.ndim} dimensions instead of {dimensions}")
    _check_size(stored)
    return stored


def array(parent: h5py.Group, link: str, kinds: str, dimensions: int | None = None) -> np.ndarray:
    """All of a data set, its CRC-32 checked where the file has one."""
    stored = dataset(parent, link, kinds, dimensions)
    values = np.asarray(stored[()])
    if "crc32" in stored.attrs and int_attribute(stored, "crc32") != checksum(values):
        raise ValueError(f"the checksum of {link} does not match its contents")
    return values


def checksum(values: np.ndarray) -> int:
    """CRC-32 of an array's bytes, row-major."""
    return zlib.crc32(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)


def text(parent: h5py.Group, link: str) -> bytes:
    """A text as UTF-8 bytes."""
    stored = dataset(parent, link, "SO", 0)
    if h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"{link} is not a text")
    value = stored[()]
    return bytes(value) if isinstance(value, bytes) else str(value).encode()


def texts(parent: h5py.Group, link: str) -> list[str]:
    """A column of texts."""
    stored = dataset(parent, link, "SO", 1)
    if h5py.check_string_dtype(stored.dtype) is None:
        raise ValueError(f"{link} is not a column of texts")
    return [v.decode("utf-8") if isinstance(v, bytes) else str(v) for v in stored[()].tolist()]


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
    if not isinstance(value, int):
        raise ValueError(f"the attribute {name} is not a whole number")
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


def _check_size(column: h5py.Dataset) -> None:
    """Refuse what would take memory that the bytes in the file do not warrant."""
    size = column.size
    needed = (0 if size is None else int(size)) * column.dtype.itemsize
    stored = column.id.get_storage_size()
    properties = column.id.get_create_plist()
    filters = {properties.get_filter(at)[0] for at in range(properties.get_nfilters())}
    if not filters <= _FILTERS:
        raise ValueError(f"{column.name} needs a filter that is not standard")
    limit = MAX_TEXT if column.dtype.kind in "SO" else MAX_ARRAY
    factor = _DEFLATE_LIMIT if filters else 1
    if needed > limit or needed > max(stored * factor, 0 if column.chunks is None else _SMALL):
        raise ValueError(f"{column.name} claims {needed:,} bytes but {stored:,} are stored")
    if stored > h5py.h5i.get_file_id(column.id).get_filesize():
        raise ValueError(f"{column.name} claims more bytes than the file has")
    if column.chunks is not None:
        chunk = int(np.prod(column.chunks, dtype=float)) * column.dtype.itemsize
        if chunk > max(4 * needed, _MAX_CHUNK if needed > _MAX_CHUNK else _SMALL):
            raise ValueError(f"{column.name} has pieces of {chunk:,} bytes")
        _check_pieces(column, chunk, filters)


def _check_pieces(column: h5py.Dataset, chunk: int, filters: set[int]) -> None:
    """Refuse pieces of impossible length: their index has no checksum, and HDF5 itself trusts it, past the
    end of its own memory."""
    total = h5py.h5i.get_file_id(column.id).get_filesize()
    added = _CHECKSUM if h5py.h5z.FILTER_FLETCHER32 in filters else 0
    compressed = h5py.h5z.FILTER_DEFLATE in filters
    wrong: list[int] = []

    def look(piece: h5py.h5d.StoreInfo) -> None:
        exact = compressed or piece.size == chunk + added
        inside = 0 < piece.byte_offset <= total - piece.size
        if piece.filter_mask or piece.size <= added or not exact or not inside:
            wrong.append(piece.size)

    column.id.chunk_iter(look)
    if wrong:
        raise ValueError(f"{column.name} has a piece of {wrong[0]:,} bytes, which cannot be")


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
