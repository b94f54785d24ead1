"""Files that are replaced: the old content or the new, whatever ends the writing, and nothing beside it."""

import os
import signal
import stat
import subprocess
import sys
import textwrap

import pytest
from small_disks import fill_up, ordinary_user, small_disk

from hhstudio.core.atomic_write import replacing, write_file
from hhstudio.core.errors import WriteError


def files_in(folder):
    return sorted(file.name for file in folder.iterdir())


def write_half(file, error):
    with replacing(file) as temporary:
        temporary.write_bytes(b"half of the ne")
        raise error


def test_a_file_is_made_and_then_replaced_and_nothing_lies_beside_it(tmp_path):
    file = tmp_path / "notes.json"
    write_file(file, b"old")
    assert file.read_bytes() == b"old"
    write_file(file, b"new")
    assert file.read_bytes() == b"new"
    assert files_in(tmp_path) == ["notes.json"]


def test_a_block_that_fails_leaves_the_old_content_and_no_temporary_file(tmp_path):
    file = tmp_path / "figure.svg"
    file.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError):
        write_half(file, ZeroDivisionError())
    assert file.read_bytes() == b"old"
    assert files_in(tmp_path) == ["figure.svg"]


def test_a_library_that_fails_to_write_is_told_as_our_own_error_with_what_was_kept(tmp_path):
    file = tmp_path / "x.txt"
    file.write_text("old")
    with pytest.raises(WriteError, match=r"x\.txt: cannot be written \(in the middle\); .* kept as it was"):
        write_half(file, InterruptedError("in the middle"))
    assert file.read_text() == "old"
    assert files_in(tmp_path) == ["x.txt"]


def test_a_writer_that_is_killed_in_the_middle_leaves_the_old_content(tmp_path):
    file = tmp_path / "queue.json"
    file.write_bytes(b"old")
    script = f"""
        import os, pathlib
        from hhstudio.core.atomic_write import replacing
        with replacing(pathlib.Path({str(file)!r})) as temporary:
            temporary.write_bytes(b"half of the ne")
            os.kill(os.getpid(), {int(signal.SIGKILL)})
    """
    child = subprocess.run([sys.executable, "-c", textwrap.dedent(script)])
    assert child.returncode == -signal.SIGKILL
    assert file.read_bytes() == b"old"
    write_file(file, b"new")
    assert file.read_bytes() == b"new"


def test_on_a_full_disk_the_old_content_stays_and_the_error_says_so(tmp_path):
    with small_disk(tmp_path / "disk", "900k") as disk:
        file = disk / "spec.json"
        write_file(file, b"old")
        filler = fill_up(disk, 8_000)
        with pytest.raises(
            WriteError, match=r"the disk is full\); what was there is kept as it was"
        ) as raised:
            write_file(file, bytes(100_000))
        assert raised.value.exit_status == 1
        assert file.read_bytes() == b"old"
        assert files_in(disk) == sorted(["spec.json", filler.name])


def test_where_nothing_was_the_error_says_that_nothing_was_written(tmp_path):
    with pytest.raises(WriteError, match="nothing was written") as raised:
        write_file(tmp_path / "nowhere" / "x.json", b"new")
    assert raised.value.exit_status == 2
    assert files_in(tmp_path) == []


def test_a_symbolic_link_stays_one_and_the_file_that_it_names_is_replaced(tmp_path):
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "spec.json", tmp_path / "here" / "link.json"
    link.symlink_to(target)
    write_file(link, b"first")  # a link to a file that is not there yet makes it
    assert target.read_bytes() == b"first"
    write_file(link, b"second")
    assert link.is_symlink()
    assert target.read_bytes() == b"second"
    assert files_in(tmp_path / "here") == ["link.json"]
    assert files_in(tmp_path / "there") == ["spec.json"]


def test_a_link_that_leads_in_a_circle_is_refused(tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(link)
    with pytest.raises(WriteError):
        write_file(link, b"new")
    assert link.is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_the_permissions_of_the_old_file_are_kept(tmp_path, mode):
    file = tmp_path / "private.json"
    file.write_bytes(b"old")
    file.chmod(mode)
    with replacing(file) as temporary:
        assert not stat.S_IMODE(temporary.stat().st_mode) & ~mode & 0o077  # never open to more people
        temporary.write_bytes(b"new")
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert file.read_bytes() == b"new"


def test_a_new_file_has_the_permissions_that_the_umask_gives(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "x", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")
def test_what_is_no_ordinary_file_is_refused_and_left_alone(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "folder").mkdir()
    for place in (pipe, tmp_path / "folder"):
        with pytest.raises(WriteError):
            write_file(place, b"new")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert files_in(tmp_path) == ["folder", "pipe"]


def test_a_folder_that_may_not_be_written_is_said(tmp_path):
    tmp_path.chmod(0o555)
    try:
        with ordinary_user(), pytest.raises(WriteError, match="Permission denied"):
            write_file(tmp_path / "x", b"new")
    finally:
        tmp_path.chmod(0o755)


def test_the_longest_name_that_a_file_may_have_can_be_written(tmp_path):
    file = tmp_path / ("ä" * 124 + ".json")
    write_file(file, b"new")
    assert files_in(tmp_path) == [file.name]
