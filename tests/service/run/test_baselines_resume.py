"""A session that was left in the middle of its baselines goes on there."""

from __future__ import annotations

from small_specs import tiny

from hhstudio.cli.tables import overview
from hhstudio.core.run import baselines, events
from hhstudio.store.session.session import open as open_session

STEPS = 250


def joint_begins(event) -> bool:
    return isinstance(event, events.Log) and event.message.startswith("Joint")


def test_a_run_stopped_in_a_baseline_goes_on_in_it_and_says_what_was_measured(launch, tmp_path):
    run = launch(tiny(STEPS, baselines=("joint",)), in_process=True)
    run.until(joint_begins)
    run.client.stop()
    assert run.finish()[-1].state == "stopped"
    again = launch(None, in_process=True, resume=True)
    assert again.finish()[-1].state == "finished"
    progress = [e for e in again.events if isinstance(e, events.Progress)]
    assert {e.phase for e in progress} == {"baseline joint"}
    assert min(e.step for e in progress) > STEPS * 2
    with open_session(tmp_path / "s.h5") as session:
        assert session.history.step == STEPS * 2 + STEPS * 2
        measured = baselines.finals(session.history, "P1")
        summary = session.summary()
    assert list(measured) == ["joint"]
    assert measured["joint"].min() > 0.9
    told = summary["baselines"]["P1"]["joint"]
    assert told == {"final": measured["joint"].tolist(), "average": measured["joint"].mean()}
    (line,) = [line for line in overview("s.h5", summary).splitlines() if line.startswith("joint")]
    assert line.split() == ["joint", "P1", *(f"{value:.3f}" for value in (*told["final"], told["average"]))]
