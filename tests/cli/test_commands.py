"""The commands on a real session: run, show, export, recover, presets; and what importing them loads."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys

import msgspec
import numpy as np
import pytest

from hhstudio.cli import main
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset, preset_names
from hhstudio.store.session.session import open as open_session

TINY = [
    "quickstart",
    *("--set", "stream.tasks=2", "--set", "training.steps=20", "--set", "stream.train_limit=100"),
    *("--set", "evaluation.every=0"),
    *("--set", 'solver={"architecture": "mlp", "options": {"hidden": [8]}}', "--set", "training.threads=1"),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A session that `hhstudio run` has written, and what it printed."""
    file = tmp_path_factory.mktemp("cli") / "s.h5"
    done = subprocess.run(
        [sys.executable, "-m", "hhstudio", "run", *TINY, "--seed", "3", "--out", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return file, done


def test_run_prints_a_line_a_task_and_the_table(finished):
    file, done = finished
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert "2 tasks on 3 paths, 120 steps on cpu, seed 3" in lines[0]
    assert sum(" task 1/2 " in line for line in lines) == 3
    assert sum(" task 2/2 " in line for line in lines) == 3
    assert [line.split()[0] for line in lines[-4:]] == ["path", "P1", "P2-0", "P3-00"]
    assert list(file.parent.iterdir()) == [file]


def test_show_json_is_what_the_contract_says(finished, capsys):
    assert main(["show", str(finished[0]), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    wanted = "format version state seed device steps seconds tasks paths accuracy parameters"
    assert set(wanted.split()) <= shown.keys()
    assert shown["format"] == "hhstudio-session"
    assert (shown["version"], shown["state"], shown["seed"], shown["steps"]) == (1, "finished", 3, 120)
    assert shown["tasks"][0].keys() >= {"name", "dataset", "classes"}
    assert shown["paths"][2] == {
        "name": "P3-00",
        "depth": 3,
        "hypernetworks": ["h0", "h1", "h2"],
        "solver": "s3",
    }
    figures = shown["accuracy"]["P1"]
    assert figures.keys() == {
        "matrix",
        "final",
        "average",
        "backward_transfer",
        "forward_transfer",
        "forgetting",
    }
    assert np.array(figures["matrix"], dtype=float).shape == (2, 2)
    assert shown["parameters"].keys() == {"stored", "generated", "ratio"}
    edges = shown["contributions"]["P2-0"]
    assert [each["edge"] for each in edges][-1] == "everything generated"
    assert all(each.keys() == {"edge", "lost", "bypassed"} for each in edges)


def test_show_is_a_table_for_people(finished, capsys):
    assert main(["show", str(finished[0])]) == 0
    said = capsys.readouterr().out
    assert "finished, 120 steps" in said
    assert "digits 2-3" in said
    edges = said.partition("accuracy lost without what an edge generates\n")[2].splitlines()
    assert edges[0].split()[:4] == ["P1", "H0", "→", "P1"]


def test_export_writes_metrics_spec_and_weights(finished, tmp_path):
    file, _ = finished
    assert main(["export", str(file), "metrics", "--out", str(tmp_path / "m.csv")]) == 0
    assert main(["export", str(file), "spec", "--out", str(tmp_path / "s.json")]) == 0
    one = ["--path", "P2-0", "--task", "1"]
    assert main(["export", str(file), "weights", "--out", str(tmp_path / "w.npz"), *one]) == 0
    assert main(["export", str(file), "weights", "--out", str(tmp_path / "all.npz")]) == 0
    rows = list(csv.DictReader((tmp_path / "m.csv").read_text().splitlines()))
    assert sum(row["metric"] == "loss" and row["path"] == "P2-0" for row in rows) == 40
    with open_session(file) as session:
        assert specs.load(tmp_path / "s.json") == session.spec
        kept = session.weights("P2-0", 1)
    with np.load(tmp_path / "w.npz") as weights, np.load(tmp_path / "all.npz") as everything:
        for name, array in kept.items():
            np.testing.assert_array_equal(weights[name], array)
            np.testing.assert_array_equal(everything[f"P2-0/1/{name}"], array)


def test_exporting_weights_that_are_not_there_names_those_that_are(finished, tmp_path, capsys):
    arguments = ["export", str(finished[0]), "weights", "--out", str(tmp_path / "w.npz"), "--path", "P9"]
    assert main(arguments) == 2
    assert "P1 task 0" in capsys.readouterr().err


def test_recover_reports_on_a_whole_session_and_leaves_it_whole(finished, tmp_path, capsys):
    copy = tmp_path / "copy.h5"
    copy.write_bytes(finished[0].read_bytes())
    assert main(["recover", str(copy)]) == 0
    assert capsys.readouterr().out.strip()
    with open_session(copy) as session:
        assert session.state == "finished"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "finished"),
        (["--set", "training.steps=9"], "--set"),
        (["--out", "other.h5"], "in place"),
        (["--overwrite"], "--overwrite"),
    ],
)
def test_a_session_that_cannot_be_continued_so_says_why(finished, capsys, arguments, said):
    assert main(["run", str(finished[0]), *arguments]) == 2
    assert said in capsys.readouterr().err


def hear_ctrl_c():
    """A suite that runs in the background of a shell has SIGINT ignored, and its children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_writes_a_checkpoint_and_the_session_can_be_continued(tmp_path):
    file = tmp_path / "s.h5"
    running = subprocess.Popen(
        [sys.executable, "-m", "hhstudio", "run", *TINY, "--set", "training.steps=100", "--out", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,
    )
    for line in running.stdout:
        if " task 1/2 " in line:
            break
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert errors.count("\n") == 1
    assert "interrupted; kept up to step" in errors
    with open_session(file) as session:
        assert session.state == "stopped"
        kept = session.trainer_state().step
    assert 100 <= kept < 600
    assert main(["run", str(file), "--in-process", "--quiet"]) == 0
    with open_session(file) as session:
        assert session.state == "finished"
        assert session.history.step == 600


def test_the_schema_of_a_spec_is_printed_for_editors(capsys):
    assert main(["presets", "--schema"]) == 0
    schema = msgspec.json.decode(capsys.readouterr().out)
    steps = schema["$defs"]["Training"]["properties"]["steps"]
    assert (steps["title"], steps["minimum"], steps["default"]) == ("Steps", 1, 300)


def test_a_presets_json_is_that_preset(capsys):
    assert main(["presets", "quickstart"]) == 0
    assert specs.decode(capsys.readouterr().out) == preset("quickstart")
    assert main(["presets"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == list(preset_names())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "--help"]])
def test_help_and_version_are_done_with_status_0(arguments, capsys):
    assert main(arguments) == 0
    assert "hhstudio" in capsys.readouterr().out


def test_importing_the_public_api_and_the_commands_loads_neither_torch_nor_qt():
    code = (
        "import sys, hhstudio, hhstudio.core, hhstudio.store, hhstudio.cli, hhstudio.cli.commands;"
        "import hhstudio.store.session.session, hhstudio.store.session.writer;"
        "import hhstudio.service.run.client, hhstudio.service.api;"
        "hhstudio.open, hhstudio.run;"
        "heavy = {'torch', 'torchvision', 'PySide6', 'pyqtgraph'};"
        "print([m for m in sys.modules if m.split('.')[0] in heavy])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_output_cut_short_by_its_reader_is_no_error():
    show = subprocess.Popen(
        [sys.executable, "-m", "hhstudio", "presets", "quickstart"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    show.stdout.close()
    _, errors = show.communicate(timeout=60)
    assert errors == ""


def test_a_run_that_diverged_says_how_to_go_on_and_goes_on_so(tmp_path, capsys):
    out = str(tmp_path / "wild.h5")
    wild = ["--set", "training.lr=1e30", "--set", "training.steps=20", "--set", "stream.tasks=1"]
    assert main(["run", "quickstart", "--out", out, "--in-process", *wild]) == 1
    lines, said = capsys.readouterr()
    assert "not finite" not in lines, "said once, at the end"
    for part in ("step 2, path P1", "(level 1), are not finite", "kept: the checkpoint at step 0"):
        assert part in said
    assert f"hhstudio run {out} --set training.lr=" in said
    assert main(["show", out, "--json"]) == 0
    diverged = json.loads(capsys.readouterr().out)["diverged"]
    assert (diverged["step"], diverged["path"], diverged["stage"]) == (2, "P1", "weights")
    assert main(["show", out]) == 0
    assert capsys.readouterr().out.count("are not finite") == 1
    assert main(["run", out, "--in-process", "--quiet", "--set", "training.lr=lots"]) == 2
    assert "is not a number" in capsys.readouterr().err
    assert main(["run", out, "--in-process", "--quiet", "--set", "training.lr=0.001"]) == 0
