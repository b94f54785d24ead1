"""Journal: an append-only file of framed events, the truth while a session runs.

Layout, little-endian::

    header   magic "HHSJRNL\\0", version u16, session id 16 bytes, base sequence u64, CRC-32 of all that u32
    frame    length u32, CRC-32 u32, sequence u64, payload of that length (:mod:`.records`)

The CRC of a frame covers length, sequence and payload; sequences count up by one from base + 1. Reading
stops at the first frame that is torn, damaged or out of order: what stands before it is whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import threading
import time
import weakref
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from uuid import UUID

from hhstudio.core.atomic_write import sync_folder
from hhstudio.core.errors import SessionError
from hhstudio.core.ordinary_files import create, open_to_read
from hhstudio.store.journal import records
from hhstudio.store.journal.records import AnyRecord, Preamble

MAGIC = b"HHSJRNL\0"
VERSION = 1
FLUSH_SECONDS = 0.5
"""Half of what may be lost, so that a thread that wakes late still keeps the promise of one second."""
FLUSH_BYTES = 1 << 20

_HEADER = struct.Struct("<8sH16sQ")
_CRC = struct.Struct("<I")
_FRAME = struct.Struct("<IIQ")
_COVERED = struct.Struct("<IQ")
HEADER_SIZE = _HEADER.size + _CRC.size


class Header(NamedTuple):
    """``session``: id as 32 hex digits; ``base``: sequence of the last record before the first frame."""

    session: str
    base: int


class Frame(NamedTuple):
    """Where a record lies: ``offset`` and ``length`` of its payload in bytes."""

    sequence: int
    offset: int
    length: int


def journal_path(session: Path) -> Path:
    """``NAME.h5.journal``, beside the session file."""
    return session.with_name(session.name + ".journal")


def new_journal_path(journal: Path) -> Path:
    """Where a journal is written before it is put in place."""
    return journal.with_name(journal.name + ".tmp")


class Payloads(Protocol):
    """Whatever the payload of a frame can be read from."""

    def payload(self, frame: Frame) -> bytes: ...


class JournalWriter:
    """Appends events. Buffers for at most :data:`FLUSH_SECONDS` between calls of :meth:`tick`, which may come
    from any thread (:class:`~.flush_thread.FlushThread`).

    ``preamble``: a first record that says what the session file held when this journal began, so that
    the journal is of use without it. Every method may raise OSError (disk full ...); the file then
    still ends with a whole frame, and what was not written stays buffered.
    """

    def __init__(self, path: Path, session: str, base: int = 0, preamble: Preamble | None = None) -> None:
        self.path = path
        self.session = session
        self.sequence = base
        self._lock = threading.RLock()
        self._buffer = bytearray()
        self._failed = False
        self._file = self._begin(preamble)
        sync_folder(path.parent)
        self._flushed = time.monotonic()

    @property
    def size(self) -> int:
        """Bytes, those included that still wait to be flushed."""
        with self._lock:
            return self._size + len(self._buffer)

    @property
    def pending(self) -> int:
        """Bytes of what the session file does not hold."""
        return self.size - self._first

    def append(self, record: AnyRecord) -> Frame:
        """:meth:`add` and :meth:`tick`."""
        frame = self.add(record)
        self.tick()
        return frame

    def add(self, record: AnyRecord) -> Frame:
        """Add a record; it is in the file after the next :meth:`flush`. Returns where it will lie."""
        payload = records.encode(record)
        with self._lock:
            self.sequence += 1
            self._buffer += _framed(payload, self.sequence)
            return Frame(self.sequence, self.size - len(payload), len(payload))

    def tick(self) -> None:
        """Flush when it is time to, or when the last attempt failed: whoever calls hears of that."""
        with self._lock:
            late = time.monotonic() - self._flushed >= FLUSH_SECONDS
            if self._buffer and (late or self._failed or len(self._buffer) >= FLUSH_BYTES):
                self.flush()

    def flush(self) -> None:
        """Hand everything to the operating system: it survives the death of this process."""
        with self._lock:
            self._flushed = time.monotonic()
            if not self._buffer:
                return
            self._failed = True
            try:
                os.lseek(self._file, self._size, os.SEEK_SET)
                _write(self._file, self._buffer)
            except OSError:
                with contextlib.suppress(OSError):  # a disk that is gone: the next flush begins there anyway
                    os.ftruncate(self._file, self._size)
                raise
            self._size += len(self._buffer)
            self._buffer.clear()
            self._failed = False

    def sync(self) -> None:
        """Flush, and wait for the disk: it survives the machine going down."""
        self.flush()
        os.fsync(self._file)

    def is_in_place(self) -> bool:
        """Whether the file that is written is the one that the journal's name leads to."""
        try:
            return os.path.samestat(os.fstat(self._file), self.path.stat())
        except OSError:
            return False

    def payload(self, frame: Frame) -> bytes:
        """The payload of a frame that was added to this journal, wherever its file is now. Raises OSError."""
        with self._lock:
            waiting = frame.offset - self._size
            if waiting >= 0:
                return bytes(self._buffer[waiting : waiting + frame.length])
            os.lseek(self._file, frame.offset, os.SEEK_SET)
            return _read(self._file, frame.length)

    def restart(self, preamble: Preamble | None = None) -> None:
        """Begin an empty journal after the last record: the session file now holds all before it.

        Whether the old or the new one is there after the machine goes down makes no difference.
        """
        with self._lock:
            old = self._file
            self._file = self._begin(preamble)
            os.close(old)
            self._buffer.clear()
            self._failed = False

    def close(self) -> None:
        """Flush and close; the file stays."""
        try:
            self.flush()
        finally:
            os.close(self._file)

    def abandon(self) -> None:
        """Close without flushing; the file stays as it is, wherever it is."""
        os.close(self._file)

    def remove(self) -> None:
        """Close without flushing, and delete the file: the session file holds everything."""
        in_place = self.is_in_place()
        os.close(self._file)
        if in_place:
            self.path.unlink(missing_ok=True)

    def _begin(self, preamble: Preamble | None) -> int:
        """A journal of nothing but header and preamble, put in place whole."""
        header = _HEADER.pack(MAGIC, VERSION, UUID(self.session).bytes, self.sequence)
        content = bytearray(header + _CRC.pack(zlib.crc32(header)))
        if preamble is not None:
            content += _framed(records.encode(preamble), self.sequence + 1)
        fresh = new_journal_path(self.path)
        fresh.unlink(missing_ok=True)  # what a writer that died left there
        file = create(fresh)
        try:
            _write(file, content)
            os.fsync(file)
            fresh.replace(self.path)
        except OSError:
            os.close(file)
            fresh.unlink(missing_ok=True)
            raise
        self.sequence += preamble is not None
        self._size = self._first = len(content)
        return file


def _framed(payload: bytes, sequence: int) -> bytes:
    crc = zlib.crc32(payload, zlib.crc32(_COVERED.pack(len(payload), sequence)))
    return _FRAME.pack(len(payload), crc, sequence) + payload


def _read(file: int, size: int) -> bytes:
    """So many bytes from where the file stands. Raises OSError where there are fewer."""
    parts = []
    while size > 0:
        part = os.read(file, size)
        if not part:
            raise OSError(errno.EIO, "the journal ends before its records do")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _write(file: int, data: bytearray) -> None:
    """All of it. Raises OSError."""
    waiting = memoryview(data)
    try:
        while waiting:
            written = os.write(file, waiting)
            rest = waiting[written:]
            waiting.release()
            waiting = rest
    finally:
        waiting.release()


class JournalReader:
    """The valid prefix of a journal file.

    :attr:`header` is None where even that is damaged. After iterating, :attr:`lost` is the number of
    bytes behind the last valid frame, and :attr:`torn` says that they are nothing but the beginning of
    a frame, as a writer that was killed leaves it, rather than damage. Raises SessionError on a journal
    of a newer version, OSError when the file cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = open_to_read(path)
        self._lock = threading.Lock()
        weakref.finalize(self, self._file.close)  # when the last who reads a replaced journal lets go of it
        try:
            self.size = os.fstat(self._file.fileno()).st_size
            self.header = self._read_header(path)
        except BaseException:
            self._file.close()
            raise
        self.lost = self.size if self.header is None else self.size - HEADER_SIZE
        self.torn = False

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def frames(self, after: Frame | None = None) -> Iterator[tuple[Frame, bytes]]:
        """Every whole frame with its payload, in order. With ``after``, a frame that was seen before: those
        behind it, also those that were written since the file was opened."""
        if self.header is None:
            return
        offset, expected = HEADER_SIZE, self.header.base + 1
        if after is not None:
            offset, expected = after.offset + after.length, after.sequence + 1
            self.size = os.fstat(self._file.fileno()).st_size
            self.lost, self.torn = max(0, self.size - offset), False
        while offset + _FRAME.size <= self.size:
            head = self._read(offset, _FRAME.size)
            if len(head) < _FRAME.size:  # cut shorter while we read
                return
            length, crc, sequence = _FRAME.unpack(head)
            offset += _FRAME.size
            if sequence != expected:
                return
            if length > self.size - offset:
                self.torn = True
                return
            payload = self._read(offset, length)
            if crc != zlib.crc32(payload, zlib.crc32(_COVERED.pack(length, sequence))):
                return
            frame = Frame(sequence, offset, length)
            offset, expected = offset + length, expected + 1
            self.lost = self.size - offset
            yield frame, payload
        self.torn = True

    def payload(self, frame: Frame) -> bytes:
        """The payload of a frame that was seen before."""
        return self._read(frame.offset, frame.length)

    def _read(self, offset: int, size: int) -> bytes:
        """Records are read on one thread while new ones are looked for on another."""
        with self._lock:
            self._file.seek(offset)
            return self._file.read(size)

    def _read_header(self, path: Path) -> Header | None:
        data = self._file.read(HEADER_SIZE)
        if len(data) < HEADER_SIZE or not data.startswith(MAGIC):
            return None
        _, version, session, base = _HEADER.unpack_from(data)
        (crc,) = _CRC.unpack_from(data, _HEADER.size)
        if crc != zlib.crc32(data[: _HEADER.size]):
            return None
        if version > VERSION:
            raise SessionError(
                f"{path}: a journal of version {version}, this hhstudio reads up to {VERSION}; "
                "open it with a newer hhstudio"
            )
        return Header(UUID(bytes=session).hex, base)
