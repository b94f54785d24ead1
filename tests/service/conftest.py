"""Clients that a test starts, and that never outlive it."""

from __future__ import annotations

import pytest
from run_helpers import Watched

from hhstudio.core.spec.spec import Spec
from hhstudio.service.run.client import RunClient


@pytest.fixture
def launch(tmp_path):
    """Starts clients, and ends those that a failing test leaves behind."""
    started: list[RunClient] = []

    def start(spec: Spec | None, out=None, **options) -> Watched:
        client = RunClient(spec, out or tmp_path / "s.h5", data=tmp_path / "data", **options)
        watched = Watched(client)
        started.append(client)
        client.start()
        return watched

    yield start
    for client in started:
        if client.alive:
            client.kill()
            client.wait(10)
