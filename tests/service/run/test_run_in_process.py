"""The run loop with its commands, in a thread of this process; the worker runs the same loop."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Recording, Training
from hhstudio.core.tree import editing
from hhstudio.service.run import protocol
from hhstudio.store.session.session import open as open_session

ENDLESS = Training(steps=1_000_000, batch_size=16, threads=1)


def is_state(name: str):
    return lambda e: isinstance(e, events.StateChanged) and e.state == name


def metric(session, name: str) -> np.ndarray:
    return np.concatenate([s.values for key, s in sorted(session.history.series.items()) if key[2] == name])


def test_a_run_goes_through_its_states_and_leaves_a_whole_session(launch, tmp_path):
    run = launch(tiny(), in_process=True)
    end = run.finish()[-1]
    assert end == run.client.finished
    assert (end.state, end.message, run.client.status) == ("finished", "", 0)
    assert run.states() == [
        "starting",
        "importing",
        "device",
        "data",
        "building",
        "training",
        "saving",
    ]
    assert sum(isinstance(e, events.TaskFinished) for e in run.events) == 2
    with open_session(tmp_path / "s.h5") as session:
        assert session.state == "finished"
        assert session.spec == tiny()
        assert [session.weights("P1", task).keys() for task in (0, 1)]
        assert session.history.step == 80
    assert not (tmp_path / "s.h5.journal").exists()


def test_time_passes_and_progress_says_how_much_is_left(launch):
    run = launch(tiny(200), in_process=True)
    run.finish()
    progress = [e for e in run.events if isinstance(e, events.Progress)]
    assert [e.step for e in progress] == sorted(e.step for e in progress)
    assert [e.seconds for e in progress] == sorted(e.seconds for e in progress)
    assert progress[-1].eta == pytest.approx(0.0, abs=1.0)


def test_pause_holds_the_steps_until_resume_and_commands_still_work(launch):
    run = launch(tiny(training=ENDLESS), in_process=True)
    run.until(events.Progress)
    run.client.pause()
    run.until(is_state("paused"))
    run.client.checkpoint()
    kept = run.until(events.Checkpointed)
    run.client.checkpoint()
    assert run.until(events.Checkpointed).step == kept.step
    run.client.resume()
    run.until(is_state("training"))
    assert run.until(events.Progress).step > kept.step
    run.client.stop()
    end = run.finish()[-1]
    assert end.state == "stopped"
    assert "kept up to step" in end.message
    assert run.client.status == 0


def test_a_changed_rate_and_beta_take_effect_and_are_recorded(launch, tmp_path):
    run = launch(tiny(training=ENDLESS), in_process=True)
    run.until(events.Progress)
    run.client.change_setting("training.lr", 5e-4)
    assert run.until(events.SettingChanged).value == 5e-4
    run.client.change_setting("consolidation.beta", 3.0)
    assert run.until(events.SettingChanged).field == "consolidation.beta"
    run.client.stop()
    run.finish()
    with open_session(tmp_path / "s.h5") as session:
        assert [s.field for s in session.history.settings] == ["training.lr", "consolidation.beta"]


def test_a_watched_tensor_is_sent_until_it_is_not_wanted_any_more(launch, tmp_path):
    run = launch(tiny(training=ENDLESS), in_process=True)
    run.until(events.Progress)
    run.client.watch("P1", 0, "head.weight")
    seen = run.until(events.Watched)
    assert seen.tensor.numpy().shape == (2, 8)
    run.client.watch("P1", 0, None)
    run.client.watch("P9", 7, "nowhere")
    run.client.checkpoint()
    run.until(events.Checkpointed)
    run.client.stop()
    after = run.finish()
    settled = next(at for at, e in enumerate(after) if isinstance(e, events.Checkpointed) and e.step > 0)
    assert not any(isinstance(e, events.Watched) for e in after[settled:])


def test_a_grown_tree_is_trained_and_recorded(launch, tmp_path):
    spec = tiny(300)
    grown, child = editing.add_child(spec.topology, spec.topology.root)
    grown, _ = editing.add_solver(grown, child)
    run = launch(spec, in_process=True)
    run.until(events.Progress)
    run.client.grow(grown, "a test")
    assert run.until(events.TopologyChanged).paths == ("P1", "P2-0")
    run.finish()
    with open_session(tmp_path / "s.h5") as session:
        assert session.history.accuracy["P2-0"][1, 1] >= 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            protocol.ChangeSetting(field="training.lr", value=float("nan")),
            "training.lr is nan",
        ),
        (protocol.ChangeSetting(field="consolidation.beta", value=-1.0), "consolidation.beta"),
        (protocol.ChangeSetting(field="training.steps", value=9), "training.steps does not change in flight"),
    ],
    ids=["lr", "beta", "steps"],
)
def test_a_command_that_makes_no_sense_is_refused_and_the_run_goes_on(launch, command, said):
    run = launch(tiny(training=ENDLESS), in_process=True)
    run.until(events.Progress)
    run.client.send(command)
    log = run.until(lambda e: isinstance(e, events.Log) and e.level == "error")
    assert said in log.message
    run.until(events.Progress)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"


def test_a_stopped_run_that_is_resumed_ends_exactly_like_one_that_was_not(launch, tmp_path):
    whole = launch(tiny(400), tmp_path / "whole.h5", in_process=True)
    whole.finish()
    run = launch(tiny(400), in_process=True)
    run.until(lambda e: isinstance(e, events.TaskStarted) and e.task == 1)
    run.until(events.Progress)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"
    again = launch(None, resume=True, in_process=True)
    resumed = again.until(events.Resumed)
    assert resumed.exact
    assert 400 < resumed.step < 800
    assert again.finish()[-1].state == "finished"
    with open_session(tmp_path / "whole.h5") as one, open_session(tmp_path / "s.h5") as two:
        for name in ("loss", "accuracy"):
            np.testing.assert_array_equal(metric(one, name), metric(two, name))
        for name, array in one.weights("P1", 1).items():
            np.testing.assert_array_equal(array, two.weights("P1", 1)[name])


def test_a_run_that_diverges_says_where_and_keeps_its_last_checkpoint(launch, tmp_path):
    training = Training(steps=200, batch_size=16, threads=1, lr=1e30, clip=0.0, optimizer="sgd")
    run = launch(tiny(training=training), in_process=True)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 1)
    assert "kept: the checkpoint at step 0" in end.message
    with open_session(tmp_path / "s.h5") as session:
        assert session.state == "failed"
        assert session.trainer_state().step == 0


def test_an_existing_session_is_not_overwritten_unless_told(launch, tmp_path):
    (tmp_path / "s.h5").write_bytes(b"precious")
    run = launch(tiny(), in_process=True)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 2)
    assert "exists already" in end.message
    assert (tmp_path / "s.h5").read_bytes() == b"precious"


def test_missing_data_are_named_and_nothing_is_written(launch, tmp_path):
    spec = tiny()
    spec = replace(spec, stream=replace(spec.stream, dataset="folder", folder=str(tmp_path / "nowhere")))
    run = launch(spec, in_process=True)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 2)
    assert "nowhere" in end.message
    assert not (tmp_path / "s.h5").exists()


def test_checkpoints_come_by_the_clock(launch):
    run = launch(tiny(training=ENDLESS, recording=Recording(checkpoint_seconds=0.1)), in_process=True)
    first = run.until(events.Checkpointed)
    second = run.until(events.Checkpointed)
    third = run.until(events.Checkpointed)
    assert first.step == 0 < second.step < third.step
    run.client.stop()
    run.finish()


def test_a_stop_before_training_has_begun_keeps_nothing(launch, tmp_path):
    run = launch(tiny(), in_process=True)
    run.client.stop("changed my mind")
    end = run.finish()[-1]
    assert end.state == "stopped"
    assert "changed my mind" in end.message
