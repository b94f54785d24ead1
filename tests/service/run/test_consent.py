"""Code that a spec or a session only names is not imported before the user has agreed to that name."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio import cli
from hhstudio.core.errors import SpecError
from hhstudio.core.run import events
from hhstudio.core.spec import consent
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.consent import ConsentError
from hhstudio.core.spec.spec import Training
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Solver
from hhstudio.service.run.preparation import Prepared, prepare
from hhstudio.service.run.protocol import Start
from hhstudio.store.session.session import open as open_session

NAME = "solver_of_a_stranger:Net"


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """A module that leaves a trace when it is imported."""
    trace = tmp_path / "it_ran"
    (tmp_path / "solver_of_a_stranger.py").write_text(
        f"open({str(trace)!r}, 'w').close()\n"
        "import torch\n\n\n"
        "class Net(torch.nn.Sequential):\n"
        "    def __init__(self, image_shape, outputs):\n"
        "        super().__init__(torch.nn.Flatten(), torch.nn.Linear(64, outputs))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield SimpleNamespace(ran=trace.exists)
    sys.modules.pop("solver_of_a_stranger", None)


def foreign(steps=3, **fields):
    spec = tiny(steps, **fields)
    return replace(spec, solver=replace(spec.solver, architecture=NAME, options={}))


def test_every_solver_named_by_import_path_is_found():
    topology, node = editing.add_solver(editing.single(), editing.single().root)
    topology = editing.update(topology, node, architecture="of.a:Node")
    spec = replace(foreign(), topology=topology)
    assert consent.imported(spec) == (NAME, "of.a:Node")
    assert consent.imported(tiny(), topology) == ("of.a:Node",)
    consent.check([NAME, "of.a:Node"], spec)
    with pytest.raises(ConsentError, match=r"imports of\.a and runs its code.*--allow-import of\.a:Node$"):
        consent.check([NAME], spec)
    assert isinstance(topology.by_id[node], Solver)


@pytest.mark.parametrize("name", ["a:B; rm -rf ~", "a:B\n", "a b:C", ":C", "a:", "a:B:C", "a:b.c", "a:$(x)"])
def test_a_text_that_is_no_import_path_is_not_asked_about_but_refused(name, tmp_path):
    spec = foreign()
    spec = replace(spec, solver=replace(spec.solver, architecture=name))
    assert consent.imported(spec) == ()
    start = Start(out=str(tmp_path / "s.h5"), data=str(tmp_path), spec=specs.encode(spec))
    with pytest.raises(SpecError, match="there is no solver"):
        prepare(Prepared(start), lambda *_: None, lambda *_: None)


def test_a_spec_is_not_trained_before_its_import_is_allowed(launch, stranger, tmp_path):
    run = launch(foreign(), in_process=True)
    end = run.finish()[-1]
    assert (end.state, run.client.status) == ("failed", 2)
    assert f"--allow-import {NAME}" in end.message
    assert not stranger.ran()
    assert not (tmp_path / "s.h5").exists()
    run = launch(foreign(), in_process=True, allow_imports=[NAME])
    assert run.finish()[-1].state == "finished"
    assert stranger.ran()


def test_a_session_is_not_continued_before_its_import_is_allowed(launch, stranger, tmp_path):
    endless = Training(steps=1_000_000, batch_size=16, threads=1)
    run = launch(foreign(training=endless), in_process=True, allow_imports=[NAME])
    run.until(events.Progress)
    run.client.stop()
    run.finish()
    again = launch(None, resume=True, in_process=True)
    assert "--allow-import" in again.finish()[-1].message
    assert again.client.status == 2
    with open_session(tmp_path / "s.h5") as session:
        assert session.state == "stopped"


def test_a_tree_that_grows_brings_no_foreign_solver_in(launch, stranger):
    run = launch(tiny(training=Training(steps=1_000_000, batch_size=16, threads=1)), in_process=True)
    run.until(events.Progress)
    grown, node = editing.add_solver(editing.single(), editing.single().root)
    run.client.grow(editing.update(grown, node, architecture=NAME))
    log = run.until(lambda e: isinstance(e, events.Log) and e.level == "error")
    assert "runs its code" in log.message
    run.client.stop()
    run.finish()
    assert not stranger.ran()


def test_the_command_line_asks_for_a_file_and_takes_what_was_typed_as_an_answer(stranger, tmp_path, capsys):
    spec = tmp_path / "spec.json"
    spec.write_bytes(specs.encode(foreign()))
    command = ["run", str(spec), "--out", str(tmp_path / "s.h5"), "--in-process", "--quiet"]
    assert cli.main(command) == 2
    assert f"--allow-import {NAME}" in capsys.readouterr().err
    assert not stranger.ran()
    assert cli.main([*command, "--allow-import", NAME]) == 0
    typed = tmp_path / "typed.json"
    typed.write_bytes(specs.encode(tiny(3)))
    settings = ["--set", f"solver.architecture={NAME}", "--set", "solver.options={}"]
    out = str(tmp_path / "t.h5")
    assert cli.main(["run", str(typed), "--out", out, "--in-process", "--quiet", *settings]) == 0


def test_nothing_is_imported_even_to_prepare_a_run(stranger, tmp_path):
    start = Start(out=str(tmp_path / "s.h5"), data=str(tmp_path), spec=specs.encode(foreign()))
    with pytest.raises(ConsentError):
        prepare(Prepared(start), lambda *_: None, lambda *_: None)
    assert not stranger.ran()
