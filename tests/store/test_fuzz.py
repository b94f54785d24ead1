"""Seeded damage of session files and journals: an error in one line, or success; never more."""

import json
import random
import time

import pytest
from damage import damaged

from hhstudio.core.errors import SessionError
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.session import open as open_session


def read_everything(path):
    """Open and read all that a session has. True when it could be opened."""
    try:
        with open_session(path) as session:
            json.dumps(session.summary(), allow_nan=False)
            session.metrics()
            for read in (session.trainer_state, lambda: read_weights(session)):
                try:
                    read()
                except SessionError as error:
                    one_line(error)
        return True
    except SessionError as error:
        one_line(error)
        return False


def read_weights(session):
    for path, task in session.available():
        for name in session.tensor_names(path, task):
            session.tensor(path, task, name)
        snapshots = session.snapshots(path, task)
        for at in range(min(len(snapshots), 3)):
            for name in snapshots.names:
                snapshots.tensor(at, name)


def one_line(error):
    assert "\n" not in str(error)
    assert len(str(error)) < 500


def fuzz(source, folder, count):
    files = {file.name: file.read_bytes() for file in source.parent.iterdir()}
    opened, slowest = 0, 0.0
    for number in range(count):
        chance = random.Random(number)
        for file in folder.iterdir():
            file.unlink()
        victim = source.name if len(files) == 1 or number % 3 else journal_path(source).name
        for name, data in files.items():
            (folder / name).write_bytes(damaged(data, chance) if name == victim else data)
        path = folder / source.name
        began = time.monotonic()
        catalog_entry(path)
        opened += read_everything(path)
        slowest = max(slowest, time.monotonic() - began)
    print(f"{count} damaged files: {opened} still opened, the slowest took {slowest:.2f} s")
    assert 0 < opened < count


@pytest.mark.parametrize("kind", ["finished_session", "left_session"])
def test_damaged_files_give_a_message_or_a_session(kind, request, tmp_path):
    fuzz(request.getfixturevalue(kind)[0], tmp_path, 75)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["finished_session", "left_session"])
def test_a_thousand_damaged_files_give_a_message_or_a_session(kind, request, tmp_path):
    fuzz(request.getfixturevalue(kind)[0], tmp_path, 1000)
