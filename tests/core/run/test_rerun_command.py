"""The command that runs a session again gives the very spec that ran."""

import re
import shlex
from itertools import pairwise

import pytest
from msgspec.structs import replace

from hhstudio.cli.commands import _parser
from hhstudio.cli.options import assignment
from hhstudio.cli.run import _chosen
from hhstudio.core.run import events
from hhstudio.core.run.history import History
from hhstudio.core.run.rerun_command import command_of, command_of_session
from hhstudio.core.spec import presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.tree import editing


def started(spec, **more):
    return events.RunStarted(
        spec=specs.encode(spec), created="", app="", torch="", device="cpu", seed=0, tasks=(), paths=(),
        total_steps=0, **more,
    )  # fmt: skip


def spec_of(line):
    """What the command line would train."""
    program, *words = shlex.split(line)
    assert program == "hhstudio"
    return _chosen(_parser().parse_args(words))[0]


CHANGES = [
    {},
    {"seed": 7, "training.lr": 0.1, "name": "my run, it's “mine”"},
    {"name": '"123"', "device": "cpu", "training.embedding_lr": 0.5, "evaluation.limit": 10},
    {"solver.architecture": "mlp", "solver.options": {"hidden": [3]}, "hypernetwork.hidden": [5, 6]},
    {"training.betas": [0.5, 0.9]},
    {"notes": "no notes are needed", "link.residual": False},
]


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("name", presets.preset_names()[:2])
def test_a_changed_preset_is_that_preset_with_settings(name, changes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = specs.with_fields(presets.preset(name), changes)
    line = command_of(wanted)
    assert "\n" not in line
    assert line.startswith(f"hhstudio run {name}")
    assert replace(spec_of(line), notes="") == replace(wanted, notes="")


def test_a_tree_of_ones_own_goes_through_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wanted = replace(presets.preset("quickstart"), topology=editing.single())
    first, second = command_of(wanted, session="runs of mine/a b.h5").splitlines()
    assert shlex.split(first) == ["hhstudio", "export", "runs of mine/a b.h5", "spec", "--out", "a b.json"]
    (tmp_path / "a b.json").write_bytes(specs.encode(wanted))
    assert spec_of(second) == wanted


def test_device_threads_trust_and_imports_are_those_of_the_run():
    spec = specs.with_fields(presets.preset("quickstart"), {"solver.architecture": "my.nets:Net"})
    run = started(spec, unverified_data=True, environment={"threads": "3"})
    line = command_of(spec, run=run)
    assert "--device cpu --allow-import my.nets:Net --allow-unverified" in line
    assert "--set training.threads=3" in line


def test_what_a_command_cannot_do_is_said_behind_it():
    spec = presets.preset("quickstart")
    history = History()
    told = {"torch": "2.11", "python": "3.13", "commit": "0123456789abcdef", "changes": "yes"}
    history.apply(started(spec, environment=told))
    history.apply(events.SettingChanged(step=10, field="training.lr", value=0.01))
    history.apply(
        events.Resumed(step=20, device="cpu", torch="", exact=False, differs=("PyTorch 1 before, now 2",))
    )
    lines = command_of_session(history, "/somewhere/mine.h5").splitlines()
    assert lines[0].endswith("--out mine-again.h5")
    assert lines[1:] == [
        "# made with PyTorch 2.11, Python 3.13, commit 0123456789ab with uncommitted changes",
        "# at step 10 training.lr was set to 0.01 by hand",
        "# at step 20 it went on, not bit for bit: PyTorch 1 before, now 2",
    ]
    with pytest.raises(ValueError, match="nothing was run"):
        command_of_session(History(), "x.h5")


EVIL = [
    "2\ntouch EXECUTED #",
    "$(touch EXECUTED)",
    "`touch EXECUTED`",
    "'; touch EXECUTED; '",
    "\x03\rtouch EXECUTED\r",
    "x\u2028touch EXECUTED",
    "*(e:'touch EXECUTED':)",
    "\x1b[201~touch EXECUTED\n",
]


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_a_session_is_anything_but_a_quoted_word_or_a_comment(evil, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = specs.with_fields(
        presets.preset("quickstart"),
        {"name": evil, "solver.architecture": f"nets:Net{evil}", "solver.options": {f"a{evil}": f"b{evil}"}},
    )
    history = History()
    history.apply(started(spec, environment={"torch": evil, "commit": evil, "device_name": evil}))
    history.apply(events.SettingChanged(step=1, field=evil, value=0.1))
    history.apply(events.TopologyChanged(step=2, topology=spec.topology, paths=(), reason=evil))
    history.apply(events.Resumed(step=3, device="cpu", torch="", exact=False, differs=(evil, evil)))
    first, *others = command_of_session(history, f"{evil}.h5").splitlines()
    program, run, name, *words = shlex.split(first)
    settings = dict(map(assignment, (word for flag, word in pairwise(words) if flag == "--set")))
    again = specs.with_fields(presets.preset(name), settings)
    assert (program, run) == ("hhstudio", "run")
    assert replace(again, notes="") == replace(spec, notes="")
    assert "--allow-import" not in words
    assert first.isprintable()
    assert len(others) == 4
    for comment in others:
        assert re.fullmatch(r"# [\w .,:_\-+/%→]+", comment)


def test_a_file_whose_name_no_command_can_hold_is_stood_for_by_another():
    wanted = replace(presets.preset("quickstart"), topology=editing.single())
    first, second = command_of(wanted, session="a\nb.h5").splitlines()
    assert shlex.split(first) == ["hhstudio", "export", "S.h5", "spec", "--out", "S.json"]
    assert shlex.split(second)[:3] == ["hhstudio", "run", "S.json"]
