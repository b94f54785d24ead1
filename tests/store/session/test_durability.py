"""Files deleted, replaced and spoiled under a writer, disks that are full, folders that are closed, clocks
that jump: nothing that was recorded is lost, and what happened is said."""

import contextlib
import os
import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from recorded_runs import TASKS, finished, record, run_started, task_events, tensors, trainer_state
from small_disks import fill_up, ordinary_user, small_disk

from hhstudio.core.errors import SessionError, StorageError
from hhstudio.core.run import events
from hhstudio.store.file.safe_read import DamagedError
from hhstudio.store.journal import journal, preamble
from hhstudio.store.journal.journal import JournalReader, journal_path
from hhstudio.store.journal.lock import lock_path, owner
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter


@pytest.fixture
def writing(tmp_path, monkeypatch):
    """A session that is being written: task 0 in the file of the last checkpoint, task 1 in the journal."""
    monkeypatch.setattr("hhstudio.store.session.writer.LOOK_SECONDS", 0.0)
    writer = SessionWriter(tmp_path / "s.h5")
    writer.start(run_started())
    for event in task_events("P1", 0, 0):
        writer.record(event)
    writer.checkpoint(trainer_state(20))
    for event in task_events("P1", 1, 20):
        writer.record(event)
    with writer:
        yield writer


def assert_both_tasks(path):
    with open_session(path) as session:
        assert session.available() == {("P1", 0), ("P1", 1)}
        for task in (0, 1):
            for name, values in tensors("P1", task, 20 * (task + 1)).items():
                np.testing.assert_array_equal(session.tensor("P1", task, name), values)
        assert session.history.series["P1", 0, "loss"].steps.tolist() == list(range(1, 21))
        assert session.trainer_state().step == 20


def test_a_deleted_session_file_is_there_again_at_the_next_tick(writing):
    writing.path.unlink()
    writing.tick()
    assert writing.path.exists()
    writing.close(finished(40))
    assert_both_tasks(writing.path)


def test_a_session_file_that_another_one_is_moved_over_is_set_aside_at_the_next_tick(writing, tmp_path):
    other = tmp_path / "other.h5"
    record(other)
    content = other.read_bytes()
    other.replace(writing.path)
    writing.tick()
    assert (tmp_path / "s.h5.replaced-1").read_bytes() == content
    writing.close(finished(40))
    assert_both_tasks(writing.path)


@pytest.mark.parametrize("content", ["a session", b"nothing of ours"])
def test_of_a_session_file_that_is_written_over_all_but_old_weights_is_written_anew(
    writing, tmp_path, content
):
    """A copy into the same file, unlike one moved over it, leaves nothing of what was there."""
    if isinstance(content, str):
        record(tmp_path / "other.h5")
        content = (tmp_path / "other.h5").read_bytes()
    writing.path.write_bytes(content)
    writing.tick()
    assert (tmp_path / "s.h5.replaced-1").read_bytes() == content
    assert "the weights that only it held are lost" in writing.history.log[-1].message
    assert not writing.needs_state  # a small state is kept in memory
    writing.close(finished(40))
    with open_session(writing.path) as session:
        assert session.available() == {("P1", 1)}
        assert session.history.series["P1", 0, "loss"].steps.tolist() == list(range(1, 21))
        assert session.accuracy("P1")[0, 0] == np.float32(0.95)
        assert session.trainer_state().step == 20


def test_where_a_large_state_is_lost_a_new_checkpoint_is_asked_for(writing, monkeypatch):
    monkeypatch.setattr(preamble, "STATE_BYTES", 10)
    writing.checkpoint(trainer_state(40))
    writing.path.write_bytes(b"nothing of ours")
    writing.tick()
    assert writing.needs_state
    writing.checkpoint(trainer_state(40))
    assert not writing.needs_state


def test_a_session_is_made_again_from_its_journal_alone(tmp_path):
    path = tmp_path / "s.h5"
    happened = record(path, frozenset({40, 80}), close=False)
    path.unlink()
    with pytest.raises(DamagedError, match="hhstudio recover"):
        open_session(path)
    report = recover(path)
    assert "the run as it was at step 120, from the journal alone" in report.saved
    assert "the checkpoint at step 80" in report.saved
    assert any("generated weights of 4 tasks (P1 task 0, P1 task 1" in line for line in report.lost)
    with open_session(path) as session:
        assert session.state == "failed"
        assert session.paths == ("P1", "P2-0")
        assert session.trainer_state().meta == trainer_state(80).meta
        assert session.available() == {("P2-0", 1), ("P2-0", 2)}
        for event in happened:
            if isinstance(event, events.TaskFinished):
                row = session.accuracy(event.path)[event.task, : len(event.accuracies)]
                np.testing.assert_array_equal(row, np.float32(event.accuracies))
        assert session.history.series["P2-0", 2, "loss"].steps.tolist() == list(range(101, 121))
    assert not journal_path(path).exists()


def test_a_journal_whose_first_records_are_spoiled_makes_no_session(tmp_path):
    path = tmp_path / "s.h5"
    record(path, frozenset({40}), close=False)
    path.unlink()
    data = bytearray(journal_path(path).read_bytes())
    data[journal.HEADER_SIZE + 100] ^= 255
    journal_path(path).write_bytes(data)
    with pytest.raises(SessionError, match="does not say what it held"):
        recover(path)
    assert journal_path(path).read_bytes() == data


def test_a_full_disk_holds_the_writer_up_and_free_space_lets_it_go_on(tmp_path):
    with small_disk(tmp_path / "disk", "900k") as disk:
        path = disk / "s.h5"
        with SessionWriter(path) as writer:
            writer.start(run_started())
            for event in task_events("P1", 0, 0, size=2000):
                writer.record(event)
            writer.checkpoint(trainer_state(20))
            filler = fill_up(disk, 20_000)
            refused = []
            for event in task_events("P1", 1, 20, size=2000):
                try:
                    writer.record(event)
                except StorageError as error:
                    refused.append(str(error))
            assert "the disk is full; everything up to the checkpoint at step 20 is kept in" in refused[0]
            with pytest.raises(StorageError, match="the disk is full"):
                writer.flush()
            filler.unlink()
            writer.flush()
            writer.close(finished(40))
        with open_session(path) as session:
            assert session.available() == {("P1", 0), ("P1", 1)}
            np.testing.assert_array_equal(session.tensor("P1", 1, "layers.2.bias"), [40] * 3)
            assert session.history.series["P1", 1, "loss"].steps.tolist() == list(range(21, 41))


def test_without_room_for_a_new_file_the_checkpoint_goes_into_the_journal(tmp_path):
    with small_disk(tmp_path / "disk", "900k") as disk:
        path = disk / "s.h5"
        with SessionWriter(path) as writer:
            writer.start(run_started())
            for event in task_events("P1", 0, 0, size=2000):
                writer.record(event)
            writer.checkpoint(trainer_state(20))
            before = path.read_bytes()
            filler = fill_up(disk, 60_000)
            writer.record(events.Log(time=1.0, level="info", message="a word"))
            writer.checkpoint(trainer_state(21))
            assert path.read_bytes() == before
            assert "the disk is full" in writer.history.log[-1].message
            writer.close(finished(21))
            assert "the disk is full" in writer.left_over
        with open_session(path) as session:  # read along: there still is no room
            assert (session.state, session.trainer_state().step) == ("finished", 21)
            assert "could not be taken into the file" in session.notes[0]
        filler.unlink()
        open_session(path).close()
        assert not journal_path(path).exists()
        with open_session(path) as session:
            assert (session.state, session.trainer_state().step) == ("finished", 21)


def test_a_folder_closed_to_the_writer_sends_checkpoints_into_the_journal():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        path = folder / "s.h5"
        with ordinary_user(), SessionWriter(path) as writer:
            writer.start(run_started())
            for event in task_events("P1", 0, 0):
                writer.record(event)
            writer.checkpoint(trainer_state(20))
            os.seteuid(0)
            folder.chmod(0o555)
            os.seteuid(65534)
            for event in task_events("P1", 1, 20):
                writer.record(event)
            writer.checkpoint(trainer_state(40))
            assert "Permission denied" in writer.history.log[-1].message
            with pytest.raises(SessionError, match="cannot be written"):
                SessionWriter(folder / "another.h5")
            writer.close(finished(40))
            with open_session(path) as session:
                assert session.available() == {("P1", 0), ("P1", 1)}
                assert session.trainer_state().step == 40
                assert session.read_only == f"the folder {folder} cannot be written"
        with open_session(path) as session:
            assert session.read_only == ""
        assert not journal_path(path).exists()


def test_a_deleted_journal_is_there_again_at_the_next_tick_with_all_that_was_in_it(writing, tmp_path):
    journal_path(writing.path).unlink()
    writing.tick()
    with JournalReader(journal_path(writing.path)) as reader:
        assert reader.header is not None
    copy = tmp_path / "copy" / "s.h5"  # what a kill would leave now
    copy.parent.mkdir()
    shutil.copy(writing.path, copy)
    shutil.copy(journal_path(writing.path), journal_path(copy))
    assert_both_tasks(copy)
    assert "journal was deleted while it was being written" in writing.history.log[-1].message
    writing.close(finished(40))
    assert_both_tasks(writing.path)


def test_a_deleted_session_file_that_cannot_be_written_anew_holds_the_writer_up(tmp_path):
    with small_disk(tmp_path / "disk", "900k") as disk, SessionWriter(disk / "s.h5") as writer:
        writer.start(run_started())
        for event in task_events("P1", 0, 0, size=2000):
            writer.record(event)
        writer.checkpoint(trainer_state(20))
        filler = fill_up(disk, 30_000)
        writer.path.unlink()
        for _ in range(3):
            with pytest.raises(StorageError, match="was deleted, and cannot be written anew"):
                writer.flush()
        said = [entry.message for entry in writer.history.log]
        assert len(said) == len(set(said))
        filler.unlink()
        writer.flush()
        writer.close(finished(20))
        with open_session(writer.path) as session:
            assert session.available() == {("P1", 0)}


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    """The same in a folder of its own, which may go."""
    monkeypatch.setattr("hhstudio.store.session.writer.LOOK_SECONDS", 0.0)
    (tmp_path / "folder").mkdir()
    with SessionWriter(tmp_path / "folder" / "s.h5") as writer:
        writer.start(run_started())
        for event in task_events("P1", 0, 0):
            writer.record(event)
        writer.checkpoint(trainer_state(20))
        for event in task_events("P1", 1, 20):
            writer.record(event)
        yield writer


@pytest.mark.parametrize("in_its_place", ["nothing", "a file", "another folder"])
def test_a_folder_that_is_gone_holds_the_writer_up_until_it_is_back(in_folder, in_its_place):
    folder = in_folder.path.parent
    shutil.rmtree(folder)
    if in_its_place == "a file":
        folder.write_text("mine now")
    for attempt in (in_folder.tick, in_folder.flush, lambda: in_folder.checkpoint(trainer_state(20))):
        if in_its_place == "another folder":
            break  # nothing holds it up
        with pytest.raises(StorageError, match=r"the folder .*folder is gone; what was recorded is held in"):
            attempt()
    if in_its_place == "a file":
        folder.unlink()
    folder.mkdir(exist_ok=True)
    in_folder.flush()
    assert owner(in_folder.path).pid == os.getpid()
    assert in_folder.path.exists()
    assert journal_path(in_folder.path).exists()
    in_folder.close(finished(40))
    assert_both_tasks(in_folder.path)
    assert [file.name for file in folder.iterdir()] == ["s.h5"]


def test_the_end_of_a_task_is_not_told_while_the_journal_lies_nowhere(in_folder):
    shutil.rmtree(in_folder.path.parent)
    *before, end = task_events("P1", 2, 40)
    for event in before:
        in_folder.record(event)
    with pytest.raises(StorageError, match="is gone"):
        in_folder.record(end)


def test_a_folder_that_is_moved_away_and_back_is_as_it_was(in_folder, tmp_path):
    folder = in_folder.path.parent
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="is gone"):
        in_folder.tick()
    (tmp_path / "elsewhere").rename(folder)
    before = in_folder.path.read_bytes()
    in_folder.flush()
    assert in_folder.path.read_bytes() == before
    in_folder.close(finished(40))
    assert_both_tasks(in_folder.path)


def test_what_another_run_has_begun_there_meanwhile_is_left_alone(in_folder):
    shutil.rmtree(in_folder.path.parent)
    in_folder.path.parent.mkdir()
    with SessionWriter(in_folder.path) as other:
        other.start(run_started())
        with pytest.raises(StorageError, match="another program writes a session of that name now"):
            in_folder.flush()
        assert journal_path(in_folder.path).exists()
    in_folder.flush()


def test_a_writer_takes_everything_along_to_another_place(in_folder, tmp_path):
    shutil.rmtree(in_folder.path.parent)
    (tmp_path / "other").mkdir()
    assert in_folder.move_to(tmp_path / "other" / "t.h5") == ""
    assert in_folder.path == tmp_path / "other" / "t.h5"
    assert owner(in_folder.path).pid == os.getpid()
    for event in task_events("P1", 2, 40):
        in_folder.record(event)
    in_folder.close(finished(60))
    assert_both_tasks_and_one_more(in_folder.path)
    assert [file.name for file in in_folder.path.parent.iterdir()] == ["t.h5"]


def assert_both_tasks_and_one_more(path):
    with open_session(path) as session:
        assert session.available() == {("P1", 0), ("P1", 1), ("P1", 2)}
        for task in (0, 1, 2):
            np.testing.assert_array_equal(session.tensor("P1", task, "layers.2.bias"), [20 * (task + 1)] * 3)
        assert session.trainer_state().step == 20
        assert session.state == "finished"


def test_where_there_is_a_session_already_a_writer_does_not_move(in_folder, tmp_path):
    other = tmp_path / "other.h5"
    record(other)
    before = other.read_bytes()
    with pytest.raises(SessionError, match="exists already"):
        in_folder.move_to(other)
    with pytest.raises(StorageError, match="No such file or directory"):
        in_folder.move_to(tmp_path / "nowhere" / "s.h5")
    assert other.read_bytes() == before
    assert not lock_path(other).exists()
    in_folder.close(finished(40))
    assert_both_tasks(in_folder.path)


def test_of_a_disk_that_cannot_be_read_any_more_what_is_in_memory_is_taken_along(in_folder, tmp_path):
    os.truncate(in_folder.path, 100)  # its bytes are gone, as those of a disk that was pulled out
    os.truncate(journal_path(in_folder.path), 10)
    for event in list(task_events("P1", 2, 40))[:-1]:
        in_folder.record(event)
    missing = in_folder.move_to(tmp_path / "t.h5")
    assert "what only the old place held is missing" in missing
    in_folder.close(finished(60))
    with open_session(tmp_path / "t.h5") as session:
        assert session.available() == {("P1", 2)}
        assert session.history.series["P1", 0, "loss"].steps.tolist() == list(range(1, 21))
        assert session.history.series["P1", 2, "loss"].steps.tolist() == list(range(41, 61))
        assert session.accuracy("P1")[1, 1] == np.float32(0.95)
        assert session.trainer_state().step == 20


def test_from_a_full_disk_what_waits_in_memory_is_taken_along(tmp_path):
    with small_disk(tmp_path / "disk", "900k") as disk:
        with SessionWriter(disk / "s.h5") as writer:
            writer.start(run_started())
            for event in task_events("P1", 0, 0, size=2000):
                writer.record(event)
            writer.checkpoint(trainer_state(20))
            fill_up(disk, 0)
            for event in task_events("P1", 1, 20, size=2000):
                with contextlib.suppress(StorageError):
                    writer.record(event)
            assert writer.move_to(tmp_path / "s.h5") == ""
            writer.close(finished(40))
        with open_session(tmp_path / "s.h5") as session:
            for task in (0, 1):
                for name, values in tensors("P1", task, 20 * (task + 1), 2000).items():
                    np.testing.assert_array_equal(session.tensor("P1", task, name), values)
        with open_session(disk / "s.h5") as old:  # what it could take stays there
            assert old.available() == {("P1", 0)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_forked_off_records_nothing_and_leaves_the_lock(writing):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            writing.record(events.Log(time=0.0, level="info", message="from the child"))
        except SessionError:
            writing.__exit__(None, None, None)
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert lock_path(writing.path).exists()
    writing.close(finished(40))
    assert_both_tasks(writing.path)
    with open_session(writing.path) as session:
        assert [entry for entry in session.history.log if "child" in entry.message] == []


def test_no_thread_is_left_behind_by_a_writer_that_was_closed_or_left(writing, tmp_path):
    assert [thread.name for thread in threading.enumerate()].count("hhstudio-journal") == 1
    writing.close(finished(40))
    with SessionWriter(tmp_path / "t.h5") as other:
        other.start(run_started())
    assert [thread.name for thread in threading.enumerate()].count("hhstudio-journal") == 0


def test_a_clock_that_goes_backwards_changes_nothing_but_the_times_in_the_log(tmp_path):
    path = tmp_path / "s.h5"
    with SessionWriter(path) as writer:
        writer.start(run_started())
        for time in (2e9, 1e9, -5.0, 1.5e9):
            writer.record(events.Log(time=time, level="info", message=f"at {time}"))
    with open_session(path) as session:
        assert [entry.time for entry in session.history.log] == [2e9, 1e9, -5.0, 1.5e9]


def test_a_session_that_is_a_symbolic_link_stays_one_and_is_written_where_it_leads(tmp_path):
    (tmp_path / "large-disk").mkdir()
    target, link = tmp_path / "large-disk" / "s.h5", tmp_path / "s.h5"
    link.symlink_to(target)
    record(link, frozenset({20}))
    assert link.is_symlink()
    assert [file.name for file in target.parent.iterdir()] == ["s.h5"]
    with open_session(target) as there, open_session(link) as here:
        assert (
            there.available()
            == here.available()
            == {(path, task) for path in ("P1", "P2-0") for task in range(TASKS)}
        )


def test_a_session_keeps_the_permissions_that_its_owner_gave_it(writing):
    writing.path.chmod(0o600)
    writing.checkpoint(trainer_state(40))
    writing.close(finished(40))
    assert writing.path.stat().st_mode & 0o777 == 0o600
