"""Events: records keep their names on the wire."""

from __future__ import annotations

import msgspec
import numpy as np

from hhstudio.core.run import events


def test_the_extras_of_a_snapshot_are_named_aside_on_the_wire():
    extras = {"task/s/0/h": events.Tensor.of(np.arange(3, dtype=np.float32))}
    snapshot = events.Weights(step=1, path="P1", task=0, tensors={}, final=False, extras=extras)
    frame = events.encode(snapshot)
    assert msgspec.msgpack.decode(frame)["aside"].keys() == extras.keys()
    assert events.decode(frame) == snapshot
