"""Links that a stranger put into a folder: nothing is written through them, nothing made where they lead."""

from __future__ import annotations

import msgspec
import pytest
from small_session import LAST, last_step, write_session
from small_specs import tiny

from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import HHStudioError, WriteError
from hhstudio.core.ordinary_files import copy_to_new, create
from hhstudio.core.spec import spec as specs
from hhstudio.service.run.run_queue import FILE, RunQueue
from hhstudio.store.catalog import index
from hhstudio.store.catalog.file_operations import rename
from hhstudio.store.catalog.notes import Notes, write_notes
from hhstudio.store.journal.lock import Lock
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session

BESIDE = (
    "lock", "tmp", "journal.tmp", "notes.json", "damaged-1", "foreign-1", "version-1-1", "journal.damaged-1",
    "journal.foreign-1",
)  # fmt: skip


@pytest.fixture
def folders(tmp_path):
    """A stranger's folder with a session whose writer died, and mine."""
    theirs, mine = tmp_path / "theirs", tmp_path / "mine"
    theirs.mkdir()
    mine.mkdir()
    write_session(theirs / "s.h5", killed=True)
    return theirs, mine


def spoil(path):
    """Have recovery find something that cannot be read."""
    data = bytearray(path.read_bytes())
    data[:48] = bytes(48)  # the file's own beginning: what stands elsewhere may be unused
    path.write_bytes(data)


def look(theirs):
    """Whatever happens to a session without anybody wanting it changed, and what a person does to one."""
    path = theirs / "s.h5"
    for work in (
        lambda: open_session(path).close(),
        lambda: index.store(index.up_to_date(index.load(theirs))),
        lambda: write_notes(path, Notes("a word")),
        lambda: recover(path),
        lambda: RunQueue(theirs).add(tiny(), theirs / "new.h5"),
        lambda: rename(path, "other"),
    ):
        try:
            work()
        except HHStudioError:
            continue


@pytest.mark.parametrize("there", [True, False], ids=["a file", "nothing"])
@pytest.mark.parametrize("damaged", [True, False], ids=["damaged", "whole"])
def test_no_name_beside_a_session_leads_to_another_file(folders, there, damaged):
    theirs, mine = folders
    names = [*(f"s.h5.{addition}" for addition in BESIDE), ".s.h5.recovery", index.FILE, FILE, f"{FILE}.lock"]
    for name in names:
        if there:
            (mine / name).write_text("precious")
        (theirs / name).symlink_to(mine / name)
    if damaged:
        spoil(theirs / "s.h5")
    look(theirs)
    assert {file.name: file.read_text() for file in mine.iterdir()} == {
        name: "precious" for name in names if there
    }


def test_a_session_is_read_though_its_lock_is_a_link_and_not_changed(folders):
    theirs, mine = folders
    (mine / "keys").write_text("my keys")
    (theirs / "s.h5.lock").symlink_to(mine / "keys")
    with open_session(theirs / "s.h5") as session:
        assert last_step(session) == LAST
    with pytest.raises(OSError, match="symbolic link"):
        Lock(theirs / "s.h5")
    assert (mine / "keys").read_text() == "my keys"
    assert (theirs / "s.h5.journal").exists()


def test_a_lock_that_has_another_name_is_not_written(folders):
    theirs, mine = folders
    (mine / "keys").write_text("my keys")
    (theirs / "s.h5.lock").hardlink_to(mine / "keys")
    with open_session(theirs / "s.h5") as session:
        assert last_step(session) == LAST
    assert not (theirs / "s.h5.journal").exists(), "it was taken in, under a lock of ours"
    assert (mine / "keys").read_text() == "my keys"


def test_opening_a_link_does_not_take_a_stranger_s_journal_into_my_session(folders):
    theirs, mine = folders
    (theirs / "s.h5").rename(mine / "s.h5")
    (mine / "s.h5.tmp").write_text("precious")
    (theirs / "s.h5").symlink_to(mine / "s.h5")
    before = (mine / "s.h5").read_bytes()
    with open_session(theirs / "s.h5") as session:
        assert last_step(session) == LAST
        assert any("link into another folder" in note for note in session.notes)
    assert (mine / "s.h5").read_bytes() == before
    assert (mine / "s.h5.tmp").read_text() == "precious"


def test_recovery_keeps_the_file_and_not_the_link_that_named_it(folders):
    theirs, mine = folders
    (theirs / "s.h5").rename(mine / "s.h5")
    (theirs / "s.h5").symlink_to(mine / "s.h5")
    spoil(mine / "s.h5")
    before = (mine / "s.h5").read_bytes()
    report = recover(theirs / "s.h5")
    assert report.original is not None
    assert not report.original.is_symlink()
    assert report.original.read_bytes() == before


def test_what_is_begun_is_new(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "source").write_bytes(b"x")
    with pytest.raises(FileExistsError):
        create(tmp_path / "link")
    with pytest.raises(FileExistsError):
        copy_to_new(tmp_path / "source", tmp_path / "link")
    with pytest.raises(WriteError, match="symbolic link"):
        write_file(tmp_path / "link", b"x", through_links=False)
    assert not (tmp_path / "elsewhere").exists()


def queue_of(folder, *outs):
    entries = [
        {"id": at, "spec": specs.encode(tiny()).decode(), "out": str(out)} for at, out in enumerate(outs)
    ]
    text = msgspec.json.encode({"format": "hhstudio-queue", "version": 1, "entries": entries})
    (folder / FILE).write_bytes(text)


@pytest.mark.parametrize("how", ["elsewhere", "upwards", "through a link", "no session", "no name"])
def test_a_queue_does_not_train_outside_its_folder_before_a_person_says_so(folders, how):
    theirs, mine = folders
    (theirs / "link.h5").symlink_to(mine / "link.h5")
    outs = {
        "elsewhere": mine / "x.h5",
        "upwards": f"{theirs}/../mine/x.h5",
        "through a link": theirs / "link.h5",
        "no session": theirs / "notes.txt",
        "no name": f"{theirs}/\0.h5",
    }
    queue_of(theirs, outs[how], theirs / "own.h5")
    queue = RunQueue(theirs)
    held, own = queue.entries
    assert held.state == "stopped"
    assert "outside this folder" in held.message
    assert (own.state, queue.next) == ("waiting", own)
    queue.retry(held.id)
    assert queue.next.id == held.id
    queue.close()
    again = RunQueue(theirs)
    assert again.entries[0].state == "stopped", "the next window asks again"
    again.close()
