"""``hhstudio sweep``: what it says, what it refuses, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest

from hhstudio.cli import main
from hhstudio.store.journal.lock import owner

TINY = {
    "base": "quickstart",
    "set": {
        "stream.tasks": 2, "training.steps": 20, "stream.train_limit": 100, "evaluation.every": 0,
        "training.threads": 1, "solver": {"architecture": "mlp", "options": {"hidden": [8]}}, "depth": 1,
    },
}  # fmt: skip


def hear_ctrl_c():
    """A suite that runs in the background of a shell has SIGINT ignored, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_dry_run_lists_the_runs_and_writes_nothing(tmp_path, capsys):
    file = tmp_path / "s.json"
    file.write_text(json.dumps({**TINY, "vary": {"seed": [0, 1]}}))
    assert main(["sweep", str(file), "--dry-run", "--vary", "link.alpha=0.1,0.3"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "s: 4 runs, 160 steps in all"
    assert said[1].strip() == "seed=0,alpha=0.1"
    assert main(["sweep", "quickstart", "--dry-run", "--json", "--vary", "seed=0..2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["count"], told["runs"][2]["fields"], told["runs"][0]["steps"]) == (3, {"seed": 2}, 1800)
    assert list(tmp_path.iterdir()) == [file]


OUT = ["--out", "o"]

BAD = {
    "no folder": (["quickstart", "--vary", "seed=0,1"], ["--out"]),
    "no such file": (["missing.json", *OUT], ["missing.json"]),
    "no preset": (["nothing", *OUT], ["nothing", "quickstart"]),
    "unknown field": (["quickstart", *OUT, "--vary", "link.alpah=1"], ["alpah", "alpha"]),
    "wrong value": (["quickstart", *OUT, "--vary", "training.lr=-1,0.1"], ["training.lr is -1"]),
    "wrong type": (["quickstart", *OUT, "--vary", "training.steps=many"], ["training.steps"]),
    "set and varied": (["quickstart", *OUT, "--set", "seed=1", "--vary", "seed=0,1"], ["seed is set"]),
    "no value": (["quickstart", *OUT, "--vary", "seed="], ["seed is empty"]),
    "no assignment": (["quickstart", *OUT, "--vary", "seed"], ["FIELD=VALUE"]),
    "no jobs": (["quickstart", *OUT, "--jobs", "0"], ["--jobs 0"]),
    "jobs of a cluster": (["quickstart", *OUT, "--jobs", "2", "--cluster", "tcp://x:1"], ["--cluster"]),
    "code without consent": (
        ["agree.json", *OUT], ["--allow-import nowhere:Net"],
    ),
    "a session": (["s.h5", *OUT], ["s.h5"]),
}  # fmt: skip


@pytest.mark.parametrize("arguments", BAD, ids=list(BAD))
def test_bad_input_is_one_line_and_status_2(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.h5").write_bytes(b"\x89HDF")
    (tmp_path / "agree.json").write_text('{"set": {"solver.architecture": "nowhere:Net"}}')
    given, said = BAD[arguments]
    assert main(["sweep", *given]) == 2
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    for word in said:
        assert word in errors
    assert not (tmp_path / "o" / "sweep.json").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_with_130_and_says_in_a_line_how_to_go_on(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({**TINY, "vary": {"seed": [0, 1]}}))
    out = tmp_path / "out"
    running = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "hhstudio",
            "sweep",
            str(tmp_path / "s.json"),
            "--out",
            str(out),
            "--jobs",
            "1",
        ],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    assert "2 runs, 80 steps, 1 worker" in running.stderr.readline()
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert errors.count("\n") == 1
    assert f"0 of 2 runs are finished, 2 go on with: hhstudio sweep {out}" in errors
    assert owner(out / "sweep") is None, "nobody holds the folder"
