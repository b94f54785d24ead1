"""Experiments at their smallest scale, on the shipped digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from hhstudio.experiments.context import Context


@pytest.fixture(autouse=True)
def _keep_threads():
    """What an experiment sets for its process must not reach other tests."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def context(tmp_path: Path, said: list[str]) -> Callable[..., Context]:
    def make(out: Path = tmp_path, seeds: int = 1) -> Context:
        return Context("smoke", seeds, out, None, "cpu", False, said.append)

    return make
