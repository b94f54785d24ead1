"""One small session on the shipped digits, trained once for all tests of analysis."""

from __future__ import annotations

from pathlib import Path

import pytest

import hhstudio
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Topology


def small_spec(**fields: object) -> Spec:
    """Paths P1 and P2-0, three tasks of two digits, 24 steps each."""
    topology, root = editing.add_root(Topology())
    topology, _ = editing.add_solver(topology, root)
    topology, child = editing.add_child(topology, root)
    topology, _ = editing.add_solver(topology, child)
    base = {
        "stream.tasks": 3, "stream.train_limit": 200, "solver.options": {"channels": [4, 6]},
        "hypernetwork.hidden": [16, 16], "hypernetwork.chunk": 128,
        "training.steps": 24, "training.batch_size": 16, "training.threads": 1, "training.lr": 0.005,
        "evaluation.every": 8, "recording.snapshot_every": 8, "recording.snapshot_dtype": "float32",
    }  # fmt: skip
    return specs.with_fields(Spec(topology=topology), base | fields)


@pytest.fixture(scope="session")
def session_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("inspecting") / "small.h5"
    assert hhstudio.run(small_spec(), out).state == "finished"
    return out


@pytest.fixture(scope="session")
def small():
    """Makes the spec that the session here was trained by, with other settings by dotted name."""
    return small_spec


@pytest.fixture
def session(session_file):
    with hhstudio.open(session_file) as session:
        yield session


@pytest.fixture(scope="session")
def asked(session_file):
    """It again, with its model rebuilt once for all tests that only ask."""
    with hhstudio.open(session_file) as session:
        yield session


@pytest.fixture(scope="session")
def model(asked):
    """That model."""
    return asked.model
