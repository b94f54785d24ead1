"""A run that is stopped at any event and goes on records what a run without a break does, each thing once."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import EarlyStopping, Evaluation, Recording, Stream, Training
from hhstudio.service.run import protocol
from hhstudio.service.run.session_run import SessionRun
from hhstudio.store.session.session import open as open_session

STREAM = Stream(dataset="digits", tasks=2, classes_per_task=2, train_limit=40, test_limit=20)
RECORDING = Recording(checkpoint_seconds=1000.0, snapshot_every=2, at_task_ends="all")


def spec_with(training: Training, stream: Stream = STREAM) -> bytes:
    evaluation = Evaluation(every=2, limit=20)
    return specs.encode(tiny(stream=stream, training=training, evaluation=evaluation, recording=RECORDING))


SPEC = spec_with(Training(steps=3, batch_size=8, threads=1))
EARLY = spec_with(
    Training(steps=4, batch_size=8, threads=1, early_stopping=EarlyStopping(patience=1)),
    replace(STREAM, validation=0.2),
)


def run(out: Path, stop_at: int | None = None, spec: bytes | None = SPEC) -> int:
    """Events of a run that is told to stop at one of them."""
    commands: queue.SimpleQueue = queue.SimpleQueue()
    count = 0

    def emit(event: object) -> None:
        nonlocal count
        count += 1
        if count == stop_at:
            commands.put(protocol.Stop(reason="a test"))

    start = protocol.Start(out=str(out), data=str(out.parent), spec=spec, resume=spec is None)
    SessionRun(start, commands, emit).run()
    return count


def recorded(out: Path) -> dict[str, object]:
    with open_session(out) as session:
        metrics = session.metrics()
        columns = zip(
            *(metrics[name].tolist() for name in ("path", "task", "metric", "step", "value")), strict=True
        )
        return {
            "state": session.state,
            "snapshots": {key: steps.tolist() for key, steps in session.snapshot_steps().items()},
            "extras": sorted(session.snapshot_extras.keys),
            "weights": {
                key: {name: array.tobytes() for name, array in session.weights(*key).items()}
                for key in session.available()
            },
            "curves": repr(sorted(row for row in columns if row[2] not in ("step_time", "memory"))),
            "accuracy": {path: session.accuracy(path).tobytes() for path in session.paths},
        }


@pytest.mark.slow
@pytest.mark.parametrize("spec", [SPEC, EARLY], ids=["steps", "early stopping"])
def test_a_run_that_is_stopped_at_any_event_records_each_thing_once(tmp_path, spec):
    straight = tmp_path / "straight.h5"
    events = run(straight, spec=spec)
    check(tmp_path, recorded(straight), range(1, events + 1), spec)


def test_a_run_that_is_stopped_at_a_tasks_end_records_each_thing_once(tmp_path):
    straight = tmp_path / "straight.h5"
    events = run(straight)
    expected = recorded(straight)
    assert expected["snapshots"] == {("P1", 0): [2, 3, 6], ("P1", 1): [5, 6]}
    check(tmp_path, expected, range(events - 14, events - 4))


def check(folder: Path, expected: dict[str, object], points: range, spec: bytes = SPEC) -> None:
    for point in points:
        out = folder / f"{point}.h5"
        run(out, stop_at=point, spec=spec)
        if not out.exists():
            continue
        with open_session(out) as session:
            state, step = session.state, session.state_step
        if step is None:
            continue
        if state != "finished":
            run(out, spec=None)
        assert recorded(out) == expected, f"stopped at event {point}, which kept step {step}"
