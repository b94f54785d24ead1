"""Messages of the salvaging process, a line of JSON each: which piece of a file it tries, saved, or lost."""

from __future__ import annotations

from typing import Literal

import msgspec

PieceKind = Literal[
    "identity", "run", "spec", "growth", "settings", "log", "marks", "accuracy", "metrics", "aside",
    "weights", "snapshots", "state", "end", "file",
]  # fmt: skip


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is read at once. ``path`` and ``task``: of weights and snapshots; ``start``: the first row of
    metrics."""

    kind: PieceKind
    path: str = ""
    task: int | None = None
    start: int | None = None

    def argument(self) -> str:
        """As an argument of a command line."""
        return msgspec.json.encode(self).decode()

    @classmethod
    def of_argument(cls, text: str) -> Piece:
        return msgspec.json.decode(text, type=cls)


class _Message(msgspec.Struct, frozen=True, tag_field="t", omit_defaults=True):
    piece: Piece


class Trying(_Message, frozen=True, tag="trying"):
    """Whatever happens next happens to this piece."""


class Saved(_Message, frozen=True, tag="saved", omit_defaults=True):
    """``detail``: what is to be said of it. ``rows``: of metrics. ``identity``: session id, sequence of the
    last record and state of the file."""

    detail: str = ""
    rows: int = 0
    identity: tuple[str, int, str] | None = None


class Lost(_Message, frozen=True, tag="lost"):
    """``why``: in the words of whoever could not read it."""

    why: str


Message = Trying | Saved | Lost

_decoder = msgspec.json.Decoder(Message)


def encode(message: Message) -> bytes:
    """A line, its end included."""
    return msgspec.json.encode(message) + b"\n"


def decode(line: bytes) -> Message:
    """Raises msgspec.DecodeError."""
    return _decoder.decode(line)
