"""Folder, session or journal of a run are taken away at random moments: nothing is lost that was told.

Told is a checkpoint, the end of a task, and a run's last word. Where the files are put back as they were, or
only the folder is, the run goes on there; where they are not, in the fallback folder.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from run_helpers import Watched
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Recording, Training
from hhstudio.service.run.client import RunClient
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.read_back import read_back
from hhstudio.store.session.session import open as open_session


def delete_folder(out):
    shutil.rmtree(out.parent, ignore_errors=True)


def replace_folder_by_a_file(out):
    out.parent.rename(out.parent.with_name("away"))
    out.parent.write_text("somebody else's")


def empty_folder(out):
    delete_folder(out)
    out.parent.mkdir(exist_ok=True)


def delete_journal(out):
    journal_path(out).unlink(missing_ok=True)


def delete_session(out):
    out.unlink(missing_ok=True)


def delete_both(out):
    delete_session(out)
    delete_journal(out)


ATTACKS = (
    delete_folder, replace_folder_by_a_file, delete_both, empty_folder, delete_journal, delete_session
)  # fmt: skip
ENDINGS = ("finished", "killed", "stopped")


def test_of_a_run_whose_folder_is_taken_away_at_two_moments_nothing_is_lost_that_was_told(tmp_path):
    for number, attack in enumerate((delete_folder, delete_both)):
        print(_attacked(tmp_path / str(number), attack, "stopped", random.Random(number), in_process=True))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="files that are open cannot be taken away there")
def test_of_a_run_whose_folder_is_taken_away_at_twenty_moments_nothing_is_lost_that_was_told(tmp_path):
    """Six attacks each on workers that then go on to the end, are killed a little later, or are stopped."""
    moments = random.Random(14)

    def attacked(number):
        attack, ending = ATTACKS[number % len(ATTACKS)], ENDINGS[number // len(ATTACKS) % len(ENDINGS)]
        return _attacked(tmp_path / str(number), attack, ending, moments)

    with ThreadPoolExecutor(4) as threads:
        print("", *threads.map(attacked, range(20)), sep="\n")


def _attacked(folder, attack, ending, moments, in_process=False):
    """Train, take away, end; returns in words what was told and is there."""
    out = folder / "folder" / "s.h5"
    out.parent.mkdir(parents=True)
    steps = 1500 if ending == "finished" else 1_000_000
    training = Training(steps=steps, batch_size=16, threads=1)
    spec = tiny(training=training, recording=Recording(checkpoint_seconds=0.2, snapshot_every=200))
    client = RunClient(spec, out, fallback=folder / "fallback", patience=0.2, in_process=in_process)
    run = Watched(client)
    client.start()
    try:
        run.until(events.Checkpointed)
        assert not client.wait(moments.uniform(0.0, 0.5)), "it ended before its folder was taken away"
        run.events += client.drain()
        attack(out)
        if ending == "stopped":
            client.change_setting("training.lr", 0.25)
            client.checkpoint()
            run.until(events.SettingChanged)
            run.until(events.Checkpointed)  # after the attack
            client.stop("enough")
        elif ending == "killed" and not client.wait(moments.uniform(1.5, 4.0)):
            os.kill(client.pid, signal.SIGKILL)
        happened = run.finish()
    finally:
        if client.alive:
            client.kill()
            client.wait(10)
    assert happened[-1].state == {"killed": "failed"}.get(ending, ending), happened[-1].message
    kept = _compared(client, happened, ending, steps)
    return f"{attack.__name__}, {ending}, {'moved' if client.moved else 'in its place'}: {kept}"


def _compared(client, happened, ending, steps):
    """What the run told against what can be read."""
    tasks = [event for event in happened if isinstance(event, events.TaskFinished)]
    checkpoints = [event.step for event in happened if isinstance(event, events.Checkpointed)]
    kept = read_back(client.out)
    assert kept is not None, happened[-1].message
    with open_session(client.out) as session:
        assert session.trainer_state().step >= checkpoints[-1]
        for task in tasks:
            row = session.accuracy(task.path)[task.task, : len(task.accuracies)]
            np.testing.assert_array_equal(row, np.float32(task.accuracies))
            assert session.weights(task.path, task.task)
        told = [e.step for e in happened if isinstance(e, events.Weights) and not e.final]
        snapshots = [step for each in session.snapshot_steps().values() for step in each.tolist()]
        if ending != "killed":
            assert session.state == ending
            assert sorted(snapshots) == told
            assert client.status == (1 if client.moved else 0), happened[-1].message
            assert str(client.out) in happened[-1].message or not client.moved
        measured = [
            step
            for task in (0, 1)
            if ("P1", task, "loss") in session.history.series
            for step in session.history.series["P1", task, "loss"].steps.tolist()
        ]
        assert measured == list(range(1, len(measured) + 1))
        assert len(measured) >= (2 * steps if ending == "finished" else checkpoints[-1])
    return (
        f"{len(checkpoints)} checkpoints, {len(tasks)} tasks, {len(told)} snapshots told; {kept.step} steps"
    )
