"""A session file is replaced whole or not at all."""

import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from recorded_runs import (
    finished,
    record,
    run_started,
    story,
    task_events,
    tensors,
    trainer_state,
    weights,
)

from hhstudio.core import atomic_write
from hhstudio.core.errors import SessionError, StorageError
from hhstudio.core.run import events
from hhstudio.store.file.checked_file import CheckedFile
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter


def begun(path):
    writer = SessionWriter(path)
    writer.start(run_started())
    for event in task_events("P1", 0, 0):
        writer.record(event)
    return writer


def fail(*_, **__):
    raise OSError(errno.EIO, "Input/output error")


def saved_once(path):
    """A writer with a checkpoint at step 20 and a task behind it, everything flushed."""
    writer = begun(path)
    writer.checkpoint(trainer_state(20))
    for event in task_events("P1", 1, 20):
        writer.record(event)
    writer.flush()
    return writer


def assert_whole(path):
    with open_session(path) as session:
        assert session.trainer_state().step == 40
        assert session.available() == {("P1", 0), ("P1", 1)}


def test_a_disk_that_takes_nothing_leaves_file_and_journal_whole_and_can_be_tried_again(
    tmp_path, monkeypatch
):
    path = tmp_path / "s.h5"
    writer = saved_once(path)
    before = path.read_bytes(), journal_path(path).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(atomic_write.os, "fsync", fail)
        with pytest.raises(StorageError, match="up to the checkpoint at step 20 is kept in"):
            writer.checkpoint(trainer_state(40))
    assert path.read_bytes() == before[0]
    assert journal_path(path).read_bytes().startswith(before[1])
    assert not (tmp_path / "s.h5.tmp").exists()
    writer.checkpoint(trainer_state(40))  # the disk is well again
    writer.close(finished(40))
    assert_whole(path)


def test_where_the_file_cannot_be_replaced_the_journal_takes_the_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "s.h5"
    writer = saved_once(path)
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", fail)
        writer.checkpoint(trainer_state(40))
        assert path.read_bytes() == before
        assert not (tmp_path / "s.h5.tmp").exists()
        assert "what came later is kept in its journal" in writer.history.log[-1].message
        writer.close(finished(40))
        assert "everything is in s.h5.journal" in writer.left_over
        assert_whole(path)  # read along, because it still cannot be taken in
    assert journal_path(path).exists()
    assert_whole(path)
    assert not journal_path(path).exists()


def test_a_file_that_does_not_read_back_is_not_put_in_place(tmp_path, monkeypatch):
    path = tmp_path / "s.h5"
    writer = begun(path)
    before = path.read_bytes()

    def lossy(self, data):  # a disk that takes the data and keeps zeros
        view = memoryview(data).cast("B")
        return honest(self, bytes(len(view)) if len(view) == 400 else view)

    honest = CheckedFile.write
    monkeypatch.setattr(CheckedFile, "write", lossy)
    with pytest.raises(SessionError, match="checksum"):
        writer.checkpoint(trainer_state(20))
    assert path.read_bytes() == before
    monkeypatch.undo()
    writer.close(finished(20))


def test_the_weights_of_finished_tasks_survive_every_later_save(tmp_path):
    path = tmp_path / "s.h5"
    record(path, frozenset(range(20, 140, 20)))
    with open_session(path) as session:
        for (name, task), step in session.history.weights.items():
            for tensor, values in tensors(name, task, step).items():
                np.testing.assert_array_equal(session.tensor(name, task, tensor), values)


def test_statistics_of_a_run_that_an_older_version_began_are_kept_in_their_own_type(tmp_path):
    path = tmp_path / "s.h5"
    old = {"w": np.ones(3, np.float16), "batches": np.array([7.0], np.float16)}
    new = {"w": np.full(3, 2, np.float16), "batches": np.array(70_007), "seen": np.array(True)}
    writer = begun(path)
    for step, tensors_then in ((1, old), (2, new), (3, new)):
        writer.record(
            events.Weights(
                step=step,
                path="P1",
                task=1,
                final=False,
                tensors={name: events.Tensor.of(array) for name, array in tensors_then.items()},
            )
        )
        writer.checkpoint(trainer_state(step))
    writer.close(finished(3))
    with open_session(path) as session:
        snapshots = session.snapshots("P1", 1)
        assert snapshots.steps.tolist() == [1, 2, 3]
        assert [float(snapshots.tensor(at, "batches")[0]) for at in range(3)] == [7, 70_007, 70_007]
        assert snapshots.tensor(2, "w").dtype == np.float16


def test_numbers_without_dimensions_and_whole_numbers_keep_shape_and_type(tmp_path):
    path = tmp_path / "s.h5"
    arrays = {
        "w": np.ones((2, 3), np.float32), "count": np.array(2**40), "flag": np.array(True),
        "mask": np.array([True, False]), "byte": np.array(-3, np.int8), "t": np.array(0.5),
    }  # fmt: skip
    probe = np.array([[1.5, -2.25]], np.float32)
    writer = begun(path)
    packed = {name: events.Tensor.of(array) for name, array in arrays.items()}
    extras = {events.PROBE: events.Tensor.of(probe)}
    writer.record(events.Weights(step=20, path="P1", task=1, tensors=packed, extras=extras))
    writer.record(events.Weights(step=20, path="P1", task=1, tensors=packed, final=False))

    def check():
        with open_session(path) as session:
            for tensors_then in (
                session.weights("P1", 1),
                {name: session.snapshots("P1", 1).tensor(0, name) for name in arrays},
            ):
                assert list(tensors_then) == list(arrays)
                for name, array in arrays.items():
                    assert tensors_then[name].shape == array.shape
                    assert tensors_then[name].dtype == array.dtype
                    assert np.array_equal(tensors_then[name], array)
            assert np.array_equal(session.probe("P1", 1), probe)
            assert session.probe("P1", 0).shape[0] == 0

    writer.flush()
    check()  # out of the journal
    writer.checkpoint(trainer_state(20))
    writer.checkpoint(trainer_state(21))  # copied from file to file
    writer.close(finished(21))
    check()


def test_a_journal_that_grows_too_long_is_taken_in_without_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr("hhstudio.store.session.writer.PENDING_BYTES", 4000)
    path = tmp_path / "s.h5"
    writer = SessionWriter(path)
    writer.start(run_started())
    for event in story():
        writer.record(event)
        assert journal_path(path).stat().st_size < 12_000
    writer.close(finished())
    with open_session(path) as session:
        assert len(session.available()) == 6


def test_a_checkpoint_of_a_large_session_costs_what_is_new_and_not_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr("hhstudio.store.session.writer.SMALL_BYTES", 10_000)
    path = tmp_path / "s.h5"
    writer = begun(path)
    writer.record(weights("P1", 0, 20, size=20_000))
    writer.checkpoint(trainer_state(20))
    before = path.read_bytes()
    assert len(before) > 300_000
    for event in task_events("P1", 1, 20):
        writer.record(event)
    writer.checkpoint(trainer_state(40))
    assert path.read_bytes() == before
    with open_session(path) as session:  # read along
        assert_state(session, 40)
        assert session.available() == {("P1", 0), ("P1", 1)}
    saved = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.suffix != ".lock"}
    for step in range(41, 80):  # the journal is taken in when it has grown
        writer.checkpoint(trainer_state(step, size=1000))
    assert path.read_bytes() != before
    writer.close(finished(80))
    with open_session(path) as session:
        assert_state(session, 79, size=1000)
    for name, data in saved.items():  # as after a kill
        (tmp_path / name).write_bytes(data)
    with open_session(path) as session:
        assert "the checkpoint at step 40" in session.history.end.message
        assert_state(session, 40)
        assert session.available() == {("P1", 0), ("P1", 1)}
    assert not journal_path(path).exists()


def test_checkpoints_in_quick_succession_go_into_the_journal(tmp_path, monkeypatch):
    monkeypatch.setattr("hhstudio.store.session.writer.SHARE", 1e6)
    path = tmp_path / "s.h5"
    writer = begun(path)
    before = path.read_bytes()
    for step in range(20, 40):
        writer.checkpoint(trainer_state(step))
    assert path.read_bytes() == before
    with open_session(path) as session:  # read along
        assert_state(session, 39)
    writer.close(finished(40))
    with open_session(path) as session:
        assert_state(session, 39)
        assert session.available() == {("P1", 0)}


def assert_state(session, step, size=50):
    state, expected = session.trainer_state(), trainer_state(step, size)
    assert (state.step, state.meta, list(state.arrays)) == (step, expected.meta, list(expected.arrays))
    for name, values in expected.arrays.items():
        assert state.arrays[name].dtype == values.dtype
        np.testing.assert_array_equal(state.arrays[name], values)


def test_a_session_file_deleted_while_it_is_written_is_written_anew(tmp_path):
    path = tmp_path / "s.h5"
    writer = begun(path)
    writer.checkpoint(trainer_state(20))
    path.unlink()
    writer.checkpoint(trainer_state(20))
    writer.close(finished(20))
    with open_session(path) as session:
        assert session.available() == {("P1", 0)}
        assert session.trainer_state().step == 20
        assert "was deleted while it was being written" in session.history.log[-1].message


def test_another_file_put_in_the_sessions_place_is_not_overwritten(tmp_path):
    path = tmp_path / "s.h5"
    writer = begun(path)
    writer.checkpoint(trainer_state(20))
    path.unlink()
    path.write_text("precious")
    for event in task_events("P1", 1, 20):
        writer.record(event)
    writer.close(finished(40))
    assert (tmp_path / "s.h5.replaced-1").read_text() == "precious"
    with open_session(path) as session:
        assert session.available() == {("P1", 0), ("P1", 1)}


def test_the_journal_of_another_run_is_left_alone(tmp_path):
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    record(one)
    record(two, close=False)
    journal_path(two).rename(journal_path(one))
    before = one.read_bytes()
    with open_session(one) as session:
        assert session.state == "finished"
    assert one.read_bytes() == before
    assert (tmp_path / "one.h5.journal.foreign-1").exists()


def test_a_journal_with_damage_inside_gives_its_beginning_and_is_kept(left):
    path, _ = left
    data = bytearray(journal_path(path).read_bytes())
    data[len(data) // 2] ^= 1
    journal_path(path).write_bytes(data)
    with open_session(path) as session:
        assert 80 <= session.history.step < 120
        assert session.trainer_state().step == 80
    assert path.with_name(path.name + ".journal.damaged-1").read_bytes() == data


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="changes the user")
def test_in_a_folder_that_cannot_be_written_the_journal_is_read_in_memory(left_session):
    source, _ = left_session
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in source.parent.iterdir():
            (folder / file.name).write_bytes(file.read_bytes())
            (folder / file.name).chmod(0o444)
        before = {file.name: file.read_bytes() for file in folder.iterdir()}
        folder.chmod(0o555)
        os.seteuid(65534)  # root may write anywhere
        try:
            with open_session(folder / source.name) as session:
                assert session.history.step == 120
                assert len(session.available()) == 6
                np.testing.assert_array_equal(session.tensor("P2-0", 2, "layers.2.bias"), [120] * 3)
                assert session.state == "failed"
        finally:
            os.seteuid(0)
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_record_that_makes_no_sense_ends_recovery_before_it(left):
    path, _ = left
    writer = SessionWriter(path)
    writer.resume_at(events.Resumed(step=80, device="cpu", torch=""))
    writer.record(events.Log(time=1.0, level="info", message="before"))
    journal = writer._journal
    journal.append(
        events.Metrics(names=("loss",), step=[81, 82], path=[0], task=[0], metric=[0], value=[1.0])
    )
    journal.append(events.Log(time=2.0, level="info", message="after"))
    with writer:
        pass
    with open_session(path) as session:
        assert session.history.log[-1].message == "before"
    assert path.with_name(path.name + ".journal.damaged-1").exists()
