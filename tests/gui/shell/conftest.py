"""What tests of the whole window need beside a studio: an eye on what they leave, and a session."""

import pytest
from small_specs import tiny

from hhstudio.service.run.client import RunClient


@pytest.fixture(autouse=True)
def _tidy(nothing_is_left_behind, own_trash):
    """For every test here."""


@pytest.fixture(scope="session")
def finished_session(tmp_path_factory):
    """A session that a real worker process has trained to its end."""
    out = tmp_path_factory.mktemp("trained") / "tiny.h5"
    client = RunClient(tiny(checkpoint_seconds=1.0), out)
    client.start()
    assert client.wait(90.0)
    assert client.status == 0, client.drain()[-3:]
    return out
