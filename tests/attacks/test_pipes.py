"""Named pipes, sockets, devices and folders where a file is expected: refused at once, and left alone."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest
from small_session import write_session

from hhstudio.cli import main
from hhstudio.core.errors import HHStudioError
from hhstudio.core.ordinary_files import open_to_read
from hhstudio.core.spec import interchange
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.spec import Stream
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.gui.state import autosave, opening
from hhstudio.service.class_pictures import thumbnails
from hhstudio.service.run.run_queue import FILE, RunQueue
from hhstudio.service.sweep import table
from hhstudio.store.catalog import index
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.catalog.notes import Notes, notes_path, read_notes, write_notes
from hhstudio.store.journal.journal import journal_path
from hhstudio.store.journal.lock import lock_path, owner
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.session import open as open_session

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's"),
    pytest.mark.timeout(30),
]

KINDS = {"pipe": "a named pipe", "socket": "a socket", "device": "a device", "folder": "directory"}


def put(kind: str, path: Path) -> Path:
    """Something that is no ordinary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = Path.cwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            with socket.socket(socket.AF_UNIX) as end:
                end.bind(path.name)
        finally:
            os.chdir(here)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    return path


READERS = {
    "session": (open_session, "s.h5"),
    "recovery": (recover, "s.h5"),
    "spec": (specs.load, "s.json"),
    "import": (interchange.load, "s.json"),
    "sweep": (sweeps.load, "s.json"),
    "table": (table.read, "sweep.json"),
    "window, session": (opening.read, "s.h5"),
    "window, spec": (opening.read, "s.json"),
    "window, picture": (opening.read, "s.png"),
    "window, drawing": (opening.read, "s.svg"),
}


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_ordinary_file_is_refused_in_words(reader, kind, tmp_path):
    read, name = READERS[reader]
    with pytest.raises(HHStudioError) as refused:
        read(put(kind, tmp_path / name))
    assert KINDS[kind] in str(refused.value)
    assert name in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_one_who_opens_says_what_stands_there(kind, tmp_path):
    with pytest.raises(OSError, match=f"(?i){KINDS[kind]}"):
        open_to_read(put(kind, tmp_path / "x"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beside", [journal_path, lock_path, notes_path])
def test_what_stands_beside_a_session_holds_nothing_up(beside, kind, tmp_path):
    path = tmp_path / "s.h5"
    write_session(path)
    odd = put(kind, beside(path))
    before = odd.lstat().st_mode
    assert owner(path) is None
    assert read_notes(path) == Notes()
    catalog_entry(path)
    if beside is journal_path:  # a journal might hold what the file does not
        with pytest.raises(HHStudioError, match=r"s\.h5\.journal"):
            open_session(path)
    else:
        open_session(path).close()
    assert stat.S_IFMT(odd.lstat().st_mode) == stat.S_IFMT(before)


@pytest.mark.parametrize("kind", ["pipe", "socket", "device"])
def test_a_list_of_sessions_shows_the_others(kind, tmp_path):
    write_session(tmp_path / "good.h5")
    for name in ("odd.h5", "good.h5.notes.json", index.FILE):
        put(kind, tmp_path / name)
    listed = index.up_to_date(index.load(tmp_path), seconds=10.0)
    assert listed.entries["good.h5"].session.state == "finished"
    assert KINDS[kind] in listed.entries["odd.h5"].session.error
    assert not index.store(listed), "the index is not written over what is no file"


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_queue_that_is_no_file_is_said_to_be_none(kind, tmp_path):
    put(kind, tmp_path / FILE)
    queue = RunQueue(tmp_path)
    assert KINDS[kind] in queue.problem
    assert queue.entries == ()
    queue.close()


@pytest.mark.parametrize("name", ["t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"])
def test_pictures_of_classes_do_not_wait_for_data(name, tmp_path):
    put("pipe", tmp_path / "MNIST" / "raw" / name)
    with pytest.raises(HHStudioError, match="t10k-images-idx3-ubyte"):
        thumbnails("mnist", Stream(), tmp_path)


def test_a_folder_of_images_is_looked_at_without_its_pipes(tmp_path):
    put("pipe", tmp_path / "images" / "ash" / "1.png")
    stream = Stream(dataset="folder", folder=str(tmp_path / "images"))
    assert thumbnails("folder", stream, tmp_path) == {}


def test_documents_to_be_restored_are_looked_for_without_waiting(tmp_path):
    put("pipe", tmp_path / "1-a.json")
    assert autosave.leftovers(tmp_path) == []


def test_notes_are_written_beside_a_pipe(tmp_path):
    path = tmp_path / "s.h5"
    put("pipe", notes_path(path))
    write_notes(path, Notes("a word"))
    assert read_notes(path).text == "a word"
    assert stat.S_ISFIFO((tmp_path / "s.h5.notes.json.damaged-1").stat().st_mode)


@pytest.mark.parametrize(
    "words",
    [
        ["show", "odd.h5"],
        ["recover", "odd.h5"],
        ["export", "odd.h5", "spec", "--out", "x.json"],
        ["export", "good.h5", "metrics", "--out", "odd.csv"],
        ["run", "odd.json", "--out", "x.h5"],
        ["run", "odd.h5"],
        ["run", "quickstart", "--out", "odd.h5"],
        ["run", "quickstart", "--out", "odd.h5", "--overwrite"],
        ["sweep", "odd.json", "--out", "x", "--dry-run"],
    ],
    ids=" ".join,
)
def test_commands_refuse_them_with_status_2(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_session(tmp_path / "good.h5")
    for suffix in ("h5", "json", "csv"):
        put("pipe", tmp_path / f"odd.{suffix}")
    before = {file.name for file in tmp_path.iterdir()}
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "odd." in said
    assert {file.name for file in tmp_path.iterdir()} == before
