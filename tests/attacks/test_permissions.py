"""Permissions of what is written: the user's umask, for temporary files, journals and locks too."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from small_specs import tiny

import hhstudio
from hhstudio.cli import main
from hhstudio.core.atomic_write import replacing, write_file
from hhstudio.core.run import events
from hhstudio.service.logs import keep_traceback
from hhstudio.store.catalog import index
from hhstudio.store.catalog.notes import Notes, write_notes
from hhstudio.store.recovery.recover import recover

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")


@pytest.fixture(params=[0o022, 0o002, 0o077, 0o027], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def check(folder: Path, umask: int) -> int:
    """Every file and folder below has the mode that the umask leaves; how many there are."""
    count = 0
    for path in folder.rglob("*"):
        try:
            mode = stat.S_IMODE(path.lstat().st_mode)
        except FileNotFoundError:
            continue  # a temporary file that is gone
        assert mode == (0o777 if path.is_dir() else 0o666) & ~umask, f"{path.name}: {mode:o}"
        assert not mode & stat.S_IWOTH
        count += 1
    return count


def test_a_run_and_all_that_comes_of_it(umask, tmp_path):
    out = tmp_path / "s.h5"
    seen: set[str] = set()

    def look(event: events.Event) -> None:
        check(tmp_path, umask)
        seen.update(path.suffix for path in tmp_path.iterdir())

    end = hhstudio.run(tiny(steps=4, checkpoint_seconds=0.01), out, look)
    assert end.state == "finished"
    assert {".h5", ".journal", ".lock"} <= seen
    for kind, name in (
        ("spec", "spec.json"), ("metrics", "m.csv"), ("weights", "w.npz"), ("weights", "w.safetensors"),
        ("python", "p.py"), ("avalanche", "avalanche"),
    ):  # fmt: skip
        assert main(["export", str(out), kind, "--out", str(tmp_path / name)]) == 0
    write_notes(out, Notes("text", ()))
    assert index.store(index.up_to_date(index.load(tmp_path)))
    assert check(tmp_path, umask) >= 8


def test_a_recovered_session(umask, tmp_path):
    out = tmp_path / "s.h5"
    hhstudio.run(tiny(steps=2), out)
    damaged = bytearray(out.read_bytes())
    damaged[len(damaged) // 2 :] = bytes(len(damaged) - len(damaged) // 2)
    out.write_bytes(damaged)
    recover(out)
    assert check(tmp_path, umask) >= 2


def test_a_log_of_a_defect(umask, tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: tmp_path / "log")
    assert keep_traceback(ValueError("x")) is not None
    assert check(tmp_path, umask) == 2


def test_a_temporary_file_is_never_opener_than_what_it_becomes(umask, tmp_path):
    target = tmp_path / "x.json"
    with replacing(target) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o666 & ~umask
    target.chmod(0o600)
    with replacing(target) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
    write_file(target, b"{}")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    target.chmod(0o640)
    write_file(target, b"{}")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
