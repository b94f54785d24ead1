"""A small run as a story of events, with everything in it that a session can hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.store.session.writer import SessionWriter

TASK_STEPS = 20
TASKS = 3


def topologies() -> tuple[Topology, Topology]:
    """P1 alone, and with a child that brings P2-0."""
    small = editing.single()
    grown, child = editing.add_child(small, small.root or "")
    return small, editing.add_solver(grown, child)[0]


def run_started(tasks: int = TASKS, architecture: str = "mlp") -> events.RunStarted:
    spec = Spec(name="a story", seed=7, topology=topologies()[0])
    spec = specs.with_fields(spec, {"solver.architecture": architecture, "stream.tasks": tasks})
    return events.RunStarted(
        spec=specs.encode(spec),
        created="2025-01-02T03:04:05+00:00",
        app="0.1.0",
        torch="2.11",
        device="cpu",
        seed=7,
        tasks=tuple(
            events.TaskInfo(name=f"digits {2 * t}, {2 * t + 1}", dataset="digits", classes=(2 * t, 2 * t + 1))
            for t in range(tasks)
        ),
        paths=("P1",),
        total_steps=2 * tasks * TASK_STEPS,
        parameters=(events.ParameterCount(root=60, embeddings=30, anchors=10, generated=400),),
        image_shape=(1, 8, 8),
    )


def tensors(path: str, task: int, step: int, size: int = 6) -> dict[str, np.ndarray]:
    """Weights that tell where they come from."""
    random = np.random.default_rng([len(path), task, step])
    return {
        "layers.10.weight": random.normal(size=(size, 4)).astype(np.float32),
        "layers.2.weight": random.normal(size=(4, 3)).astype(np.float32),
        "layers.2.bias": np.full(3, step, np.float32),
    }


def weights(path: str, task: int, step: int, final: bool = True, size: int = 6) -> events.Weights:
    recorded = {name: events.Tensor.of(values) for name, values in tensors(path, task, step, size).items()}
    return events.Weights(step=step, path=path, task=task, tensors=recorded, final=final)


def metrics(step: int, path: int, task: int) -> events.Metrics:
    """Five steps; a metric's step counts the steps that were done when it was measured."""
    steps = list(range(step + 1, step + 6))
    values = [math.cos(s + path) for s in steps]
    return events.Metrics(
        names=("accuracy", "loss"),
        step=[*steps, step + 5],
        path=[path] * 6,
        task=[task] * 5 + [-1],
        metric=[1] * 5 + [0],
        value=[*values, math.nan],
    )


def task_events(path: str, task: int, start: int, size: int = 6) -> Iterator[events.Event]:
    """One task of a path, from ``start`` to ``start + TASK_STEPS``."""
    place = 0 if path == "P1" else 1
    yield events.TaskStarted(step=start, path=path, task=task)
    for step in range(start, start + TASK_STEPS, 5):
        yield metrics(step, place, task)
        yield events.Progress(
            step=step + 5, total_steps=120, path=path, task=task, task_step=step + 5 - start,
            task_steps=TASK_STEPS, seconds=step / 10, rate=math.inf,
        )  # fmt: skip
    end = start + TASK_STEPS
    yield weights(path, task, end - 5, final=False, size=size)
    yield weights(path, task, end, size=size)
    row = (*(0.9 - 0.1 * (task - t) for t in range(task)), 0.95)
    yield events.TaskFinished(step=end, path=path, task=task, accuracies=row)


def story() -> Iterator[events.Event]:
    """Two paths of three tasks each, the second one grown in mid-run; without RunStarted."""
    yield events.StateChanged(state="training", detail="", seconds=0.5)
    yield events.Log(time=1700000000.25, level="info", message="begun — ünïcode, and a second line\nhere")
    for task in range(TASKS):
        yield from task_events("P1", task, task * TASK_STEPS)
    yield events.TopologyChanged(
        step=60, topology=topologies()[1], reason="by hand", paths=("P1", "P2-0"),
        parameters=(events.ParameterCount(root=60, embeddings=60, anchors=20, generated=900),),
    )  # fmt: skip
    yield events.SettingChanged(step=60, field="training.lr", value=math.nan)
    for task in range(TASKS):
        yield from task_events("P2-0", task, (TASKS + task) * TASK_STEPS)
    for path, row in (("P1", (0.6, 0.7, 0.8)), ("P2-0", (0.7, 0.8, 0.95))):
        yield events.EndMeasured(step=120, path=path, accuracies=row)
    yield events.Log(time=1700000009.0, level="warning", message="")


def finished(step: int = 120) -> events.Finished:
    return events.Finished(state="finished", step=step, seconds=12.5)


def trainer_state(step: int, size: int = 50) -> TrainerState:
    random = np.random.default_rng(step)
    return TrainerState(
        step,
        {"task": 1, "rng": [1, 2**63], "nested": {"a": None, "ü": "x"}},
        {
            "stored/root/0.weight": random.normal(size=size),
            "random/torch": random.integers(0, 255, 33).astype(np.uint8),
            "count": np.array(3, np.int64),
            "empty": np.empty((0, 3), np.float32),
            "flags": np.array([True, False]),
            "half": np.array([1.5], np.float16),
            "step": np.array([step]),
        },
    )


def replayed(happened: list[events.Event]) -> History:
    """The history as a window that saw everything live has it."""
    history = History()
    for event in happened:
        history.apply(event)
    return history


def record(path: Path, checkpoint_at: frozenset[int] = frozenset(), close: bool = True) -> list[events.Event]:
    """Record the story; a checkpoint after the tasks that end at ``checkpoint_at``. What happened."""
    happened: list[events.Event] = [run_started()]
    writer = SessionWriter(path)
    writer.start(run_started())
    for event in story():
        writer.record(event)
        happened.append(event)
        if isinstance(event, events.TaskFinished) and event.step in checkpoint_at:
            happened.append(writer.checkpoint(trainer_state(event.step)))
    if close:
        happened.append(finished())
        writer.close(finished())
    else:
        leave_as_killed(writer)
    return happened


def leave_as_killed(writer: SessionWriter) -> None:
    """Journal and session file as a writer leaves them that is killed now; its lock is let go."""
    with writer:
        pass
