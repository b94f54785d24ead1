"""Runs and recoveries that are ended from outside: what is said is true, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from small_session import STEP, last_step, write_session

from hhstudio.cli.signals import AskedToEnd, heard
from hhstudio.service.run.remainder import remainder
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.stamps import stamps

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

NOTHING = (None, None)
RUN = [
    *("run", "quickstart", "--set", "stream.tasks=2", "--set", "stream.train_limit=100"),
    *("--set", "evaluation.every=0", "--set", "training.threads=1", "--set", "training.steps=100000"),
    *("--set", 'solver={"architecture": "mlp", "options": {"hidden": [8]}}'),
]


def hear_everything():
    """A suite in the background of a shell has signals ignored, and its children inherit that."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def begin(*words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "hhstudio", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_everything,
    )


def wait_for(condition, process):
    while not condition():
        assert process.poll() is None
        time.sleep(0.002)


def names(folder):
    return sorted(file.name for file in folder.iterdir())


# runs -------------------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    ("numbers", "status", "said"),
    [
        ((signal.SIGINT, signal.SIGINT), 130, "interrupted"),
        pytest.param((signal.SIGTERM,), 143, "ended by SIGTERM", marks=pytest.mark.slow),
        pytest.param((signal.SIGHUP, signal.SIGHUP), 129, "ended by SIGHUP", marks=pytest.mark.slow),
    ],
    ids=["Ctrl-C twice", "SIGTERM", "a terminal that is closed"],
)
def test_what_was_kept_of_a_run_is_said_whatever_ends_it(numbers, status, said, tmp_path):
    file = tmp_path / "s.h5"
    running = begin(*RUN, "--out", str(file))
    wait_for(file.exists, running)
    for number in numbers:
        running.send_signal(number)
        time.sleep(0.02)  # two at once would be one
    _, errors = running.communicate(timeout=60)
    assert running.returncode == status
    assert errors.count("\n") == 1
    assert errors.startswith(f"hhstudio: {said}")
    assert "nothing" not in errors
    assert str(file) in errors
    assert names(tmp_path) == ["s.h5"]
    with open_session(file) as session:
        assert session.state == "stopped"
        state = session.trainer_state()
    assert ("no checkpoint" in errors) == (state is None)
    assert state is None or f"step {state.step}" in errors


def test_the_remainder_of_a_run_is_what_its_files_hold(tmp_path):
    path = tmp_path / "s.h5"
    assert remainder(path, NOTHING) == ("nothing was kept", None, False)
    write_session(path, killed=True)
    text, step, recorded = remainder(path, NOTHING)
    assert (step, recorded) == (STEP, True)
    assert text == f"the session {path} is kept: continue from the last checkpoint, step {STEP}"
    assert remainder(path, stamps(path)) == (f"{path} is as it was before", STEP, False)
    path.unlink()
    assert "only its journal is there" in remainder(path, NOTHING).text


@posix
def test_signals_are_heard_once_and_only_while_a_command_goes_on():
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with heard():
            with pytest.raises(AskedToEnd, match="ended by SIGTERM") as asked:
                os.kill(os.getpid(), signal.SIGTERM)
            os.kill(os.getpid(), signal.SIGTERM)  # while it tidies up
        assert asked.value.status == 143
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


@posix
def test_a_command_that_is_to_outlive_its_terminal_does():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with heard():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


# recoveries -------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(tmp_path):
    """A session whose first block is gone, with a journal beside it; and its bytes."""
    path = tmp_path / "s.h5"
    write_session(path, killed=True)
    data = bytearray(path.read_bytes())
    data[:48] = bytes(48)
    path.write_bytes(data)
    return path, bytes(data)


@posix
def test_a_recovery_that_is_asked_to_end_takes_its_copies_with_it(damaged):
    path, data = damaged
    running = begin("recover", str(path))
    wait_for((path.parent / ".s.h5.recovery" / "copy.h5").exists, running)
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 143
    assert "nothing of it is lost" in errors
    assert names(path.parent) == ["s.h5", "s.h5.journal"]
    assert path.read_bytes() == data


KILLED = """
import os, signal, sys
from hhstudio.store.recovery.recover import recover

path, links = sys.argv[1], sys.argv[2] == "links"
set_aside = False

def watch(event, arguments):
    global set_aside
    if event == "os.link" and not links:
        raise OSError("this file system has no links")
    if set_aside and event == "open":
        os.kill(os.getpid(), signal.SIGKILL)
    set_aside = set_aside or event == ("os.link" if links else "os.rename")

sys.addaudithook(watch)
recover(path)
"""
"""Dies when the damaged original has its second name, and nothing stands in its place yet."""


@posix
@pytest.mark.parametrize("links", ["links", "no links"])
def test_after_one_that_was_killed_the_next_leaves_the_original_once_and_no_copies(links, damaged):
    path, data = damaged
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), links], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert {"s.h5.damaged-1", ".s.h5.recovery"} <= set(names(path.parent))
    assert path.read_bytes() == data
    recover(path)
    assert names(path.parent) == ["s.h5", "s.h5.damaged-1"]
    assert path.with_name("s.h5.damaged-1").read_bytes() == data
    with open_session(path) as session:
        assert last_step(session) >= STEP


def test_an_earlier_original_that_is_another_stays(damaged):
    path, data = damaged
    path.with_name("s.h5.damaged-1").write_bytes(b"of another time")
    assert recover(path).original == path.with_name("s.h5.damaged-2")
    assert path.with_name("s.h5.damaged-1").read_bytes() == b"of another time"
    assert path.with_name("s.h5.damaged-2").read_bytes() == data
    assert not journal_path(path).exists()
