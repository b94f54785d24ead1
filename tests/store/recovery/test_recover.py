"""The ladder of recovery, each rung on a file that needs it."""

import shutil

import h5py
import numpy as np
import pytest
from recorded_runs import replayed, tensors, trainer_state

from hhstudio.core.errors import SessionError
from hhstudio.store.journal.lock import Lock
from hhstudio.store.recovery.messages import Piece, Saved
from hhstudio.store.recovery.recover import recover
from hhstudio.store.recovery.report import in_words
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.verification import differences


@pytest.fixture
def copy(finished_session, tmp_path):
    path = tmp_path / "story.h5"
    shutil.copyfile(finished_session[0], path)
    return path


def spoil(path, name):
    """Change a byte of a data set's contents."""
    with h5py.File(path) as file:
        offset = file[name].id.get_offset() or file[name].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset + 9] ^= 0xFF
    path.write_bytes(data)


def everything(path):
    """Read all; what it holds."""
    with open_session(path) as session:
        for name, task in session.available():
            session.weights(name, task)
        session.trainer_state()
        return session.available()


def test_a_whole_session_is_left_as_it_is(copy):
    before = copy.read_bytes()
    report = recover(copy)
    assert report.healthy
    assert str(report) == f"{copy}: whole"
    assert copy.read_bytes() == before
    assert [p.name for p in copy.parent.iterdir()] == ["story.h5"]


def test_a_left_over_journal_is_taken_in(left):
    path, _ = left
    report = recover(path)
    assert "records from the journal" in str(report)
    assert report.lost == []
    assert len(everything(path)) == 6
    assert [p.name for p in path.parent.iterdir()] == ["story.h5"]


def test_one_spoiled_tensor_costs_one_task_and_the_original_is_kept(copy, finished_session):
    spoil(copy, "weights/P1/1/layers.2.weight")
    original = copy.read_bytes()
    with open_session(copy) as session, pytest.raises(SessionError, match="checksum"):
        session.weights("P1", 1)
    report = recover(copy)
    assert [line.split(" (")[0] for line in report.lost] == ["generated weights of P1, task 1"]
    assert report.original.name == "story.h5.damaged-1"
    assert report.original.read_bytes() == original
    assert everything(copy) == {("P1", 0), ("P1", 2), ("P2-0", 0), ("P2-0", 1), ("P2-0", 2)}
    with open_session(copy) as session:
        for name, values in tensors("P2-0", 2, 120).items():
            np.testing.assert_array_equal(session.tensor("P2-0", 2, name), values)
        state = session.trainer_state()
        assert state.meta == trainer_state(120).meta
        for name, values in trainer_state(120).arrays.items():
            np.testing.assert_array_equal(state.arrays[name], values)
        expected = replayed(finished_session[1])
        assert set(differences(session.history, expected)) <= {"weights", "checkpoint", "state_detail"}
        assert session.snapshots("P1", 1).steps.tolist() == [35]


def test_every_part_can_be_lost_alone(copy):
    for number, (name, lost) in enumerate(
        [
            ("state/arrays/stored%2Froot%2F0.weight", "the checkpoint to go on from"),
            ("metrics/value", "pieces of the curves: 1"),
            ("tables/run", None),
            ("spec", None),
        ]
    ):
        path = copy.with_name(f"{number}.h5")
        shutil.copyfile(copy, path)
        with h5py.File(path, "r+") as file:
            del file[name]
            file[name] = b"\xff\xff nonsense"
        report = recover(path)
        assert any(line.startswith(lost) for line in report.lost) if lost else report.original
        with open_session(path) as session:
            assert session.available() >= {("P1", 0), ("P2-0", 2)}
            assert session.spec.name == "a story"
        assert recover(path).healthy


@pytest.mark.parametrize("share", [0.97, 0.8, 0.5])
def test_of_a_file_cut_short_what_is_left_is_saved(copy, share):
    data = copy.read_bytes()
    copy.write_bytes(data[: int(len(data) * share)])
    report = recover(copy)
    assert report.lost
    with open_session(copy) as session:
        assert session.spec.name == "a story"
        assert session.history.accuracy["P1"].shape == (3, 3)
    everything(copy)
    assert report.original.read_bytes() == data[: int(len(data) * share)]


def test_a_file_whose_first_block_is_overwritten_is_saved(copy):
    data = bytearray(copy.read_bytes())
    data[:96] = bytes(96)
    copy.write_bytes(data)
    with pytest.raises(SessionError):
        open_session(copy)
    report = recover(copy)
    assert report.lost == []
    assert len(everything(copy)) == 6


def test_a_whole_file_that_an_interrupted_save_left_is_preferred_to_salvage(copy):
    shutil.copyfile(copy, copy.with_name("story.h5.tmp"))
    copy.write_bytes(copy.read_bytes()[:3000])
    report = recover(copy)
    assert "interrupted save" in str(report)
    assert report.lost == []
    assert len(everything(copy)) == 6
    assert report.original.stat().st_size == 3000


def test_a_damaged_file_and_its_journal_are_put_together_again(left):
    path, _ = left
    spoil(path, "weights/P1/1/layers.2.weight")
    with open_session(path) as session:  # read in memory, as far as it goes
        assert session.history.step == 120
        assert "could not be taken into the file" in session.notes[0] or session.notes
    report = recover(path)
    assert len(report.lost) == 1
    assert len(everything(path)) == 5
    with open_session(path) as session:
        assert session.history.step == 120


@pytest.mark.parametrize("content", [b"", b"a text\n" * 100, b"\x89HDF\r\n\x1a\n" + bytes(9000)])
def test_where_nothing_can_be_saved_nothing_is_touched(tmp_path, content):
    path = tmp_path / "s.h5"
    path.write_bytes(content)
    with pytest.raises(SessionError):
        recover(path)
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["s.h5"]


def test_a_missing_file_is_an_error_in_one_line(tmp_path):
    with pytest.raises(SessionError, match="no such file"):
        recover(tmp_path / "s.h5")


def test_a_session_that_is_being_written_is_not_recovered(copy):
    lock = Lock(copy, "a run")
    with pytest.raises(SessionError, match="being written by a run"):
        recover(copy)
    lock.release()


DEADLY = """
import os, sys
if 'hhstudio.store.recovery.salvage' in sys.orig_argv:
    from hhstudio.store.session import reading
    original = reading.read_tensors
    def deadly(group):
        if group.name == '/weights/P2-0/0':
            os.abort()
        return original(group)
    reading.read_tensors = deadly
"""


def test_an_object_that_takes_the_reading_process_down_costs_only_itself(copy, monkeypatch, tmp_path):
    """A process that dies at one object (as libhdf5 may) is started again without it."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DEADLY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    spoil(copy, "weights/P1/1/layers.2.weight")
    report = recover(copy)
    assert sorted(line.split(" (")[0] for line in report.lost) == [
        "generated weights of P1, task 1",
        "generated weights of P2-0, task 0",
    ]
    assert everything(copy) == {("P1", 0), ("P1", 2), ("P2-0", 1), ("P2-0", 2)}


def test_a_report_writes_thousands_with_a_space_as_everything_else_does():
    piece = Piece("metrics", start=0)
    assert in_words([Saved(piece, rows=3000), Saved(piece, rows=333)])[0] == ["curves: 3 333 values"]
