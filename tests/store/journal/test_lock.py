"""One writer a session, and a dead writer's lock is no obstacle."""

import json
import os
import subprocess
import sys

import pytest
from recorded_runs import finished, run_started, story

from hhstudio.core.errors import SessionError
from hhstudio.store.journal.lock import Lock, lock_path, owner
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter

HOLD = """
import sys
from pathlib import Path
from hhstudio.store.journal.lock import Lock
lock = Lock(Path(sys.argv[1]), "a test")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lock of a session."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "s.h5")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_writer_in_the_same_process_is_refused(tmp_path):
    with SessionWriter(tmp_path / "s.h5") as writer:
        writer.start(run_started())
        with pytest.raises(
            SessionError, match=rf"being written by hhstudio \(process {os.getpid()}, since \d\d:\d\d\)"
        ):
            SessionWriter(tmp_path / "s.h5", overwrite=True)


def test_a_second_writer_in_another_process_is_refused_by_name(tmp_path, holder):
    with pytest.raises(
        SessionError, match=rf"being written by a test \(process {holder.pid}, since \d\d:\d\d\)"
    ):
        SessionWriter(tmp_path / "s.h5")
    assert owner(tmp_path / "s.h5").pid == holder.pid


def test_the_lock_of_a_killed_writer_is_taken_over(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert lock_path(tmp_path / "s.h5").exists()
    assert owner(tmp_path / "s.h5") is None
    Lock(tmp_path / "s.h5").release()
    assert not lock_path(tmp_path / "s.h5").exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_that_outlives_the_writer_does_not_keep_the_lock(tmp_path):
    """A forked child shares the kernel's lock, and a killed writer cannot end its children."""
    fork = HOLD.replace("sys.stdin.read()", "import os\nos.fork() or sys.stdin.read()\n")
    command = [sys.executable, "-c", fork, str(tmp_path / "s.h5")]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    assert owner(tmp_path / "s.h5") is None
    Lock(tmp_path / "s.h5").release()
    process.communicate()  # ends the child, whose standard input it closes


@pytest.mark.parametrize("content", [b"", b"no json", b"[1]", json.dumps({"pid": "x"}).encode()])
def test_a_lock_file_without_an_owner_is_no_obstacle(tmp_path, content):
    lock_path(tmp_path / "s.h5").write_bytes(content)
    assert owner(tmp_path / "s.h5") is None
    Lock(tmp_path / "s.h5").release()


def test_a_session_that_exists_is_not_overwritten_unasked(tmp_path):
    path = tmp_path / "s.h5"
    for overwrite in (False, True):
        with SessionWriter(path, overwrite) as writer:
            writer.start(run_started())
            for event in story():
                writer.record(event)
            writer.close(finished())
    before = path.read_bytes()
    with SessionWriter(path) as writer, pytest.raises(SessionError, match="exists already"):
        writer.start(run_started())
    assert path.read_bytes() == before
    with open_session(path) as session:
        assert session.state == "finished"


def test_a_folder_that_does_not_exist_is_an_error_in_one_line(tmp_path):
    with pytest.raises(SessionError, match="No such file or directory"):
        SessionWriter(tmp_path / "nowhere" / "s.h5")


def test_there_is_nothing_to_resume_where_no_session_is(tmp_path):
    from hhstudio.core.run import events

    with (
        SessionWriter(tmp_path / "s.h5") as writer,
        pytest.raises(SessionError, match="no such session to resume"),
    ):
        writer.resume_at(events.Resumed(step=0, device="cpu", torch=""))
