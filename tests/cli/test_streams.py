"""Standard streams and file names as people use them: pipes, closed streams, locales, links, marks, ``~``."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from hhstudio.cli import main, streams
from hhstudio.cli.progress import reporter
from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset
from hhstudio.store.session.session import open as open_session

SHELL = sys.platform != "win32"
needs_a_shell = pytest.mark.skipif(not SHELL, reason="a POSIX shell is needed")

QUICK = [
    "--set", "stream.tasks=1", "--set", "training.steps=1", "--set", "stream.train_limit=20", "--quiet",
    "--in-process", "--device", "cpu", "--set", "training.threads=1", "--set", "evaluation.every=0",
]  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    file = tmp_path_factory.mktemp("streams") / "s.h5"
    assert main(["run", "quickstart", *QUICK, "--out", str(file)]) == 0
    return file


def in_shell(line, folder, **environment):
    """``$HH`` is the command. Files of its log would lie in the folder."""
    words = f"{sys.executable} -m hhstudio"
    return subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env={**os.environ, "HH": words, "XDG_STATE_HOME": str(folder), **environment},
        capture_output=True,
        check=False,
        timeout=110,
    )


@needs_a_shell
def test_a_closed_output_is_one_that_nobody_reads(session, tmp_path):
    before = session.read_bytes()
    done = in_shell(f"$HH show {session} >&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = in_shell(f"$HH show {tmp_path}/none.h5 >&- 2>&-", tmp_path)
    assert done.returncode == 2
    assert session.read_bytes() == before


@needs_a_shell
def test_a_session_never_gets_the_number_of_a_closed_stream(tmp_path):
    """What libraries print to descriptor 1 or 2 would be written into the file."""
    look = (
        "import os; from hhstudio.cli import streams\nwith streams.guarded(): fd = os.open('x', os.O_CREAT)"
    )
    done = in_shell(f'{sys.executable} -c "{look}; assert fd > 2, fd" <&- >&- 2>&- || exit 9', tmp_path)
    assert done.returncode == 0


@needs_a_shell
def test_a_command_goes_on_when_the_reader_of_its_lines_is_gone(tmp_path):
    """`hhstudio run … | head -1` trains to its end."""
    (tmp_path / "lines.py").write_text(
        "from hhstudio.cli import streams\n"
        "with streams.guarded():\n"
        "    for number in range(50_000): print('line', number, flush=number % 1000 == 0)\n"
        "    open('end', 'w').close()\n"
    )
    done = in_shell(f"({sys.executable} lines.py; echo $? > status) | head -1", tmp_path)
    assert (tmp_path / "status").read_text().strip() == "0"
    assert (tmp_path / "end").exists()
    assert (done.stdout, done.stderr) == (b"line 0\n", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is needed")
def test_output_that_a_full_disk_does_not_take_is_a_failure_in_a_line(session, tmp_path):
    done = in_shell(f"$HH show {session} > /dev/full", tmp_path)
    assert done.returncode == 1
    assert done.stderr == b"hhstudio: error: standard output: No space left on device\n"


@needs_a_shell
def test_an_ascii_locale_gets_ascii(tmp_path):
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    (tmp_path / "tree.json").write_bytes(
        specs.encode(specs.with_fields(preset("quickstart"), {"name": "中→"}))
    )
    done = in_shell(
        "$HH sweep tree.json --vary seed=0,1 --dry-run; $HH guide science", tmp_path, **ascii_only
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert done.stderr == b""


@pytest.mark.parametrize("name", [".", "..", "folder", "/"])
@pytest.mark.parametrize("command", ["show", "recover", "run"])
def test_a_folder_is_refused_as_one(command, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    assert main([command, name, *(["--out", "x.h5"] if command == "run" else [])]) == 2
    said = capsys.readouterr().err
    assert "unexpected" not in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_no_part_of_a_spec(encoding, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = specs.encode(preset("quickstart")).decode()
    (tmp_path / "spec.json").write_text(text, encoding=encoding)
    (tmp_path / "sweep.json").write_text(json.dumps({"base": "spec.json", "vary": {"seed": [1]}}), encoding)
    assert specs.load(tmp_path / "spec.json") == preset("quickstart")
    assert main(["sweep", "sweep.json", "--dry-run"]) == 0
    assert "1 run" in capsys.readouterr().out


def test_a_spec_is_read_from_a_pipe(tmp_path, monkeypatch):
    piped = io.BytesIO(specs.encode(specs.with_fields(preset("quickstart"), {"name": "piped"})))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(piped))
    assert main(["run", "-", *QUICK, "--out", str(tmp_path / "s.h5")]) == 0
    with open_session(tmp_path / "s.h5") as session:
        assert session.spec.name == "piped"


def test_a_tilde_is_the_home_folder_where_the_shell_left_it_alone(session, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "s.h5").write_bytes(session.read_bytes())
    assert main(["show", "~/s.h5"]) == 0
    assert main(["export", "~/s.h5", "spec", "--out=~/spec.json"]) == 0
    assert main(["sweep", "~/spec.json", "--vary", "seed=1,2", "--dry-run"]) == 0
    assert (tmp_path / "spec.json").is_file()
    assert main(["show", "~nobody-of-that-name/s.h5"]) == 2
    assert "~nobody-of-that-name" in capsys.readouterr().err


@needs_a_shell
def test_an_output_that_is_a_link_is_written_where_it_leads(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link.h5").symlink_to("disk/real.h5")
    assert main(["run", "quickstart", *QUICK, "--out", str(tmp_path / "link.h5")]) == 0
    assert (tmp_path / "link.h5").is_symlink()
    with h5py.File(tmp_path / "disk" / "real.h5") as file:
        assert file.attrs["format"] == b"hhstudio-session"
    (tmp_path / "link.json").symlink_to("disk/real.json")
    assert main(["export", str(tmp_path / "link.h5"), "spec", "--out", str(tmp_path / "link.json")]) == 0
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "disk" / "real.json").is_file()


EVIL = "\x1b]0;owned\x07\x9b2Jx\ny\u202e"


def test_no_name_in_a_session_reaches_the_terminal_raw(session, tmp_path, capsys):
    """Escapes in every text of a session: a line stays a line, and nothing of it is obeyed."""
    file = tmp_path / "evil.h5"
    file.write_bytes(session.read_bytes())
    with h5py.File(file, "r+") as opened:
        run = json.loads(opened["tables/run"][()])
        run["environment"] = {"torch": f"2{EVIL}", f"own{EVIL}": EVIL}
        run["tasks"] = [{**task, "name": f"task{EVIL}"} for task in run["tasks"]]
        put(opened, "tables/run", json.dumps(run))
        end = {"t": "end", "state": "stopped", "step": 1, "seconds": 1.0, "message": f"why{EVIL}"}
        put(opened, "tables/end", json.dumps(end))
    assert main(["show", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "why" in shown
    assert "task" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert not any(line.startswith("y") for line in shown.splitlines())
    assert main(["show", str(tmp_path / f"no{EVIL}.h5")]) == 2
    assert all(char.isprintable() or char == "\n" for char in capsys.readouterr().err)


def test_whatever_is_printed_is_letters(capsys):
    with streams.guarded():
        print(EVIL)
        print(EVIL, file=sys.stderr)
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert all(char.isprintable() or char == "\n" for char in text)
        assert "owned" in text


def test_a_name_makes_no_line_of_its_own_in_the_progress_of_a_run(tmp_path, capsys):
    history = History()
    lines = reporter(history, tmp_path / f"{EVIL}.h5", quiet=False)
    spec = specs.with_fields(preset("quickstart"), {"name": EVIL})
    lines.take(
        events.RunStarted(
            spec=specs.encode(spec), created="", app="", torch="", device=EVIL, seed=0, tasks=(), paths=(),
            total_steps=1,
        )
    )  # fmt: skip
    lines.take(events.TaskFinished(step=1, path=EVIL, task=0, accuracies=(0.5,), seconds=1.0))
    lines.take(events.Log(time=0.0, level="error", message=EVIL))
    assert len(capsys.readouterr().out.splitlines()) == 3


def put(file, name, text):
    data = text.encode()
    kind = h5py.string_dtype("utf-8", len(data))
    del file[name]
    file.create_dataset(name, data=np.array(data, dtype=kind), dtype=kind)
