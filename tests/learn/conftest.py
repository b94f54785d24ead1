"""Tiny runs on the shipped digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hhstudio.core.run.events import Event
from hhstudio.core.run.history import History
from hhstudio.core.spec import consent
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology
from hhstudio.learn.data import build_stream
from hhstudio.learn.training.trainer import Trainer


def ladder(depth: int) -> Topology:
    """Paths P1, P2-0, P3-00 ... down to a depth, sharing their hypernetworks."""
    topology, node = editing.add_root(Topology())
    topology, _ = editing.add_solver(topology, node)
    for _ in range(depth - 1):
        topology, node = editing.add_child(topology, node)
        topology, _ = editing.add_solver(topology, node)
    return topology


@pytest.fixture
def a_ladder() -> Callable[[int], Topology]:
    return ladder


@pytest.fixture
def tiny() -> Callable[..., Spec]:
    """A spec of three two-class tasks, every level with an anchor of its own; dotted fields may be
    overridden, as ``tiny(2, training__steps=5)``."""

    def make(depth: int = 2, **fields: object) -> Spec:
        spec = Spec(topology=ladder(depth))
        base = {
            "stream.tasks": 3, "stream.train_limit": 120,
            "solver.options": {"channels": [4, 6]},
            "hypernetwork.hidden": [16, 16], "hypernetwork.chunk": 128,
            "training.steps": 12, "training.batch_size": 16, "training.threads": 1,
            "evaluation.every": 5,
            "link.alpha": 0.1, "link.anchor": "learned", "link.residual": True,
            "hypernetwork.task_chunks": False, "training.embedding_lr": None,
            "consolidation.beta": 10.0, "consolidation.curvature": 0.0,
        }  # fmt: skip
        return specs.with_fields(spec, base | {k.replace("__", "."): v for k, v in fields.items()})

    return make


@pytest.fixture
def trainer_of(tmp_path: Path) -> Callable[..., Trainer]:
    def make(spec: Spec, resume: object = None) -> Trainer:
        stream = build_stream(spec.stream, spec.seed, tmp_path)
        agreed = consent.imported(spec)
        return Trainer(spec, stream, "cpu", resume=resume, agreed=agreed)  # type: ignore[arg-type]

    return make


@pytest.fixture
def run() -> Callable[[Trainer], tuple[History, list[Event]]]:
    """Read a trainer to its end: the history, and all events."""

    def read(trainer: Trainer) -> tuple[History, list[Event]]:
        history = History()
        history.apply(trainer.run_started("2026-01-01T00:00:00Z", "0", False))
        events = []
        for event in trainer.events():
            if event is not None:
                history.apply(event)
                events.append(event)
        return history, events

    return read
