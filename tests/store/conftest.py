import pytest
from recorded_runs import record

from hhstudio.store.session import writer


@pytest.fixture(scope="session", autouse=True)
def every_checkpoint_writes_the_file():
    """However soon it comes, so that a test knows what is where."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "SHARE", 0)
        yield


@pytest.fixture(scope="session")
def finished_session(tmp_path_factory):
    """A finished session that no test changes, and what happened in it."""
    path = tmp_path_factory.mktemp("finished") / "story.h5"
    return path, record(path, frozenset({40, 80, 120}))


@pytest.fixture(scope="session")
def left_session(tmp_path_factory):
    """A session whose writer died after step 120, the last checkpoint being at step 80."""
    path = tmp_path_factory.mktemp("left") / "story.h5"
    return path, record(path, frozenset({40, 80}), close=False)


@pytest.fixture
def left(left_session, tmp_path):
    """A copy of it that the test may change."""
    source, happened = left_session
    for file in source.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path / source.name, happened
