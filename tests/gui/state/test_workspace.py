"""The controller: documents, files, problems."""

import h5py
import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core import session_names
from hhstudio.core.spec import presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state import session_files


def test_a_preset_is_taken_undoably(workspace):
    before = workspace.document.spec
    other = next(name for name in presets.preset_names() if presets.preset(name) != before)
    workspace.use_preset(other)
    assert workspace.document.spec == presets.preset(other)
    workspace.document.undo()
    assert workspace.document.spec == before


def test_a_spec_that_cannot_run_has_a_reason_and_does_not_start(workspace):
    workspace.document.apply("Empty it", replace(workspace.document.spec, topology=Topology()))
    assert "tree is empty" in workspace.first_error.message
    workspace.runs.start()
    assert not workspace.running
    assert "tree is empty" in workspace.said[0]


def test_a_spec_is_saved_whole_and_read_back(workspace, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text("old")
    assert workspace.save_spec(file)
    assert specs.load(file) == workspace.document.spec
    assert not workspace.document.modified
    assert [p.name for p in tmp_path.glob("*mine*")] == ["mine.json"]


def test_saving_where_one_may_not_is_said(workspace, tmp_path):
    assert not workspace.save_spec(tmp_path / "missing" / "mine.json")
    assert "cannot be written" in workspace.said[0]


def bad_files(folder):
    (folder / "text.h5").write_text("not a session")
    with h5py.File(folder / "foreign.h5", "w") as file:
        file["x"] = 1
    (folder / "unknown.json").write_text('{"format": "hhstudio-spec", "colour": 3}')
    (folder / "type.json").write_text('{"format": "hhstudio-spec", "seed": "many"}')
    (folder / "broken.json").write_text("{")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text.h5", "a text file"),
        ("foreign.h5", "another program"),
        ("missing.h5", "no such file"),
        ("unknown.json", "colour"),
        ("type.json", "seed"),
        ("broken.json", "truncated"),
    ],
)
def test_a_bad_file_is_a_sentence(workspace, qtbot, tmp_path, name, words):
    bad_files(tmp_path)
    before = workspace.document.spec
    with qtbot.waitSignal(workspace.problem, timeout=10_000):
        workspace.open(tmp_path / name)
    assert words in workspace.said[0]
    assert "\n" not in workspace.said[0]
    assert "Traceback" not in workspace.said[0]
    assert workspace.document.spec is before


def test_the_file_opened_last_wins(workspace, qtbot, tmp_path):
    for name in ("one", "two"):
        session_files.save_spec(replace(tiny(), name=name), tmp_path / f"{name}.json")
    workspace.open(tmp_path / "one.json")
    with qtbot.waitSignal(workspace.shown, timeout=10_000):
        workspace.open(tmp_path / "two.json")
    assert workspace.document.spec.name == "two"


def test_names_of_sessions_are_never_taken_twice(tmp_path):
    assert session_names.unused_path(tmp_path, "a b/c").name == "a-b-c.h5"
    (tmp_path / "a-b-c.h5").touch()
    (tmp_path / "a-b-c-2.h5.journal").touch()
    assert session_names.unused_path(tmp_path, "a b/c").name == "a-b-c-3.h5"
    assert session_names.unused_path(tmp_path, "../..").parent == tmp_path
