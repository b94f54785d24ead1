"""A small session, as a run leaves it, made in milliseconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_specs import tiny

from hhstudio.core.run import events
from hhstudio.core.run.trainer_state import TrainerState
from hhstudio.core.spec import spec as specs
from hhstudio.store.session.writer import SessionWriter

STEP = 20
"""Of the last checkpoint."""
LAST = 25
"""The last step of which something was measured."""


def write_session(path: Path, *, killed: bool = False) -> None:
    """A session of one path; ``killed``: as a writer leaves it that dies after its checkpoint, with what came
    later in the journal alone."""
    spec = tiny()
    tasks = tuple(
        events.TaskInfo(
            name=f"digits {2 * task}, {2 * task + 1}", dataset="digits", classes=(2 * task, 2 * task + 1)
        )
        for task in range(2)
    )
    started = events.RunStarted(
        spec=specs.encode(spec), created="2025-01-02T03:04:05+00:00", app="0.1.0", torch="2", device="cpu",
        seed=spec.seed, tasks=tasks, paths=("P1",), total_steps=80, image_shape=(1, 8, 8),
        parameters=(events.ParameterCount(root=6, embeddings=3, anchors=1, generated=40),),
    )  # fmt: skip
    with SessionWriter(path) as writer:
        writer.start(started)
        writer.record(_metrics(STEP))
        writer.checkpoint(TrainerState(STEP, {"task": 0}, {"weight": np.arange(50.0)}))
        writer.record(_metrics(LAST))
        if not killed:
            writer.close(events.Finished(state="finished", step=LAST, seconds=1.0))


def _metrics(step: int) -> events.Metrics:
    return events.Metrics(names=("loss",), step=[step], path=[0], task=[0], metric=[0], value=[0.5])


def last_step(session) -> int:
    """Of the last point of the loss."""
    return int(session.history.series["P1", 0, "loss"].steps[-1])
