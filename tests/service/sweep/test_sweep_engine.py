"""Sweeps: complete whatever is killed on the way, going on where they were, one table of it all."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
from msgspec import to_builtins
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.errors import SessionError
from hhstudio.core.run import events
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.consent import ConsentError
from hhstudio.core.spec.spec import Training
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.service.sweep import engine as engines
from hhstudio.service.sweep import table as tables
from hhstudio.service.sweep.engine import LocalPool, local_pool
from hhstudio.service.sweep.sweeper import Sweeper
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def sweep_of(vary, steps=30, **fields):
    sweep = sweeps.Sweep(name="s", base=to_builtins(tiny(steps)), vary=vary, set=fields)
    return sweep, sweeps.expand(sweep)


class Killer:
    """Reports to nobody; kills the worker of the first run that has got as far as ``step``, once."""

    def __init__(self, step: int) -> None:
        self.step, self.killed, self.tables = step, "", []

    def __call__(self, table: tables.SweepTable) -> None:
        self.tables.append(table)
        for row in table.runs:
            if not self.killed and row.state == "running" and row.step >= self.step and row.pid:
                self.killed = row.name
                os.kill(row.pid, signal.SIGKILL)


def check_complete(out, planned):
    """Every session is finished, and the table says of each what its session says."""
    table = tables.read(out)
    assert table.state == "finished"
    rows = list(csv.DictReader((out / "sweep.csv").read_text().splitlines()))
    assert [row["run"] for row in rows] == [run.name for run in planned]
    for run, row, told in zip(planned, table.runs, rows, strict=True):
        with open_session(out / f"{run.name}.h5") as session:
            assert session.state == "finished"
            assert session.spec == run.spec
            average = session.history.summary("P1").average
        assert row.accuracy["P1"].average == average
        assert float(told["P1 average"]) == average
        assert told["state"] == "finished"
        assert int(told["seed"]) == run.spec.seed
    return table


def run_with_a_kill(tmp_path, seeds):
    sweep, planned = sweep_of({"seed": list(range(seeds)), "link.alpha": [0.1, 0.3]}, steps=600)
    killer = Killer(step=600)
    table = Sweeper(sweep, planned, tmp_path / "out", LocalPool(2, 1)).run(killer)
    assert killer.killed
    assert {row.name: row.losses for row in table.runs}[killer.killed] == 1
    assert sum(row.losses for row in table.runs) == 1
    found = check_complete(tmp_path / "out", planned)
    assert max(t.count("running") for t in killer.tables) == 2
    with open_session(tmp_path / "out" / f"{killer.killed}.h5") as session:
        assert session.history.step == 1200
    return found


@POSIX
@pytest.mark.timeout(300)
def test_a_sweep_whose_worker_is_killed_goes_on_from_the_checkpoint_and_is_complete(tmp_path):
    assert len(run_with_a_kill(tmp_path, seeds=2).runs) == 4


@POSIX
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twelve_runs_on_two_processes_with_one_killed_in_the_middle_are_finished_and_complete(tmp_path):
    assert len(run_with_a_kill(tmp_path, seeds=6).runs) == 12


@pytest.mark.slow
@POSIX
@pytest.mark.timeout(300)
def test_a_sweep_that_is_killed_goes_on_where_it_was(tmp_path):
    sweep, planned = sweep_of({"seed": [0, 1]}, steps=400)
    (tmp_path / "s.json").write_bytes(sweeps.encode(sweep))
    command = [sys.executable, "-m", "hhstudio", "sweep", str(tmp_path / "s.json"), "--jobs", "1", "--json"]
    out = tmp_path / "out"
    running = subprocess.Popen(
        [*command, "--out", str(out)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for line in running.stderr:
        if "seed=0: finished" in line:
            break
    running.kill()
    running.communicate()
    first = (out / "seed=0.h5").stat().st_mtime_ns
    again = subprocess.run(
        [sys.executable, "-m", "hhstudio", "sweep", str(out)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "1 of 2 runs were finished already" in again.stderr
    assert "Mean over seeds" in again.stdout
    assert (out / "seed=0.h5").stat().st_mtime_ns == first
    check_complete(out, planned)
    assert not list(out.glob("*.lock"))


def test_a_stopped_sweep_keeps_checkpoints_and_says_what_is_left(tmp_path):
    sweep, planned = sweep_of({"seed": [0, 1]}, steps=1_000_000)
    stop = threading.Event()

    def report(table):
        if any(row.step for row in table.runs):
            stop.set()

    table = Sweeper(sweep, planned, tmp_path, LocalPool(1, 1)).run(report, stop.is_set)
    assert table.state == "stopped"
    assert [row.state for row in table.runs] == ["stopped", "stopped"]
    with open_session(tmp_path / "seed=0.h5") as session:
        assert session.state == "stopped"
        assert session.trainer_state().step > 0
    assert not (tmp_path / "seed=1.h5").exists()
    assert not [p for p in psutil.Process().children(recursive=True) if "hhstudio" in " ".join(p.cmdline())]


DEADLY = """
import os, torch
class Net(torch.nn.Linear):
    def __init__(self, **options):
        os._exit(9)
"""


@POSIX
def test_runs_that_fail_are_reported_with_their_reasons_and_stop_no_other(tmp_path, monkeypatch):
    (tmp_path / "deadly.py").write_text(DEADLY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hhstudio.service.sweep.attempt.VAIN_LOSSES", 1)
    sweep, planned = sweep_of({"solver.architecture": ["nowhere:Net", "deadly:Net", "mlp"], "seed": [0]})
    agreed = ["nowhere:Net", "deadly:Net"]
    with pytest.raises(ConsentError, match="--allow-import deadly:Net"):
        Sweeper(sweep, planned, tmp_path / "out", LocalPool(1, 1), allow_imports=agreed[:1])
    sweeper = Sweeper(sweep, planned, tmp_path / "out", LocalPool(1, 1), allow_imports=agreed)
    table = sweeper.run(lambda table: None)
    nowhere, deadly, good = table.runs
    assert (nowhere.state, deadly.state, good.state, table.state) == (
        "failed",
        "failed",
        "finished",
        "failed",
    )
    assert "nowhere" in nowhere.message
    assert nowhere.losses == 0
    assert "given up after 1 lost worker" in deadly.message
    assert "exit code 9" in deadly.message
    assert deadly.losses == 1
    told = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert told["runs"][0]["message"] == nowhere.message


def test_sessions_of_other_settings_are_not_touched_and_the_difference_is_named(tmp_path):
    there = replace(tiny(5), name="seed=1", seed=1)
    begun = events.RunStarted(
        spec=specs.encode(there), created="2026-01-01T00:00:00+00:00", app="0", torch="2.11", device="cpu",
        seed=1, tasks=(), paths=("P1",), total_steps=10,
    )  # fmt: skip
    with SessionWriter(tmp_path / "seed=1.h5") as writer:
        writer.start(begun)
        writer.close(events.Finished(state="stopped", step=0, seconds=0.0))
    before = (tmp_path / "seed=1.h5").read_bytes()
    sweep, planned = sweep_of({"seed": [0, 1]}, steps=6)
    with pytest.raises(SessionError, match=r"seed=1.h5.*training.steps is 5 there, 6 here"):
        Sweeper(sweep, planned, tmp_path, LocalPool(1, 1)).run(lambda table: None)
    assert (tmp_path / "seed=1.h5").read_bytes() == before
    assert not (tmp_path / "seed=0.h5").exists()


def test_two_sweeps_in_one_folder_are_one_too_many(tmp_path):
    from hhstudio.store.journal.lock import Lock

    lock = Lock(tmp_path / "sweep", "a sweep")
    sweep, planned = sweep_of({"seed": [0, 1]})
    with pytest.raises(SessionError, match="is being written by a sweep"):
        Sweeper(sweep, planned, tmp_path, LocalPool(1, 1)).run(lambda table: None)
    lock.release()


def test_runs_times_threads_never_exceed_the_cores(monkeypatch):
    monkeypatch.setattr(engines, "available_cores", lambda: 16)
    monkeypatch.setattr(engines, "visible_gpus", lambda: [])
    pool = local_pool(100)
    assert (pool.slots, pool.threads) == (16, 1) or pool.slots * pool.threads <= 16  # memory may allow fewer
    assert local_pool(100, jobs=3).environment(0)["OMP_NUM_THREADS"] == "5"
    assert local_pool(2, jobs=8).threads == 8
    assert local_pool(100, threads=4).slots <= 4


def test_gpus_are_given_out_in_turn(monkeypatch):
    monkeypatch.setattr(engines, "available_cores", lambda: 16)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5")
    pool = local_pool(100, jobs=4)
    assert [pool.environment(slot)["CUDA_VISIBLE_DEVICES"] for slot in range(4)] == ["2", "5", "2", "5"]
    assert local_pool(100).slots == 2
    assert "CUDA_VISIBLE_DEVICES" not in local_pool(100, cpu=True, jobs=1).environment(0)
    assert Training().threads == 0
