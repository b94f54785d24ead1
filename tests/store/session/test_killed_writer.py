"""SIGKILL at any moment: the session opens, and nothing that was finished is lost."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from recorded_runs import TASK_STEPS, tensors, trainer_state
from writing_child import SIZE

from hhstudio.core.errors import SessionError
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.session import open as open_session

PAUSE = 0.2
"""Seconds between two records of a writer that is killed."""
CHILD = Path(__file__).with_name("writing_child.py")
# The checkout, and the folders of the modules that the child imports.
PYTHON_PATH = os.pathsep.join(map(str, (CHILD.parents[3], CHILD.parents[1], CHILD.parent)))
pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills by signal")


def child(path, *options, **more):
    environment = {**os.environ, "PYTHONPATH": PYTHON_PATH}
    command = [sys.executable, str(CHILD), str(path), *map(str, options)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, **more
    )


def assert_nothing_finished_is_lost(path, said):
    """Open what is left, compare it with what the writer said it had done. Returns the last step."""
    lines = [line.split() for line in said.splitlines()]
    if not path.exists():
        assert ["started"] not in lines
        with pytest.raises(SessionError, match="no such file"):
            open_session(path)
        return 0
    tasks = [int(words[2]) for words in lines if words[0] == "task"]
    checkpoints = [int(words[1]) for words in lines if words[0] == "checkpoint"]
    with open_session(path) as session:
        if ["done"] not in lines and session.history.end.state != "finished":
            assert session.state == "failed"
        for task in tasks:
            for name, values in tensors("P1", task, (task + 1) * TASK_STEPS, SIZE).items():
                np.testing.assert_array_equal(session.tensor("P1", task, name), values)
            assert session.accuracy("P1")[task, task] == np.float32(0.95)
        state = session.trainer_state()
        assert (state.step if state else 0) >= (checkpoints or [0])[-1]
        if state:
            expected = trainer_state(state.step, SIZE).arrays["stored/root/0.weight"]
            np.testing.assert_array_equal(state.arrays["stored/root/0.weight"], expected)
        last = session.history.step
    assert not journal_path(path).exists()
    assert {p.name for p in path.parent.iterdir()} <= {path.name, path.name + ".lock"}
    with open_session(path) as session:
        assert session.history.step == last
    return last


def test_killed_before_any_change_of_the_folder_the_session_opens(tmp_path):
    """Every write, fsync, rename and unlink of start, record, checkpoint and close, one after the other;
    the quick test takes every eleventh."""
    _sweep(tmp_path, range(1, 300, 11))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_before_every_single_change_of_the_folder_the_session_opens(tmp_path):
    _sweep(tmp_path, range(1, 300))


def _sweep(tmp_path, numbers):
    finished = False
    waiting = list(numbers)
    while waiting and not finished:
        batch = [(number, tmp_path / str(number) / "s.h5") for number in waiting[:3]]
        del waiting[:3]
        for _, path in batch:
            path.parent.mkdir()
        running = [
            (n, path, child(path, "--die-at", n, "--tasks", 2, *["--large"] * (n % 2))) for n, path in batch
        ]
        for _, path, process in running:
            said, errors = process.communicate(timeout=60)
            assert process.returncode in (0, -signal.SIGKILL), errors
            assert_nothing_finished_is_lost(path, said)
            finished = finished or process.returncode == 0
    assert finished, "there are more changes than were tried"


def test_killed_at_random_moments_nothing_finished_is_lost(tmp_path):
    _soak(tmp_path, 5)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_at_a_hundred_random_moments_nothing_finished_is_lost(tmp_path):
    _soak(tmp_path, 100)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_a_hundred_times_beside_eight_busy_processes_at_most_a_second_is_lost(tmp_path):
    """Every other writer has steps of a second and a half, in which it does nothing but compute."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    try:
        _soak(tmp_path, 100, busy=True)
    finally:
        for process in busy:
            process.kill()
            process.wait()


def _soak(tmp_path, count, busy=False):
    random_moments = random.Random(20250102)
    jobs = []
    for number in range(count):
        long_steps = ["--busy", "--pause", 1.5] if busy and number % 4 > 1 else ["--pause", PAUSE]
        options = [*long_steps, "--tasks", 30, *["--large"] * (number % 2)]
        jobs.append((tmp_path / str(number) / "s.h5", options, random_moments.uniform(0.0, 3.0)))
    with ThreadPoolExecutor(4 if busy else 1) as threads:
        worst = max(threads.map(lambda job: _seconds_lost(*job), jobs))
    print(f"{count} kills, at most {worst:.2f} s of curves lost")
    assert worst <= 1.0


def _seconds_lost(path, options, moment):
    """Kill a writer; the seconds of curves that are lost by that."""
    path.parent.mkdir()
    process = child(path, *options)
    assert process.stdout.readline() == "started\n"
    time.sleep(moment)  # the moment is what is tested, not a wait for anything
    killed = time.monotonic()
    process.kill()
    said = "started\n" + process.communicate()[0]
    said = said[: said.rfind("\n") + 1]
    last = assert_nothing_finished_is_lost(path, said)
    lost = [float(words[2]) for words in map(str.split, said.splitlines())
            if words[0] == "step" and int(words[1]) > last]  # fmt: skip
    assert len(lost) <= 1.0 / PAUSE
    return max([0.0, *(killed - moment for moment in lost)])


def test_a_full_disk_leaves_the_last_checkpoint_and_says_so(tmp_path):
    """At whatever size the disk is full: in the journal, in a checkpoint, in the middle of HDF5."""
    outcomes = set()
    for size in (60_000, 150_000, 300_000, 450_000, 600_000):
        path = tmp_path / str(size) / "s.h5"
        path.parent.mkdir()
        process = child(path, "--limit", size)
        said, errors = process.communicate(timeout=60)
        assert process.returncode in (0, 1), (process.returncode, errors)  # no crash at exit either
        assert "Traceback" not in errors
        if process.returncode == 1:
            assert "the disk is full; " in said.splitlines()[-1]
            outcomes.add(said.splitlines()[-1].split("; ")[1][:40])
        assert_nothing_finished_is_lost(path, said)
    assert len(outcomes) >= 2, outcomes


def test_killed_while_recovering_the_session_still_opens(left):
    _sweep_recovery(left[0], range(1, 100, 6))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_before_every_single_change_while_recovering_the_session_still_opens(left):
    _sweep_recovery(left[0], range(1, 100))


RECOVER = """
import sys, writing_child
from hhstudio.store.session.session import open
writing_child.die_at(int(sys.argv[2]))
open(sys.argv[1]).close()
"""


def _sweep_recovery(path, numbers):
    kept = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    finished = False
    for number in numbers:
        for file in path.parent.iterdir():
            file.unlink()
        for name, data in kept.items():
            path.with_name(name).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", RECOVER, str(path), str(number)],
            env={**os.environ, "PYTHONPATH": PYTHON_PATH},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        with open_session(path) as session:
            assert session.history.step == 120
            assert ("P2-0", 2) in session.available()
        finished = finished or done.returncode == 0
        if finished:
            break
    assert finished, "there are more changes than were tried"
