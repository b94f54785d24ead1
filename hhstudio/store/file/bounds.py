"""Bounds of what a data set may take in memory, in proportion to what is stored of it.

A few kilobytes can be packed so that they become gigabytes. A session of ours holds nothing of the kind:
weights and states are not packed at all, and what is packed are numbers and texts that hardly shrink by more
than a tenth of what is allowed here.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import h5py
import numpy as np

from hhstudio.store.file.file_format import MAX_ARRAY, MAX_TEXT

SHRINKAGE = 32
"""Times that the data sets of a group, taken together, may be larger than what is stored of them."""
SMALL_GROUP = 32 << 20
"""Bytes that they may take however little is stored: a million points of curves, about."""
TEXT_OBJECT = 64
"""Bytes that a text takes besides its characters."""

_FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
_CHECKSUM = 4
"""Bytes that Fletcher-32 adds to a piece."""
_DEFLATE_LIMIT = 1100
"""zlib cannot shrink by more than 1032; a data set that claims more is not really there."""
_SMALL = 1 << 20
_MAX_CHUNK = 1 << 30


def check_together(columns: Iterable[h5py.Dataset]) -> None:
    """Raise ValueError where data sets that are read together would take more memory than what is stored of
    them warrants."""
    columns = list(columns)
    needed, stored = sum(map(_memory, columns)), sum(column.id.get_storage_size() for column in columns)
    if columns and needed > SMALL_GROUP + SHRINKAGE * stored:
        where = columns[0].name if len(columns) == 1 else columns[0].parent.name
        raise ValueError(f"{where} would become {needed:,} bytes, of {stored:,} that are stored")


def check_size(column: h5py.Dataset) -> None:
    """Raise ValueError where the declared size of a data set, or of its pieces, cannot be."""
    needed = _nbytes(column)
    stored = column.id.get_storage_size()
    properties = column.id.get_create_plist()
    filters = [properties.get_filter(at)[0] for at in range(properties.get_nfilters())]
    if not set(filters) <= _FILTERS or len(filters) > len(set(filters)):
        raise ValueError(f"{column.name} needs a filter that is not standard, or one twice")
    packed = h5py.h5z.FILTER_DEFLATE in filters
    limit = MAX_TEXT if column.dtype.kind in "SO" else MAX_ARRAY
    factor = _DEFLATE_LIMIT if packed else 1
    if needed > limit or needed > max(stored * factor, 0 if column.chunks is None else _SMALL):
        raise ValueError(f"{column.name} claims {needed:,} bytes but {stored:,} are stored")
    if stored > file_size(column):
        raise ValueError(f"{column.name} claims more bytes than the file has")
    if column.chunks is not None:
        chunk = int(np.prod(column.chunks, dtype=float)) * column.dtype.itemsize
        if chunk > max(4 * needed, _MAX_CHUNK if needed > _MAX_CHUNK else _SMALL):
            raise ValueError(f"{column.name} has pieces of {chunk:,} bytes")
        _check_pieces(column, chunk, _CHECKSUM if h5py.h5z.FILTER_FLETCHER32 in filters else 0, packed)


def file_size(column: h5py.Dataset) -> int:
    """Bytes of the file that a data set is in."""
    return int(h5py.h5i.get_file_id(column.id).get_filesize())


def _nbytes(column: h5py.Dataset) -> int:
    size = column.size
    return (0 if size is None else int(size)) * column.dtype.itemsize


def _memory(column: h5py.Dataset) -> int:
    if column.dtype.kind not in "SO":
        return _nbytes(column)
    return _nbytes(column) + TEXT_OBJECT * int(column.size or 0)


def _check_pieces(column: h5py.Dataset, chunk: int, added: int, packed: bool) -> None:
    """Refuse pieces of impossible length: their index has no checksum, and HDF5 itself trusts it, past the
    end of its own memory. ``chunk``: bytes of a piece; ``added``: of its checksum."""
    total = file_size(column)
    most = chunk + chunk // 500 + 64 + added  # what hardly shrinks may grow a little
    wrong: list[int] = []
    large: list[tuple[int, ...]] = []

    def look(piece: h5py.h5d.StoreInfo) -> None:
        exact = piece.size <= most if packed else piece.size == chunk + added
        inside = 0 < piece.byte_offset <= total - piece.size
        if piece.filter_mask or piece.size <= added or not exact or not inside:
            wrong.append(piece.size)
        elif packed and piece.size * _DEFLATE_LIMIT > SMALL_GROUP:
            large.append(piece.chunk_offset)

    column.id.chunk_iter(look)
    if wrong:
        raise ValueError(f"{column.name} has a piece of {wrong[0]:,} bytes, which cannot be")
    for offset in large:
        _check_unpacked(column, offset, chunk + added)


def _check_unpacked(column: h5py.Dataset, offset: tuple[int, ...], most: int) -> None:
    """Refuse a piece that becomes larger than it should: HDF5 would take memory until all of it is there."""
    _, data = column.id.read_direct_chunk(offset)
    unpacking, size = zlib.decompressobj(), 0
    try:
        while data and not unpacking.eof:
            size += len(unpacking.decompress(data, _SMALL))
            data = unpacking.unconsumed_tail
            if size > most:
                raise ValueError(f"{column.name} has a piece that becomes more than {most:,} bytes")
    except zlib.error as error:
        raise ValueError(f"{column.name}: {error}") from None
