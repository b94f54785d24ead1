"""Frames between window and worker: whole ones arrive as they were, hostile ones are refused."""

from __future__ import annotations

import io
import struct

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhstudio.core.run import events
from hhstudio.core.tree import editing
from hhstudio.service.run import protocol
from hhstudio.service.run.protocol import Connection, ProtocolError

COMMANDS = [
    protocol.Start(out="a.h5", data="/data", spec=b"{}", device="cpu", overwrite=True),
    protocol.Pause(),
    protocol.Resume(),
    protocol.Stop(reason="enough"),
    protocol.CheckpointNow(),
    protocol.ChangeSetting(field="training.lr", value=1e-3),
    protocol.Grow(topology=editing.single(), reason="accuracy"),
    protocol.Watch(path="P2-0", task=3, tensor="conv1.weight"),
]
MESSAGES = [
    protocol.Heartbeat(),
    protocol.Bye(status=130),
    protocol.Batch(
        events=[
            events.StateChanged(state="training", seconds=1.5),
            events.Watched(
                step=3, path="P1", task=0, name="w", tensor=events.Tensor.of(np.eye(3, dtype=np.float32))
            ),
            events.Log(time=0.0, level="info", message="Grüße, 世界"),
        ]
    ),
]


def framed(body: bytes) -> bytes:
    return struct.pack("<I", len(body)) + body


def incoming(data: bytes) -> Connection:
    return Connection(io.BytesIO(data), io.BytesIO())


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: type(c).__name__)
def test_every_command_arrives_as_it_was_sent(command):
    assert incoming(protocol.encode(command)).receive_command() == command


def test_messages_arrive_in_order_and_then_the_end():
    connection = incoming(b"".join(map(protocol.encode, MESSAGES)))
    assert [connection.receive_message() for _ in MESSAGES] == MESSAGES
    assert connection.receive_message() is None


def test_a_frame_that_claims_more_than_the_limit_is_refused_without_reading_it():
    with pytest.raises(ProtocolError, match="limit"):
        incoming(struct.pack("<I", 0xFFFFFFFF)).receive_message()


@pytest.mark.parametrize("cut", [1, 3, 5, 12])
def test_a_frame_cut_short_is_refused(cut):
    whole = protocol.encode(MESSAGES[2])
    with pytest.raises(ProtocolError, match=r"cut short|within its length"):
        incoming(whole[:cut]).receive_message()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"hello",
        msgspec.msgpack.encode({"t": "exec", "code": "1"}),
        msgspec.msgpack.encode({"t": "bye", "status": "0"}),
        msgspec.msgpack.encode({"t": "bye", "status": 0, "more": 1}),
        msgspec.msgpack.encode([1, 2]),
        b"\x91" * 5000 + b"\xc0",
    ],
)
def test_a_body_that_is_no_message_is_refused(body):
    with pytest.raises(ProtocolError, match="cannot be read"):
        incoming(framed(body)).receive_message()


def test_a_command_is_not_taken_for_a_message_to_the_window():
    with pytest.raises(ProtocolError):
        incoming(protocol.encode(protocol.Pause())).receive_message()


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_or_end_but_never_crash_the_reader(data):
    connection = incoming(data)
    try:
        while connection.receive_message() is not None:
            pass
    except ProtocolError:
        pass
