"""The worker process itself: it trains, is killed, loses its parent, and is told apart from its noise."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from msgspec.structs import replace
from run_helpers import TIMEOUT
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Training, encode
from hhstudio.service.failures import exit_in_words, explain, is_out_of_memory
from hhstudio.store.session.session import open as open_session

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def is_state(name: str):
    return lambda e: isinstance(e, events.StateChanged) and e.state == name


@POSIX
def test_a_worker_killed_in_mid_task_is_reported_and_its_session_goes_on_to_the_end(launch, tmp_path):
    run = launch(tiny(400))
    run.until(lambda e: isinstance(e, events.TaskStarted) and e.task == 1)
    run.until(events.Progress)
    run.client.pause()
    run.until(is_state("paused"))
    os.kill(run.client.pid, signal.SIGKILL)
    *_, log, end = run.finish()
    assert (end.state, run.client.status) == ("failed", 1)
    assert "SIGKILL" in end.message
    assert "continue from the last checkpoint, step 400" in end.message
    assert isinstance(log, events.Log)
    assert log.level == "error"
    with open_session(tmp_path / "s.h5") as session:
        assert session.state == "failed"
        assert session.available() == {("P1", 0)}
        assert session.history.step >= 400

    again = launch(None, resume=True, in_process=True)
    resumed = again.until(events.Resumed)
    assert (resumed.step, resumed.exact) == (400, True)
    assert again.finish()[-1].state == "finished"
    assert again.client.status == 0
    with open_session(tmp_path / "s.h5") as session:
        assert session.available() == {("P1", 0), ("P1", 1)}
        assert session.history.step == 800


@POSIX
def test_a_worker_whose_parent_is_killed_writes_a_checkpoint_and_ends(tmp_path):
    (tmp_path / "spec.json").write_bytes(encode(tiny(training=Training(steps=1_000_000, threads=1))))
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_PARENT), str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    worker = psutil.Process(int(parent.stdout.readline()))
    step = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    worker.wait(TIMEOUT)
    with open_session(tmp_path / "s.h5") as session:
        assert session.state == "stopped"
        assert "the studio was closed" in session.history.end.message
        assert session.trainer_state().step >= step > 0
    assert not (tmp_path / "s.h5.journal").exists()


_PARENT = """
    import sys, threading
    from pathlib import Path
    from hhstudio.core.run import events
    from hhstudio.core.spec import spec
    from hhstudio.service.run.client import RunClient

    folder = Path(sys.argv[1])
    client = RunClient(spec.load(folder / "spec.json"), folder / "s.h5", data=folder)
    news = threading.Event()
    client.on_message = news.set
    client.start()
    print(client.pid, flush=True)
    while news.wait():
        news.clear()
        for event in client.drain():
            if isinstance(event, events.Progress):
                print(event.step, flush=True)
"""


@POSIX
def test_a_worker_that_does_not_answer_a_stop_is_ended_all_the_same(launch, monkeypatch):
    monkeypatch.setattr("hhstudio.service.run.client.COOPERATIVE", 0.3)
    monkeypatch.setattr("hhstudio.service.run.client.TERMINATING", 0.3)
    run = launch(tiny(training=Training(steps=1_000_000, threads=1)))
    run.until(events.StateChanged)
    os.kill(run.client.pid, signal.SIGSTOP)
    run.client.stop()
    end = run.finish()[-1]
    assert end.state == "stopped"
    assert "did not answer and was ended" in end.message
    assert not psutil.pid_exists(run.client.pid)


def test_what_libraries_print_in_the_worker_stays_out_of_the_frames(launch, tmp_path, monkeypatch):
    (tmp_path / "noisy_solver.py").write_text(
        textwrap.dedent("""
        import os
        import torch

        class Noisy(torch.nn.Linear):
            def __init__(self):
                print("hello from a library")
                os.write(1, b"raw bytes on stdout")
                os._exit(7)
        """)
    )
    monkeypatch.chdir(tmp_path)
    spec = tiny()
    spec = replace(spec, solver=replace(spec.solver, architecture="noisy_solver:Noisy", options={}))
    run = launch(spec, allow_imports=["noisy_solver:Noisy"])
    *_, log, end = run.finish()
    assert end.state == "failed"
    assert "ended with exit code 7; nothing was kept" in end.message
    assert "raw bytes on stdout" in log.message


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (3, "exit code 3"),
        (-9, "SIGKILL"),
        (-11, "native code"),
        (0xC0000005, "access violation"),
        (None, "did not end"),
    ],
)
def test_the_end_of_a_process_is_told_in_words(code, words):
    assert words in exit_in_words(code)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
)
def test_running_out_of_memory_is_told_with_what_to_do(error):
    assert is_out_of_memory(error)
    status, message = explain(error, "cuda:1")
    assert status == 1
    assert "cuda:1 ran out of memory" in message
    assert "training.batch_size" in message


def test_a_defect_leaves_its_traceback_in_a_file_that_the_message_names(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path)
    try:
        raise ZeroDivisionError("by nought")
    except ZeroDivisionError as error:
        status, message = explain(error, "cpu")
    (file,) = tmp_path.glob("error-*.log")
    assert status == 1
    assert str(file) in message
    assert "Traceback" in file.read_text()
    assert Path(file).name in message
