"""Older formats are brought up to date, newer ones refused with what to do, and others read what we write."""

import json
import shutil
import subprocess

import h5py
import numpy as np
import pytest
from small_disks import ordinary_user

import hhstudio
from hhstudio.core.errors import SessionError, SpecError
from hhstudio.core.spec import spec as specs
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.file import file_format
from hhstudio.store.session import migrations
from hhstudio.store.session.session import open as open_session


@pytest.fixture
def copy(finished_session, tmp_path):
    path = tmp_path / "s.h5"
    shutil.copy(finished_session[0], path)
    return path


@pytest.fixture
def the_next_format(monkeypatch):
    """Version 2, in which the log is called the diary, with the step that leads there."""

    def step(file):
        file.move("log", "diary")

    monkeypatch.setattr(file_format, "VERSION", 2)
    monkeypatch.setattr(file_format, "LOG", "diary")
    monkeypatch.setitem(migrations.STEPS, 1, step)


def test_every_older_version_has_a_step_to_the_next():
    assert sorted(migrations.STEPS) == list(range(1, file_format.VERSION))


def test_an_older_file_is_brought_up_to_date_and_kept(copy, the_next_format):
    before = copy.read_bytes()
    assert "opening it brings it up to date" in catalog_entry(copy).error
    with open_session(copy) as session:
        assert "from format version 1 to 2" in session.notes[0]
        assert session.history.log
        assert len(session.available()) == 6
    assert copy.with_name("s.h5.version-1-1").read_bytes() == before
    assert sorted(file.name for file in copy.parent.iterdir()) == ["s.h5", "s.h5.version-1-1"]
    with open_session(copy) as session:
        assert session.notes == ()


def test_a_step_that_fails_leaves_the_file_as_it_was(copy, the_next_format, monkeypatch):
    def broken(file):
        del file["spec"]
        raise KeyError("what it needs")

    monkeypatch.setitem(migrations.STEPS, 1, broken)
    before = copy.read_bytes()
    with pytest.raises(SessionError, match="its older layout"):
        open_session(copy)
    monkeypatch.delitem(migrations.STEPS, 1)
    with pytest.raises(SessionError, match="does not read any more"):
        open_session(copy)
    assert copy.read_bytes() == before
    assert [file.name for file in copy.parent.iterdir()] == ["s.h5"]


def test_an_older_file_in_a_folder_that_cannot_be_written_says_what_to_do(copy, the_next_format):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(copy, folder / "s.h5")
        folder.chmod(0o555)
        with ordinary_user(), pytest.raises(SessionError, match="copy the session elsewhere"):
            open_session(folder / "s.h5")


def test_a_setting_of_a_newer_program_is_not_called_damage(copy):
    with h5py.File(copy, "r+") as file:
        spec = json.loads(file["spec"][()])
        spec["training"]["of_tomorrow"] = 1
        text = json.dumps(spec).encode()
        del file["spec"]
        file.create_dataset("spec", data=np.array(text, h5py.string_dtype("utf-8", len(text))))
        file.attrs["app"] = "99.0.0"
    with pytest.raises(
        SessionError, match=rf"written by hhstudio 99\.0\.0.*\({hhstudio.__version__}\)"
    ) as info:
        open_session(copy)
    assert "recover" not in str(info.value)


def test_a_newer_spec_is_refused_with_what_to_do():
    with pytest.raises(SpecError, match=r"a spec of version 4, .* use a newer hhstudio"):
        specs.decode(b'{"version": 4, "of_tomorrow": {}}', "x.json")


@pytest.mark.skipif(not shutil.which("h5dump"), reason="hdf5-tools are not installed")
def test_h5dump_and_h5ls_read_all_of_it(copy):
    listed = subprocess.run(["h5ls", "-r", str(copy)], capture_output=True, text=True, check=True).stdout
    for name in (
        "/spec",
        "/metrics/value",
        "/accuracy/P2-0",
        "/weights/P1/0/layers.10.weight",
        "/state/arrays",
    ):
        assert any(line.split(" ")[0].replace("\\ ", " ") == name for line in listed.splitlines()), name
    dumped = subprocess.run(["h5dump", str(copy)], capture_output=True, text=True, check=True)
    assert dumped.stderr == ""
    assert '"hhstudio-session"' in dumped.stdout
