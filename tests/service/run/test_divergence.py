"""A run whose numbers go wrong: it waits, goes back, or fails with what was kept."""

from __future__ import annotations

import numpy as np
import pytest
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.spec.spec import Recording, Training, with_fields
from hhstudio.store.session.session import open as open_session

ENDLESS = Training(steps=1_000_000, batch_size=16, threads=1)


def is_state(name: str):
    return lambda e: isinstance(e, events.StateChanged) and e.state == name


def is_setting(event) -> bool:
    return isinstance(event, events.SettingChanged)


def broken(launch, **options):
    """A run that has a good checkpoint, and was given a learning rate beyond reason after it."""
    run = launch(tiny(training=ENDLESS), in_process=True, hold=True, **options)
    run.until(lambda e: isinstance(e, events.Progress) and e.step > 0)
    run.client.checkpoint()
    run.until(lambda e: isinstance(e, events.Checkpointed) and e.step > 0)
    run.client.change_setting("training.lr", 1e30)
    return run, run.until(events.Diverged)


def finite(state) -> bool:
    return all(np.isfinite(a).all() for a in state.arrays.values() if a.dtype.kind == "f")


def test_a_learning_rate_beyond_reason_pauses_the_run_and_says_where_it_began(launch, tmp_path):
    run, found = broken(launch)
    paused = run.until(is_state("paused"))
    assert found.message in paused.detail
    assert (found.stage, found.level, found.path) == ("weights", 1, "P1")
    changed = next(e for e in run.events if is_setting(e))
    assert found.step == changed.step + 2, "the first step at that rate was still good, the next was not"
    run.client.resume()
    run.until(lambda e: isinstance(e, events.Log) and "go back to the last checkpoint" in e.message)
    run.client.stop()
    end = run.finish()[-1]
    assert end.state == "stopped"


def test_going_back_with_a_smaller_rate_goes_on_from_the_last_good_checkpoint(launch, tmp_path):
    run, found = broken(launch)
    kept = max(e.step for e in run.events if isinstance(e, events.Checkpointed))
    run.client.go_back(lr=1e-4)
    resumed = run.until(events.Resumed)
    assert 0 < resumed.step == kept < found.step
    changed = run.until(is_setting)
    assert (changed.step, changed.field, changed.value) == (resumed.step, "training.lr", 1e-4)
    run.until(lambda e: isinstance(e, events.Progress) and e.step > found.step)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"
    with open_session(tmp_path / "s.h5") as session:
        history = session.history
        assert [(s.field, s.value) for s in history.settings] == [("training.lr", 1e-4)]
        assert finite(session.trainer_state())
        assert session.trainer_state().meta["lr"] == 1e-4
        loss = history.series["P1", 0, "loss"]
        assert np.diff(loss.steps).tolist() == [1] * (len(loss) - 1), "every step once"
        assert np.isfinite(loss.values).all()
        assert any("went back to the checkpoint" in entry.message for entry in history.log)


def test_a_checkpoint_is_never_replaced_by_a_state_gone_wrong(launch, tmp_path):
    run, _ = broken(launch)
    kept = max(e.step for e in run.events if isinstance(e, events.Checkpointed))
    run.client.checkpoint()
    run.client.stop()
    end = run.finish()[-1]
    assert f"kept up to step {kept}" in end.message
    with open_session(tmp_path / "s.h5") as session:
        assert session.trainer_state().step == kept
        assert finite(session.trainer_state())


def test_a_session_that_was_left_after_it_diverged_is_continued_at_another_rate(launch, tmp_path):
    run, found = broken(launch)
    run.client.stop()
    run.finish()
    again = launch(None, in_process=True, resume=True, hold=True, changes={"training.lr": 1e-4})
    again.until(lambda e: isinstance(e, events.Progress) and e.step > found.step)
    again.client.stop()
    again.finish()
    assert [e.value for e in again.events if is_setting(e)] == [1e-4]


def test_nobody_to_decide_ends_the_run_as_failed_with_what_was_kept_and_how_to_go_on(launch, tmp_path):
    spec = with_fields(tiny(), {"training.lr": 1e30})
    run = launch(spec, in_process=True)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 1)
    for part in ("step 2", "level 1", "kept: the checkpoint at step 0", "--set training.lr="):
        assert part in end.message
    assert any(isinstance(e, events.Diverged) for e in run.events)


def test_a_run_can_go_back_without_having_diverged(launch):
    run = launch(tiny(training=ENDLESS, recording=Recording(checkpoint_seconds=1000.0)), in_process=True)
    run.until(lambda e: isinstance(e, events.Progress) and e.step > 20)
    run.client.go_back()
    assert run.until(events.Resumed).step == 0
    run.until(lambda e: isinstance(e, events.Progress) and e.step > 20)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_going_back_with_a_rate_that_is_none_is_refused(launch, value):
    run, _ = broken(launch)
    run.client.go_back(lr=value)
    run.until(lambda e: isinstance(e, events.Log) and "training.lr is" in e.message)
    run.client.stop()
    run.finish()


def test_the_worker_process_holds_and_goes_back_too(launch):
    spec = with_fields(tiny(steps=200), {"training.lr": 1e30})
    run = launch(spec, hold=True)
    run.until(events.Diverged)
    run.until(is_state("paused"))
    run.client.go_back(lr=1e-3)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("finished", 0)
