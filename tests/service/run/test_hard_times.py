"""A run that meets a full disk, a machine that sleeps, and a worker that is killed again and again."""

from __future__ import annotations

import os
import random
import signal
import sys

import numpy as np
import pytest
from msgspec.structs import replace
from small_disks import fill_up, small_disk
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Recording, Training
from hhstudio.service.run import clock_watch, disk_wait
from hhstudio.store.session.session import open as open_session

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
ENDLESS = Training(steps=1_000_000, batch_size=16, threads=1)


def paused(event):
    return isinstance(event, events.StateChanged) and event.state == "paused"


def training(event):
    return isinstance(event, events.StateChanged) and event.state == "training"


def test_on_a_full_disk_the_run_pauses_and_goes_on_by_itself_once_there_is_room(
    launch, tmp_path, monkeypatch
):
    monkeypatch.setattr(disk_wait, "RETRY", 0.05)
    with small_disk(tmp_path / "disk", "2m") as disk:
        run = launch(tiny(400), disk / "s.h5", in_process=True)
        run.until(events.Progress)
        filler = fill_up(disk, 4096)
        waiting = run.until(paused)
        assert waiting.blocked
        said = waiting.detail
        assert "the disk is full; everything up to the checkpoint at step" in said
        assert "free some space" in said
        filler.unlink()
        log = run.until(lambda e: isinstance(e, events.Log) and "takes what is recorded again" in e.message)
        assert log.level == "info"
        assert not run.until(training).blocked
        assert run.finish()[-1].state == "finished"
        with open_session(disk / "s.h5") as session:
            assert session.history.series["P1", 1, "loss"].steps.tolist() == list(range(401, 801))


def test_a_run_that_waits_for_room_can_be_stopped(launch, tmp_path):
    with small_disk(tmp_path / "disk", "2m") as disk:
        run = launch(tiny(training=ENDLESS), disk / "s.h5", in_process=True)
        run.until(lambda e: isinstance(e, events.Progress) and e.step > 1000)
        filler = fill_up(disk, 4096)
        run.until(paused)
        run.client.stop("enough")
        end = run.finish()[-1]
        assert end.state == "failed"
        assert "the disk is full" in end.message
        filler.unlink()
        with open_session(disk / "s.h5") as session:
            assert session.trainer_state() is not None
            assert session.history.series["P1", 0, "loss"]


def test_time_that_jumps_is_said_in_words():
    calendar, awake = [1000.0], [10.0]
    watch = clock_watch.ClockWatch(lambda: calendar[0], lambda: awake[0])
    calendar[0], awake[0] = 1020.0, 25.0
    assert watch.look() == ""
    calendar[0] += 7 * 3600
    assert watch.look() == "the machine slept for 7 h 0 min, or its clock was set forward by that much"
    assert watch.look() == ""
    calendar[0] -= 3 * 60
    assert watch.look() == "the clock was set back by 3 min: the log's times repeat"


@POSIX
def test_a_worker_that_stood_still_as_in_a_sleeping_machine_goes_on(launch, tmp_path):
    run = launch(tiny(400))
    run.until(events.Progress)
    os.kill(run.client.pid, signal.SIGSTOP)
    while run.client.silence < 1.5:  # three heartbeats are missing
        assert not run.client.wait(0.05)
    os.kill(run.client.pid, signal.SIGCONT)
    assert run.finish()[-1].state == "finished"
    with open_session(tmp_path / "s.h5") as session:
        assert session.history.step == 800


SOAKED = Training(steps=1500, batch_size=16, threads=1)


@POSIX
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_worker_killed_at_thirty_random_moments_ends_as_one_that_never_was(launch, tmp_path):
    """At any moment: importing, building, in mid-step, in mid-checkpoint, while it takes the journal in."""
    often = Recording(checkpoint_seconds=0.05, snapshot_every=200)
    spec = tiny(training=SOAKED, recording=often)
    reference = launch(spec, tmp_path / "whole.h5", in_process=True)
    assert reference.client.wait(600)
    assert reference.finish()[-1].state == "finished"
    moments = random.Random(20250102)
    path, kills, phases = tmp_path / "s.h5", 0, {}
    while kills < 30:
        resumed = path.exists()
        if resumed:
            with open_session(path) as session:
                if session.trainer_state() is None or session.state == "finished":
                    path.unlink()
                    resumed = False
        run = launch(None if resumed else spec, path, resume=resumed)
        if kills % 3:  # otherwise most would come while it still imports
            run.until(training)
        if run.client.wait(moments.uniform(0.0, 1.5 if kills % 3 else 5.0)):
            assert run.finish()[-1].state == "finished"
            continue
        os.kill(run.client.pid, signal.SIGKILL)
        end = run.finish()[-1]
        assert end.state == "failed"
        kills += 1
        states = run.states()
        phases[states[-1] if states else "starting"] = phases.get(states[-1] if states else "starting", 0) + 1
        if path.exists():
            open_session(path).close()
    last = launch(None, path, resume=True) if path.exists() else launch(spec, path)
    assert last.client.wait(600)
    print(f"{kills} kills, while: {phases}")
    with open_session(tmp_path / "whole.h5") as one, open_session(path) as two:
        assert two.state == "finished"
        for task in (0, 1):
            for name, array in one.weights("P1", task).items():
                np.testing.assert_array_equal(array, two.weights("P1", task)[name])
        for key, series in one.history.series.items():
            if key[2] not in ("step_time", "memory"):
                np.testing.assert_array_equal(series.steps, two.history.series[key].steps, str(key))
                np.testing.assert_array_equal(series.values, two.history.series[key].values, str(key))


def test_nothing_that_waits_is_lost_when_commands_come_meanwhile(launch, tmp_path, monkeypatch):
    monkeypatch.setattr(disk_wait, "RETRY", 0.05)
    with small_disk(tmp_path / "disk", "2m") as disk:
        spec = tiny(training=ENDLESS)
        spec = replace(spec, recording=Recording(checkpoint_seconds=0.2))
        run = launch(spec, disk / "s.h5", in_process=True)
        run.until(events.Progress)
        filler = fill_up(disk, 4096)
        run.until(paused)
        run.client.change_setting("training.lr", 0.25)
        filler.unlink()
        assert run.until(events.SettingChanged).value == 0.25
        run.client.stop()
        assert run.finish()[-1].state == "stopped"
