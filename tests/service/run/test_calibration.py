"""Timing a run before it starts: in a process of its own, and for the time left while it goes on."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.errors import DataError, DeviceError, TrainingError
from hhstudio.core.run import events
from hhstudio.core.spec.disk_usage import disk, total_steps
from hhstudio.core.spec.spec import Stream, with_fields
from hhstudio.core.tree import editing
from hhstudio.service.run.calibration import calibrate


def two_paths(**fields):
    topology = editing.single()
    topology, child = editing.add_child(topology, topology.root)
    topology, _ = editing.add_solver(topology, child)
    return replace(tiny(), topology=topology, **fields)


def test_a_run_is_timed_without_a_trace(tmp_path):
    spec = two_paths(baselines=("joint",))
    found = calibrate(spec, tmp_path, seconds=1.0)
    assert found.device == "cpu"
    assert found.steps == total_steps(spec) == 40 * 2 * 2 + 40 * 2
    assert set(found.step_seconds) == {"P1", "P2-0", "baseline joint"}
    assert all(seconds > 0 for seconds in found.step_seconds.values())
    assert found.seconds > 100 * min(found.step_seconds.values())
    assert found.memory > 50e6
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_built_is_said_as_a_run_would_say_it(tmp_path):
    with pytest.raises(DeviceError, match="cuda:7"):
        calibrate(tiny(device="cuda:7"), tmp_path)
    mnist = replace(tiny(), stream=Stream(dataset="mnist", tasks=2, classes_per_task=2))
    with pytest.raises(DataError, match="MNIST"):
        calibrate(mnist, tmp_path)


def test_nobody_waits_for_a_timing_that_was_given_up(tmp_path):
    given_up = threading.Event()
    given_up.set()
    with pytest.raises(TrainingError, match="given up"):
        calibrate(tiny(), tmp_path, cancelled=given_up)


def test_trial_steps_change_nothing_of_a_run(launch, tmp_path):
    """A run that is long enough for trial steps learns what one without them learns."""
    ends = []
    for steps in (150, 149):  # 300 steps in all get trials, 298 do not
        run = launch(
            with_fields(tiny(), {"training.steps": steps}), tmp_path / f"{steps}.h5", in_process=True
        )
        found = [
            (step, value)
            for e in run.finish()
            if isinstance(e, events.Metrics)
            for step, m, value in zip(e.step, e.metric, e.value, strict=True)
            if e.names[m] == "loss" and step <= 149
        ]
        ends.append(found)
    assert ends[0] == ends[1]


def test_the_size_of_a_session_is_told_within_a_third(launch, tmp_path):
    spec = with_fields(tiny(), {"training.steps": 300})
    launch(spec, in_process=True).finish()
    real = (tmp_path / "s.h5").stat().st_size
    assert disk(spec) == pytest.approx(real, rel=0.33)
