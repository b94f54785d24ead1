"""Files of a data set: checking, unpacking and replacing them. Nothing here interprets what they hold."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from hhstudio.core.atomic_write import replacing, telling
from hhstudio.core.errors import DataError
from hhstudio.core.ordinary_files import open_to_read

#: Bytes read at once.
_BLOCK = 1 << 20

#: What the standard library raises for damaged packed files.
_DAMAGED = (EOFError, zlib.error, tarfile.TarError, OSError)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def md5_of(file: _Readable) -> str:
    """MD5 of the rest of an open file. It tells files apart; it secures nothing.

    Parameters
    ----------
    file : readable, binary

    Returns
    -------
    str
        Hexadecimal.
    """
    digest = hashlib.md5(usedforsecurity=False)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def file_md5(path: Path) -> str:
    """MD5 of a file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        Hexadecimal.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    try:
        with open_to_read(path) as file:
            return md5_of(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None


def checksum_mismatch(path: Path, expected: str, actual: str) -> DataError:
    """Refusal of a file that is not the one that torchvision knows.

    Parameters
    ----------
    path : Path
    expected, actual : str
        MD5, hexadecimal.

    Returns
    -------
    DataError
    """
    return DataError(
        f"{path} does not match its checksum: expected md5 {expected}, found {actual}; "
        "to use it all the same, allow unverified data (--allow-unverified)"
    )


@contextmanager
def appearing(target: Path) -> Iterator[IO[bytes]]:
    """File to write that takes its name only when all is written; nothing is left on any error.

    A context manager.

    Parameters
    ----------
    target : Path

    Yields
    ------
    Binary file, open for writing

    Raises
    ------
    WriteError
        An OSError within the block counts as one.
    """
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as temporary, temporary.open("wb") as file:
        yield file


def copy(source: _Readable, target: Path, report: Callable[[int], None]) -> None:
    """Write the rest of an open file to another.

    Parameters
    ----------
    source : readable, binary
    target : Path
        Appears when it is whole.
    report : callable
        Told how many bytes are written.

    Raises
    ------
    WriteError
        Where the target cannot be written.
    _UnreadableError
        Where the source is damaged.
    """
    with appearing(target) as file:
        done = 0
        for block in _blocks(source):
            file.write(block)
            done += len(block)
            report(done)


class _UnreadableError(Exception):
    """A packed file whose contents are damaged."""


def _blocks(source: _Readable) -> Iterator[bytes]:
    try:
        while block := source.read(_BLOCK):
            yield block
    except _DAMAGED as error:
        raise _UnreadableError(error) from error


def unpack_gzip(packed: Path, target: Path, report: Callable[[int], None]) -> None:
    """Unpack one file.

    Parameters
    ----------
    packed, target : Path
    report : callable
        Told how many bytes are written.

    Raises
    ------
    DataError
        When it is damaged.
    """
    try:
        with open_to_read(packed) as source, gzip.open(source) as file:
            copy(file, target, report)
    except (*_DAMAGED, _UnreadableError) as error:
        raise DataError(f"{packed}: cannot be unpacked: {error}") from None


def gzip_content_md5(packed: Path) -> str | None:
    """MD5 of what a packed file holds.

    Parameters
    ----------
    packed : Path

    Returns
    -------
    str or None
        Hexadecimal; None when it is damaged.
    """
    try:
        with open_to_read(packed) as source, gzip.open(source) as file:
            return md5_of(file)
    except _DAMAGED:
        return None


def unpack_tar(archive: Path, wanted: Mapping[str, Path], report: Callable[[int], None]) -> None:
    """Unpack the named members of a .tar.gz, each to its place, and nothing else.

    Parameters
    ----------
    archive : Path
    wanted : mapping of str to Path
        Place by name of the member.
    report : callable
        Told how many bytes of a member are written.

    Raises
    ------
    DataError
        When the archive is damaged or lacks one.
    """
    left = dict(wanted)
    try:
        with open_to_read(archive) as source, tarfile.open(fileobj=source, mode="r:gz") as tar:
            for member in tar:
                target = left.pop(member.name, None) if member.isfile() else None
                content = tar.extractfile(member) if target else None
                if target and content:
                    copy(content, target, report)
                if not left:
                    return
    except (*_DAMAGED, _UnreadableError) as error:
        raise DataError(f"{archive}: cannot be unpacked: {error}") from None
    raise DataError(f"{archive}: does not hold {next(iter(left))}")
