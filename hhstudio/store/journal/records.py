"""Records of a journal besides events: the trainer's state, where writing the whole file would take long,
and what the session file held when the journal began."""

from __future__ import annotations

import json

import msgspec

from hhstudio.core.arrays import StoredArray
from hhstudio.core.run import events
from hhstudio.core.run.events import Record
from hhstudio.core.run.trainer_state import TrainerState


class StoredState(Record, frozen=True, kw_only=True, tag="trainer"):
    """A :class:`TrainerState`. ``meta``: JSON."""

    step: int
    meta: str
    arrays: dict[str, StoredArray]


class Preamble(Record, frozen=True, kw_only=True, tag="preamble"):
    """What stood in the session file at ``step``, as far as it is small: enough to make a session of a
    journal whose file is gone. ``weights``: the conditions whose weights the file held."""

    step: int
    events: list[events.Event]
    weights: list[tuple[str, int]]
    state: StoredState | None = None


AnyRecord = events.Event | StoredState | Preamble

KINDS = "biufc"
"""Kinds of NumPy types in a trainer's state."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AnyRecord)


def encode(record: AnyRecord) -> bytes:
    return _encoder.encode(record)


def decode(data: bytes) -> AnyRecord:
    """The record in a frame. Raises msgspec.DecodeError."""
    return _decoder.decode(data)


def stored(state: TrainerState) -> StoredState:
    """Raises TypeError where ``meta`` is not JSON-able."""
    arrays = {name: StoredArray.of(values) for name, values in state.arrays.items()}
    return StoredState(step=state.step, meta=json.dumps(state.meta), arrays=arrays)


def restored(record: StoredState) -> TrainerState:
    """Raises ValueError or TypeError where the record does not fit itself."""
    arrays = {name: array.numpy(KINDS).copy() for name, array in record.arrays.items()}
    return TrainerState(record.step, json.loads(record.meta), arrays)
