"""Protocol of window and worker: small typed records in length-framed MessagePack.

A frame is a little-endian 32-bit length and that many bytes. Nothing is pickled, and nothing that the
other side sends is believed before msgspec has checked it.
"""

from __future__ import annotations

import struct
import threading
from typing import Any, BinaryIO

import msgspec

from hhstudio.core.errors import NOT_DECODED, HHStudioError
from hhstudio.core.run.events import Event
from hhstudio.core.tree.topology import Topology

VERSION = 2
LIMIT = 256 * 1024 * 1024
"""Bytes a frame at most. Generated weights do not travel, so that real frames stay far below."""

PATIENCE = 60.0
"""Seconds that a run waits for a disk before it goes on elsewhere, where nobody is there to decide."""

_LENGTH = struct.Struct("<I")


class ProtocolError(HHStudioError):
    """Bytes that are not of this protocol."""

    exit_status = 1


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", forbid_unknown_fields=True):
    """Base of all messages."""


# window -> worker -------------------------------------------------------------------------------------


class Start(_Message, frozen=True, kw_only=True, tag="start"):
    """The first message. ``spec``: JSON of a spec, None when ``resume`` continues the session ``out``.

    ``allow_imports``: solvers (``package.module:Class``) whose code the user lets run.
    ``data``: folder of the data sets. ``device``: None takes the spec's. ``hold``: pause when numbers go
    wrong and wait for :class:`GoBack` or :class:`Stop`, instead of failing; and wait for the disk, or for
    :class:`MoveTo`, for as long as it takes. Otherwise a run that cannot be recorded waits for ``patience``
    seconds and goes on in the folder ``fallback`` (empty: the default one of sessions). ``changes``: live
    settings by their dotted names, set before the first step.
    """

    out: str
    data: str
    spec: bytes | None = None
    device: str | None = None
    allow_unverified: bool = False
    allow_imports: tuple[str, ...] = ()
    resume: bool = False
    overwrite: bool = False
    hold: bool = False
    fallback: str = ""
    patience: float = PATIENCE
    changes: dict[str, float] = {}
    version: int = VERSION


class Pause(_Message, frozen=True, kw_only=True, tag="pause"):
    """Idle before the next step."""


class Resume(_Message, frozen=True, kw_only=True, tag="resume"):
    """Go on after a pause."""


class Stop(_Message, frozen=True, kw_only=True, tag="stop"):
    """Write a checkpoint and end. ``reason`` is shown to the user."""

    reason: str = ""


class CheckpointNow(_Message, frozen=True, kw_only=True, tag="checkpoint"):
    """Write a checkpoint and go on."""


class ChangeSetting(_Message, frozen=True, kw_only=True, tag="set"):
    """Take another value of a live setting, by its dotted name, from the next step on."""

    field: str
    value: float


class Grow(_Message, frozen=True, kw_only=True, tag="grow"):
    """Go on with this tree from the next step: grown, with nodes frozen or released, or without the nodes
    named in ``removed`` (ids; a node that is missing without being named is a misunderstanding, and refused).
    """

    topology: Topology
    reason: str = "by hand"
    removed: tuple[str, ...] = ()


class GoBack(_Message, frozen=True, kw_only=True, tag="back"):
    """Go on from the last checkpoint, as if what came after it had not been, at another learning rate of
    the weights if one is given."""

    lr: float | None = None


class MoveTo(_Message, frozen=True, kw_only=True, tag="move"):
    """Record in another session file from here on, where the present one cannot be written."""

    out: str


class Watch(_Message, frozen=True, kw_only=True, tag="watch"):
    """Send the generated tensor as it is, now and then. ``tensor``: empty lets the trainer choose one,
    None ends that."""

    path: str
    task: int
    tensor: str | None


Command = Pause | Resume | Stop | CheckpointNow | ChangeSetting | Grow | GoBack | MoveTo | Watch
ToWorker = Start | Command

# worker -> window -------------------------------------------------------------------------------------


class Batch(_Message, frozen=True, kw_only=True, tag="batch"):
    """What happened since the last batch, in order."""

    events: list[Event]


class Heartbeat(_Message, frozen=True, kw_only=True, tag="beat"):
    """Still there."""


class Bye(_Message, frozen=True, kw_only=True, tag="bye"):
    """The last message: the exit status that ``hhstudio run`` gives (0, 1 or 2)."""

    status: int


ToWindow = Batch | Heartbeat | Bye

_encoder = msgspec.msgpack.Encoder()
_to_worker = msgspec.msgpack.Decoder(ToWorker)
_to_window = msgspec.msgpack.Decoder(ToWindow)


def encode(message: ToWorker | ToWindow) -> bytes:
    """The whole frame. Raises :class:`ProtocolError` when it is longer than :data:`LIMIT`."""
    return _framed(_encoder.encode(message))


def _framed(body: bytes) -> bytes:
    if len(body) > LIMIT:
        raise ProtocolError(f"a message of {len(body)} bytes is longer than the limit of {LIMIT}")
    return _LENGTH.pack(len(body)) + body


class Connection:
    """Frames over a pair of binary streams. Sending is safe from several threads; receiving is not."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._lock = threading.Lock()

    def send(self, message: ToWorker | ToWindow) -> None:
        """Raises OSError or ValueError when the other end or the stream is closed."""
        self.send_body(_encoder.encode(message))

    def send_body(self, body: bytes) -> None:
        """Send bytes that are encoded already, as one frame."""
        frame = _framed(body)
        with self._lock:
            self._outgoing.write(frame)
            self._outgoing.flush()

    def receive_command(self) -> ToWorker | None:
        """The next message to the worker; None at the end. Raises :class:`ProtocolError`."""
        return self._decoded(_to_worker)

    def receive_message(self) -> ToWindow | None:
        """The next message to the window; None at the end. Raises :class:`ProtocolError`."""
        return self._decoded(_to_window)

    def close_outgoing(self) -> None:
        try:
            self._outgoing.close()
        except OSError:
            pass  # the other end is gone already

    def _decoded(self, decoder: msgspec.msgpack.Decoder) -> Any:
        body = self._body()
        if body is None:
            return None
        try:
            return decoder.decode(body)
        except NOT_DECODED as error:
            raise ProtocolError(f"a message that cannot be read: {error}") from None

    def _body(self) -> bytes | None:
        head = self._exactly(_LENGTH.size)
        if not head:
            return None
        if len(head) < _LENGTH.size:
            raise ProtocolError("a message that ends within its length")
        (size,) = _LENGTH.unpack(head)
        if size > LIMIT:
            raise ProtocolError(f"a message that claims {size} bytes, more than the limit of {LIMIT}")
        body = self._exactly(size)
        if len(body) < size:
            raise ProtocolError(f"a message cut short: {len(body)} of {size} bytes")
        return body

    def _exactly(self, size: int) -> bytes:
        """That many bytes, fewer only at the end; never allocates more than has come plus a step."""
        parts: list[bytes] = []
        while size > 0:
            part = self._incoming.read(min(size, 1 << 20))
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return b"".join(parts)
