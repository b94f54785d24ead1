"""Set before anything imports Qt: a screen is never needed, except by tests marked xvfb."""

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session", autouse=True)
def own_sessions_folder(tmp_path_factory):
    """What a run cannot record where it was asked for does not end in the folder of who runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HHSTUDIO_SESSIONS", str(tmp_path_factory.mktemp("sessions")))
        yield
