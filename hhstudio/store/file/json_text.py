"""JSON texts of records in the file, floats that JSON does not know (NaN, infinities) included."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def encode(value: Any) -> bytes:
    """JSON as Python writes it: NaN, Infinity and -Infinity stand as such."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, separators=(",", ":")).encode()


def decode(data: bytes, kind: type[T]) -> T:
    """The record in a JSON text. Raises ValueError (msgspec.ValidationError included)."""
    try:
        tree = json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return msgspec.convert(tree, kind)
