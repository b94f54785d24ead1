"""Bad input: one line on stderr that says what and where, exit status 2, never a traceback."""

from __future__ import annotations

import json

import h5py
import pytest

from hhstudio.cli import main
from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import encode


def spec_with(**changes) -> dict:
    return json.loads(encode(preset("quickstart"))) | changes


def cyclic() -> dict:
    spec = spec_with()
    topology = spec["topology"]
    topology["slots"] = [s for s in topology["slots"] if s["target"] != "h1"]
    topology["slots"].append({"id": "back", "source": "h2", "target": "h1"})
    return spec


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with every kind of bad file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    (tmp_path / "text.h5").write_text("not a session")
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["x"] = 1
    (tmp_path / "broken.json").write_text('{"name": ')
    (tmp_path / "unknown.json").write_text(json.dumps(spec_with(colour="red")))
    (tmp_path / "type.json").write_text(json.dumps(spec_with(training={"steps": "many"})))
    (tmp_path / "cycle.json").write_text(json.dumps(cyclic()))
    (tmp_path / "misfit.json").write_text(json.dumps(spec_with(solver={"architecture": "zenke"})))
    (tmp_path / "taken.h5").write_bytes(b"")
    pictures = {"dataset": "folder", "folder": ".", "image_size": 1024}
    wide = {"architecture": "mlp", "options": {"hidden": [50_000]}}
    (tmp_path / "pictures.json").write_text(json.dumps(spec_with(stream=pictures, solver=wide)))
    return tmp_path


OUT = ["--out", "s.h5"]

BAD = {
    "missing session": (["show", "missing.h5"], ["missing.h5"]),
    "text named .h5": (["show", "text.h5"], ["text.h5"]),
    "HDF5 of another program": (["show", "foreign.h5"], ["foreign.h5", "another program"]),
    "continuing a missing session": (["run", "missing.h5"], ["missing.h5"]),
    "continuing a text": (["run", "text.h5"], ["text.h5"]),
    "exporting a text": (["export", "text.h5", "metrics", "--out", "m.csv"], ["text.h5"]),
    "recovering nothing": (["recover", "missing.h5"], ["missing.h5"]),
    "screenshot of a text": (["screenshot", "text.h5", "--out", "shots"], ["text.h5"]),
    "missing spec": (["run", "missing.json", *OUT], ["missing.json"]),
    "no JSON": (["run", "broken.json", *OUT], ["broken.json"]),
    "unknown field": (["run", "unknown.json", *OUT], ["unknown.json", "colour"]),
    "wrong type": (["run", "type.json", *OUT], ["type.json", "training.steps"]),
    "cycle": (["run", "cycle.json", *OUT], ["cycle"]),
    "solver that does not fit": (["run", "misfit.json", *OUT], ["ZenkeNet", "digits"]),
    "unknown preset": (["run", "quikstart", *OUT], ["quikstart", "quickstart"]),
    "unknown device": (["run", "quickstart", *OUT, "--device", "tpu"], ["tpu", "cuda"]),
    "unknown setting": (["run", "quickstart", *OUT, "--set", "training.stepz=3"], ["stepz", "steps"]),
    "setting of a wrong type": (["run", "quickstart", *OUT, "--set", "training.steps=x"], ["training.steps"]),
    "setting out of range": (["run", "quickstart", *OUT, "--set", "training.steps=-1"], ["training.steps"]),
    "hidden widths that cannot fit": (
        ["run", "quickstart", *OUT, "--in-process", "--set", "hypernetwork.hidden=[1000000,1000000]"],
        ["hypernetwork.hidden is [1000000, 1000000]", "34 010 132", "this machine has"],
    ),
    "a chunk that cannot fit": (
        ["run", "quickstart", *OUT, "--in-process", "--set", "hypernetwork.chunk=1000000000"],
        ["hypernetwork.chunk is 1000000000", "bytes"],
    ),
    "images that cannot fit": (
        ["run", "pictures.json", *OUT, "--in-process"],
        ["stream.image_size is 1024", "bytes"],
    ),
    "setting without a value": (["run", "quickstart", *OUT, "--set", "seed"], ["--set seed", "FIELD=VALUE"]),
    "no --out": (["run", "quickstart"], ["--out"]),
    "out is no .h5": (["run", "quickstart", "--out", "s.txt"], ["s.txt", ".h5"]),
    "out in no folder": (["run", "quickstart", "--out", "no/s.h5"], ["no"]),
    "out is taken": (["run", "quickstart", "--out", "taken.h5"], ["taken.h5", "--overwrite"]),
    "no preset of that name": (["presets", "nope"], ["nope", "quickstart"]),
    "no such command": (["rum"], ["rum", "run"]),
    "no such option": (["show", "text.h5", "--colour"], ["--colour"]),
    "no such kind": (["export", "text.h5", "poem", "--out", "p"], ["poem"]),
    "studio on a missing file": (["missing.h5"], ["missing.h5"]),
    "studio without a display": ([], ["display", "hhstudio run"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_line_with_status_2(case, folder, capsys, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb" if "display" in case else "offscreen")
    arguments, mentioned = BAD[case]
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("hhstudio: error: ")
    assert said.err.count("\n") == 1
    for words in mentioned:
        assert words in said.err
    assert not (folder / "s.h5").exists()


def test_a_display_that_does_not_answer_is_named(folder, capsys, monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", ":4711")
    assert main([]) == 2
    assert "display :4711 does not answer" in capsys.readouterr().err


def test_a_defect_is_one_line_and_leaves_its_traceback_in_a_file(folder, capsys, monkeypatch):
    monkeypatch.setattr("platformdirs.user_log_path", lambda *_, **__: folder / "log")
    monkeypatch.setattr("hhstudio.core.spec.presets.resource", lambda name: 1 / 0)
    assert main(["presets"]) == 1
    said = capsys.readouterr().err
    (file,) = (folder / "log").iterdir()
    assert said.count("\n") == 1
    assert "ZeroDivisionError" in said
    assert str(file) in said
    assert "Traceback" in file.read_text()
