"""Records of a journal that make no sense: what stands before them counts, and nothing breaks."""

import time

import h5py
import msgspec
import numpy as np
import pytest
from whole_session import DEMO, asked, copied

import hhstudio
from hhstudio.core.arrays import StoredArray
from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.store.journal import records
from hhstudio.store.journal.journal import JournalWriter, journal_path
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session


class Raw:
    """Bytes that are written as a record."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


def run(**fields):
    with open_session(DEMO) as session:
        return {**msgspec.to_builtins(session.history.run), **fields}


def raw(record):
    return Raw(msgspec.msgpack.encode(record))


def metrics(**columns):
    usual = {"step": [1], "path": [0], "task": [0], "metric": [0], "value": [0.5]}
    return raw({"t": "metrics", "names": ["loss"], **usual, **columns})


def weights(dtype="float32", shape=(2, 2), data=bytes(16)):
    tensor = {"dtype": dtype, "shape": shape, "data": data}
    return raw({"t": "weights", "step": 5, "path": "P1", "task": 0, "tensors": {"a": tensor}})


def state(**fields):
    return raw({"t": "trainer", "step": 9, "meta": "{}", "arrays": {}, **fields})


RECORDS = {
    "many paths": lambda: raw(run(paths=[f"P{n}" for n in range(200_000)])),
    "many paths of a tree": lambda: raw(
        {"t": "topology", "step": 1, "topology": {}, "reason": "", "paths": [f"P{n}" for n in range(200_000)]}
    ),
    "many tasks": lambda: raw(run(tasks=[{"name": "", "dataset": "", "classes": []}] * 50_000)),
    "many counts": lambda: raw(run(parameters=[{}] * 500_000)),
    "a run whose spec is none": lambda: raw(run(spec=b"{}}")),
    "columns of different lengths": lambda: metrics(step=[1, 2]),
    "a step that cannot be": lambda: metrics(step=[2**63 - 1]),
    "a step beyond 64 bits": lambda: metrics(step=[2**64 - 1]),
    "places beyond the tables": lambda: metrics(path=[2**40], metric=[-1]),
    "values that are not finite": lambda: metrics(value=[float("inf")]),
    "progress beyond any number": lambda: raw(
        {"t": "progress", "step": 2**63, "total_steps": 1, "path": "", "task": 0, "task_step": 0,
         "task_steps": 0, "seconds": 0.0}
    ),
    "weights with too few bytes": lambda: weights(data=bytes(3)),
    "weights of a negative side": lambda: weights(shape=(-1, 2)),
    "weights of a huge side": lambda: weights(shape=(2**62, 4)),
    "a state with too few bytes": lambda: state(arrays={"a": {"dtype": "<f4", "shape": [9], "data": b""}}),
    "a state of objects": lambda: state(arrays={"a": {"dtype": "O", "shape": [1], "data": bytes(8)}}),
    "a state whose meta is no object": lambda: state(meta="[1]"),
    "a state whose meta is no JSON": lambda: state(meta="{"),
    "a preamble within": lambda: raw({"t": "preamble", "step": 1, "events": [], "weights": []}),
    "no record": lambda: Raw(b"\xc1" * 100),
    "nested deeply": lambda: Raw(b"\x91" * 200_000),
    "nothing": lambda: Raw(b""),
}  # fmt: skip


def journal(path, *written, preamble=None):
    """A journal beside the session, of the same run and whole but for what stands in it."""
    with h5py.File(path) as file:
        session, sequence = file.attrs["session"].decode(), int(file.attrs["sequence"])
    writer = JournalWriter(journal_path(path), session, base=sequence, preamble=preamble)
    for record in written:
        writer.append(record)
    writer.close()


@pytest.fixture(autouse=True)
def raw_records_are_written_as_they_are(monkeypatch):
    encode = records.encode
    monkeypatch.setattr(records, "encode", lambda r: r.payload if isinstance(r, Raw) else encode(r))


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_makes_no_sense_ends_the_journal_and_nothing_else(kind, tmp_path):
    path = copied(tmp_path)
    sign = events.Log(time=1.0, level="info", message="this stood before it")
    journal(path, sign, RECORDS[kind]())
    began = time.process_time()
    failed = asked(path, conditions=1)
    assert time.process_time() - began < 3
    assert not {name: text for name, text in failed.items() if text.startswith("WRONG")}
    assert "open" not in failed
    with open_session(path) as session:
        assert session.paths == ("P1", "P2-0", "P3-00")
        assert len(session.tasks) == 5
        assert sign in session.history.log


@pytest.mark.parametrize("kind", [k for k in RECORDS if k not in ("no record", "nested deeply", "nothing")])
def test_a_preamble_that_makes_no_sense_is_refused_or_gives_what_it_holds(kind, tmp_path):
    path = copied(tmp_path)
    record = msgspec.msgpack.decode(RECORDS[kind]().payload)
    journal(path, preamble=raw({"t": "preamble", "step": 1, "events": [run(), record], "weights": []}))
    path.unlink()
    refused = ""
    try:
        recover(path)
    except SessionError as error:
        refused = str(error)
    assert bool(refused) == (not path.exists())
    assert refused.isprintable()
    assert journal_path(path).exists() == bool(refused)
    failed = {} if refused else asked(path, conditions=1)
    assert not {name: text for name, text in failed.items() if text.startswith("WRONG")}


def test_a_state_in_a_journal_that_fits_no_tree_is_said_to_be_damaged(tmp_path):
    path = copied(tmp_path)
    with open_session(path) as session:
        state = session.trainer_state()
    arrays = {name: StoredArray.of(np.zeros(3)) for name in state.arrays}
    meta = msgspec.json.encode(state.meta).decode()
    journal(path, records.StoredState(step=state.step + 1, meta=meta, arrays=arrays))
    with (
        hhstudio.open(path) as session,
        pytest.raises(SessionError, match="the saved state belongs to another spec"),
    ):
        session.overview()
