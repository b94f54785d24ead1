"""What snapshots keep beside weights: read along, compacted, forgotten by a resumed run, checked."""

import h5py
import numpy as np
import pytest
from recorded_runs import finished, leave_as_killed, run_started, task_events, trainer_state

from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter


def snapshot(step, path="P1", task=0, size=3):
    aside = {
        "task/s/0/h0": events.Tensor.of(np.full(size, step, np.float32)),
        "level/0/w": events.Tensor.of(np.arange(4, dtype=np.float32).reshape(2, 2) + step),
    }
    kept = {"layers.2.bias": events.Tensor.of(np.full(3, step, np.float16))}
    return events.Weights(step=step, path=path, task=task, tensors=kept, final=False, extras=aside)


def begun(path):
    """Snapshots 21 and 22 in the file, 23 (of another shape) in the journal."""
    writer = SessionWriter(path)
    writer.start(run_started())
    for event in task_events("P1", 0, 0):
        writer.record(event)
    for step in (21, 22):
        writer.record(snapshot(step))
    writer.checkpoint(trainer_state(22))
    writer.record(snapshot(23, "P2-0", size=5))
    writer.flush()
    return writer


def expect(session, *steps):
    found = [
        (step, at)
        for at, (step, _, _) in enumerate(session.snapshot_extras.keys)
        if session.snapshot_extras.read(at)
    ]
    assert [step for step, _ in found] == list(steps)
    for step, at in found:
        expected = snapshot(step, size=5 if step == 23 else 3).extras
        kept = session.snapshot_extras.read(at)
        assert list(kept) == list(expected)
        for name, tensor in expected.items():
            np.testing.assert_array_equal(kept[name], tensor.numpy())


def test_rows_of_any_shape_come_back_from_file_and_journal(tmp_path):
    writer = begun(tmp_path / "s.h5")
    with open_session(tmp_path / "s.h5") as session:
        expect(session, 21, 22, 23)
    writer.close(finished(23))
    with open_session(tmp_path / "s.h5") as session:
        expect(session, 21, 22, 23)
        assert session.snapshot_extras.keys[-1] == (23, "P2-0", 0)


def test_a_resumed_run_forgets_the_rows_after_its_checkpoint(tmp_path):
    path = tmp_path / "s.h5"
    leave_as_killed(begun(path))
    open_session(path).close()
    writer = SessionWriter(path)
    writer.resume_at(events.Resumed(step=22, device="cpu", torch="2.11"))
    with open_session(path) as session:
        expect(session, 21, 22)
    writer.record(snapshot(24))
    writer.close(finished(24))
    with open_session(path) as session:
        expect(session, 21, 22, 24)


@pytest.mark.parametrize("column", ["start", "layout", "step"])
def test_a_row_that_lies_about_its_place_is_said_to_be_damaged(tmp_path, column):
    path = tmp_path / "s.h5"
    begun(path).close(finished(23))
    with h5py.File(path, "r+") as file:
        values = file["aside"][column][()]
        del file["aside"][column]
        file["aside"][column] = values[:1] if column == "step" else values + 1000
    with open_session(path) as session, pytest.raises(SessionError, match="beside snapshots"):
        [session.snapshot_extras.read(at) for at in range(len(session.snapshot_extras))]
