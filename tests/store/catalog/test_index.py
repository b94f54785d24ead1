"""The index of a folder, notes beside sessions, and other names for them."""

from __future__ import annotations

import os
import shutil

import pytest
from recorded_runs import record, run_started, task_events
from small_disks import ordinary_user

from hhstudio.core.errors import SessionError
from hhstudio.store.catalog import index
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.catalog.file_operations import belongings, rename
from hhstudio.store.catalog.notes import Notes, notes_path, read_notes, write_notes
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.session.session import open as open_session
from hhstudio.store.session.writer import SessionWriter


@pytest.fixture
def folder(finished_session, tmp_path):
    for name in ("a.h5", "b.h5", "c.h5"):
        shutil.copy(finished_session[0], tmp_path / name)
    write_notes(tmp_path / "b.h5", Notes("the good one", ("paper",)))
    return tmp_path


def looked(folder):
    return index.up_to_date(index.load(folder), 60.0)


def test_what_was_stored_is_used_again_and_only_what_changed_is_read_anew(folder, monkeypatch):
    first = looked(folder)
    assert (first.complete, first.changed, sorted(first.entries)) == (True, True, ["a.h5", "b.h5", "c.h5"])
    assert first.entries["b.h5"].notes == Notes("the good one", ("paper",))
    assert index.store(first)
    read = []
    monkeypatch.setattr(index, "catalog_entry", lambda path: (read.append(path.name), catalog_entry(path))[1])
    again = looked(folder)
    assert again.entries == first.entries
    assert (again.changed, read) == (False, [])
    os.utime(folder / "a.h5", (1, 1))
    write_notes(folder / "c.h5", Notes("and this"))
    (folder / "b.h5").unlink()
    third = looked(folder)
    assert read == ["a.h5", "c.h5"]
    assert sorted(third.entries) == ["a.h5", "c.h5"]
    assert third.entries["c.h5"].notes.text == "and this"


@pytest.mark.parametrize(
    "content", [b"", b"{]", b"[2,{}]", b'[1,{"a.h5":{"stamp":[],"brief":7}}]', b"[" * 9999]
)
def test_a_damaged_or_foreign_index_is_made_again(folder, content):
    (folder / index.FILE).write_bytes(content)
    assert len(looked(folder).entries) == 3


def test_an_index_leads_to_no_file_outside_its_folder(folder):
    found = looked(folder)
    index.store(found)
    data = (folder / index.FILE).read_bytes()
    (folder / index.FILE).write_bytes(data.replace(b'"path":"a.h5"', b'"path":"../../a.h5"'))
    assert all(entry.session.path.parent == folder for entry in index.load(folder).entries.values())


def test_a_large_folder_is_read_in_pieces(folder):
    found = index.up_to_date(index.load(folder), 0.0)
    assert (len(found.entries), found.complete) == (1, False)
    while not found.complete:
        found = index.up_to_date(found, 0.0)
    assert len(found.entries) == 3


def test_a_folder_that_cannot_be_written_or_is_not_there_is_listed_all_the_same(folder):
    folder.chmod(0o755)
    with ordinary_user():
        assert not index.store(index.Index(folder))
    assert looked(folder / "nowhere").entries == {}


def test_a_session_whose_journal_alone_is_left_is_listed_as_damaged(tmp_path):
    record(tmp_path / "s.h5", close=False)
    (tmp_path / "s.h5").unlink()
    (entry,) = looked(tmp_path).entries.values()
    assert "only its journal is left" in entry.session.error


def test_a_running_session_is_looked_at_again_every_time(tmp_path):
    with SessionWriter(tmp_path / "s.h5") as writer:
        writer.start(run_started())
        assert looked(tmp_path).entries["s.h5"].session.state == "running"
    assert looked(tmp_path).entries["s.h5"].session.state == "failed"


def test_a_sketch_has_the_tree_and_a_curve_a_path(finished_session):
    found = catalog_entry(finished_session[0])
    assert found.thumbnail.tree == ((-1, 0), (0, 1), (0, 0), (2, 1))
    assert found.tasks == 3


def test_notes_are_kept_whole_and_leave_nothing_behind_when_they_are_empty(tmp_path):
    session = tmp_path / "s.h5"
    write_notes(session, Notes("  a word\nand another ", ("x", " x", "", "y ")))
    assert read_notes(session) == Notes("a word\nand another", ("x", "y"))
    write_notes(session, Notes(" "))
    assert list(tmp_path.iterdir()) == []
    for content in (b"[]", b"\xff", b'{"text": 7}', b"{" * 5000):
        notes_path(session).write_bytes(content)
        assert read_notes(session) == Notes()


def test_notes_that_cannot_be_read_are_set_aside_and_not_written_over(tmp_path):
    session = tmp_path / "s.h5"
    notes_path(session).write_bytes(b'{"text": "much thought abou')
    assert read_notes(session) == Notes()
    write_notes(session, Notes("anew"))
    assert read_notes(session).text == "anew"
    (aside,) = tmp_path.glob("*damaged*")
    assert b"much thought" in aside.read_bytes()


def test_a_renamed_session_takes_journal_and_notes_along(tmp_path):
    path = tmp_path / "s.h5"
    record(path, frozenset({40}), close=False)
    write_notes(path, Notes("mine"))
    assert [file.name for file in belongings(path)] == ["s.h5", "s.h5.journal", "s.h5.notes.json"]
    new = rename(path, " another name ")
    assert new == tmp_path / "another name.h5"
    assert {file.name for file in tmp_path.iterdir()} == {"another name.h5", "another name.h5.notes.json"}
    with open_session(new) as session:
        assert session.history.step == 120
    assert not journal_path(new).exists()


@pytest.mark.parametrize("name", ["", ".h5", "a/b", ".hidden", 'a"b', "b"])
def test_a_name_that_is_none_or_taken_is_refused(folder, name):
    before = sorted(file.name for file in folder.iterdir())
    with pytest.raises(SessionError, match=r"cannot be the name of a file|exists already"):
        rename(folder / "a.h5", name)
    assert sorted(file.name for file in folder.iterdir()) == before


def test_a_session_that_is_being_written_keeps_its_name(tmp_path):
    with SessionWriter(tmp_path / "s.h5") as writer:
        writer.start(run_started())
        for event in task_events("P1", 0, 0):
            writer.record(event)
        with pytest.raises(SessionError, match="is being written by"):
            rename(tmp_path / "s.h5", "t")
