"""The controller: documents, files, problems."""

import h5py
import pytest
from msgspec.structs import replace
from small_specs import tiny

from hhstudio.core.spec import presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.tree.topology import Topology
from hhstudio.gui.state import session_files


def test_a_preset_is_taken_undoably(studio):
    before = studio.document.spec
    other = next(name for name in presets.preset_names() if presets.preset(name) != before)
    studio.use_preset(other)
    assert studio.document.spec == presets.preset(other)
    studio.document.undo()
    assert studio.document.spec == before


def test_a_spec_that_cannot_run_has_a_reason_and_does_not_start(studio):
    studio.document.apply("Empty it", replace(studio.document.spec, topology=Topology()))
    assert "tree is empty" in studio.first_error.message
    studio.runs.start()
    assert not studio.running
    assert "tree is empty" in studio.said[0]


def test_a_spec_is_saved_whole_and_read_back(studio, tmp_path):
    file = tmp_path / "mine.json"
    file.write_text("old")
    assert studio.save_spec(file)
    assert specs.load(file) == studio.document.spec
    assert not studio.document.modified
    assert [p.name for p in tmp_path.glob("*mine*")] == ["mine.json"]


def test_saving_where_one_may_not_is_said(studio, tmp_path):
    assert not studio.save_spec(tmp_path / "missing" / "mine.json")
    assert "cannot be written" in studio.said[0]


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
def test_a_bad_file_is_a_sentence(studio, qtbot, tmp_path, name, words):
    bad_files(tmp_path)
    before = studio.document.spec
    with qtbot.waitSignal(studio.problem, timeout=10_000):
        studio.open(tmp_path / name)
    assert words in studio.said[0]
    assert "\n" not in studio.said[0]
    assert "Traceback" not in studio.said[0]
    assert studio.document.spec is before


def test_the_file_opened_last_wins(studio, qtbot, tmp_path):
    for name in ("one", "two"):
        session_files.save_spec(replace(tiny(), name=name), tmp_path / f"{name}.json")
    studio.open(tmp_path / "one.json")
    with qtbot.waitSignal(studio.shown, timeout=10_000):
        studio.open(tmp_path / "two.json")
    assert studio.document.spec.name == "two"


def test_names_of_sessions_are_never_taken_twice(tmp_path):
    assert session_files.unused_path(tmp_path, "a b/c").name == "a-b-c.h5"
    (tmp_path / "a-b-c.h5").touch()
    (tmp_path / "a-b-c-2.h5.journal").touch()
    assert session_files.unused_path(tmp_path, "a b/c").name == "a-b-c-3.h5"
    assert session_files.unused_path(tmp_path, "../..").parent == tmp_path
