"""Messages to the analysis helper and back: a session, questions by number, answers by number.

Questions and answers are the records of :mod:`hhstudio.core.analysis`; arrays travel as
:class:`~hhstudio.core.arrays.StoredArray`, and arrive read-only. Frames are those of
:mod:`hhstudio.service.run.protocol`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hhstudio.core import arrays
from hhstudio.service.run.protocol import Connection, ProtocolError

if TYPE_CHECKING:
    from hhstudio.core.analysis.answers import Answer as AnyAnswer
    from hhstudio.core.analysis.questions import Question

    AnyQuestion = Question[Any]
else:
    from hhstudio.core.analysis.answers import AnyAnswer
    from hhstudio.core.analysis.questions import AnyQuestion


class Begin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first message. ``data``: folder of the data sets, None the usual one. ``allow_import``: solvers
    whose code may run, True for all that the session names."""

    session: str
    data: str | None = None
    allow_unverified: bool = False
    allow_import: bool | tuple[str, ...] = False


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question by number."""

    number: int
    question: AnyQuestion


class Reply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to a request: ``answer``, or ``error`` in one line. ``seconds``: that answering took in the
    helper. ``step``: of the trainer's state that it speaks of, None where none was needed."""

    number: int
    answer: AnyAnswer | None = None
    error: str = ""
    seconds: float = 0.0
    step: int | None = None


class Channel(Connection):
    """A connection that carries these messages."""

    def put(self, message: Begin | Request | Reply) -> None:
        """Raises OSError or ValueError when the other end or the stream is closed, ProtocolError for an
        answer that is too long."""
        self.send_body(encode(message))

    def take_begin(self) -> Begin | None:
        """None at the end. Raises :class:`ProtocolError`, as the next two do."""
        return self._decoded(_begin)

    def take_request(self) -> Request | None:
        return self._decoded(_request)

    def take_reply(self) -> Reply | None:
        return self._decoded(_reply)


def encode(message: Begin | Request | Reply) -> bytes:
    """A message without its frame."""
    return _encoder.encode(message)


def decode_request(body: bytes) -> Request:
    """Raises msgspec.DecodeError for what is no request."""
    return _request.decode(body)


def decode_reply(body: bytes) -> Reply:
    """Raises msgspec.DecodeError for what is no reply."""
    return _reply.decode(body)


_encoder = msgspec.msgpack.Encoder(enc_hook=arrays.encoded)
_begin = msgspec.msgpack.Decoder(Begin)
_request = msgspec.msgpack.Decoder(Request, dec_hook=arrays.decoded)
_reply = msgspec.msgpack.Decoder(Reply, dec_hook=arrays.decoded)

__all__ = [
    "Begin",
    "Channel",
    "ProtocolError",
    "Reply",
    "Request",
    "decode_reply",
    "decode_request",
    "encode",
]
