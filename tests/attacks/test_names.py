"""Names of 200 to 255 bytes: they work, or are refused before anything is begun, with the limit."""

from __future__ import annotations

import os

import pytest
from small_session import LAST, STEP, last_step, write_session

from hhstudio.cli import main
from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import SessionError
from hhstudio.core.session_names import unused_path
from hhstudio.store.catalog.catalog_entry import catalog_entry
from hhstudio.store.catalog.file_operations import rename
from hhstudio.store.catalog.notes import Notes, read_notes, write_notes
from hhstudio.store.recovery.recover import recover
from hhstudio.store.session.place import most_bytes
from hhstudio.store.session.session import open as open_session

LETTERS = {"a": 1, "ü": 2, "語": 3, "😀": 4}


def name_of(size: int, letter: str = "a") -> str:
    """A session's name of so many bytes."""
    count, rest = divmod(size - 3, LETTERS[letter])
    return letter * count + "x" * rest + ".h5"


@pytest.mark.parametrize(("size", "letter"), [(200, "a"), (225, "語"), (None, "a"), (None, "😀")])
def test_a_name_that_is_taken_works_in_everything(size, letter, tmp_path):
    path = tmp_path / name_of(size or most_bytes(tmp_path), letter)
    write_session(path, killed=True)
    damaged = path.with_name(path.name + ".journal")
    data = bytearray(damaged.read_bytes())
    data[-20] ^= 0xFF  # it is set aside, under the longest name of all
    damaged.write_bytes(data)
    with open_session(path) as session:
        assert last_step(session) == STEP
    write_notes(path, Notes("a word"))
    assert read_notes(path).text == "a word"
    spoiled = bytearray(path.read_bytes())
    spoiled[:48] = bytes(48)
    path.write_bytes(spoiled)
    assert recover(path).original is not None
    assert catalog_entry(path).error == ""


@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("above", [1, 10, 19, 20, 300])
def test_a_longer_one_is_refused_before_the_run_with_what_it_may_have(above, letter, tmp_path, capsys):
    most = most_bytes(tmp_path)
    assert main(["run", "quickstart", "--out", str(tmp_path / name_of(most + above, letter))]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"{most + above} bytes" in said
    assert f"{most} bytes" in said
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SessionError, match=f"{most} bytes"):
        write_session(tmp_path / name_of(most + above, letter))
    assert list(tmp_path.iterdir()) == []


def test_renaming_to_one_that_is_too_long_is_refused_and_the_session_stays(tmp_path):
    path = tmp_path / "s.h5"
    write_session(path)
    with pytest.raises(SessionError, match="too long for a session"):
        rename(path, "ü" * 120)
    assert [file.name for file in tmp_path.iterdir()] == ["s.h5"]


def test_a_session_that_came_with_a_longer_name_is_read(tmp_path):
    write_session(tmp_path / "s.h5")
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    path = (tmp_path / "s.h5").rename(tmp_path / name_of(longest))
    with open_session(path) as session:
        assert session.state == "finished"
        assert last_step(session) == LAST
    assert catalog_entry(path).error == ""
    assert main(["show", str(path)]) == 0


@pytest.mark.parametrize("letter", LETTERS)
def test_a_run_called_so_gets_a_name_that_fits(letter, tmp_path):
    path = unused_path(tmp_path, letter * 300)
    assert len(os.fsencode(path.name)) <= most_bytes(tmp_path)


@pytest.mark.parametrize("suffix", [".json", "." + "s" * 180, "." + "語" * 60])
@pytest.mark.parametrize("size", [200, 254, 255])
def test_any_file_is_replaced_whatever_the_length_of_its_name(size, suffix, tmp_path):
    stem = "ü" * ((size - len(suffix.encode())) // 2)
    path = tmp_path / f"{stem}{suffix}"
    for content in (b"old", b"new"):
        write_file(path, content)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
