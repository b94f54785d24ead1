"""Specs: what is wrong is said in one line that names the field."""

from pathlib import Path

import pytest

from hhstudio.core.errors import SpecError
from hhstudio.core.spec import interchange, presets, spec


def test_a_spec_survives_its_json_byte_for_byte():
    for name in presets.preset_names():
        once = spec.encode(presets.preset(name))
        assert spec.encode(spec.decode(once)) == once


OLD = Path(__file__).parent / "old_specs"


@pytest.mark.parametrize("name", ["0.1.0.json", "0.2.0-early.json"])
def test_a_spec_of_version_1_keeps_the_recipe_that_was_its_default(name):
    found = spec.load(OLD / name)
    assert found.link == spec.Link(alpha=0.1, anchor="learned", residual=True)
    assert (found.hypernetwork.task_chunks, found.training.embedding_lr) == (False, None)
    kept = found.consolidation
    assert (kept.beta, kept.curvature, kept.sample, kept.level) == (10.0, 0.0, 4, "solver")
    assert found.version == spec.Spec().version
    assert spec.decode(spec.encode(found)) == found
    assert interchange.load(OLD / name) == found


def test_heads_of_a_spec_from_before_there_was_a_choice_are_each_tasks_own():
    assert spec.load(OLD / "0.1.0.json").stream.heads == "each"
    assert spec.load(OLD / "0.2.0-early.json").stream.heads == "one"


def test_what_version_1_left_out_means_what_it_meant_then():
    assert spec.decode('{"version": 1}').link == spec.Link(alpha=0.1, anchor="learned", residual=True)
    assert spec.decode('{"version": 1, "link": {"alpha": 0.5}}').link.anchor == "learned"
    with pytest.raises(SpecError, match=r"a file: .*link"):
        spec.decode('{"version": 1, "link": 3}', "a file")


def test_what_version_2_left_out_means_what_it_meant_then():
    """Its curvature was estimated from one label an image; the weight found for that is another one."""
    then = spec.with_fields(spec.Spec(), {"consolidation.curvature": 3.0})
    assert spec.decode('{"version": 2}') == then
    assert spec.decode('{"version": 2, "consolidation": {"sample": 7}}').consolidation.curvature == 3.0
    assert spec.decode('{"version": 3}') == spec.decode("{}") == spec.Spec() != then
    assert interchange.decode('{"version": 2}') == then


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("training.steps", "many", "training.steps"),
        ("training.stops", 3, "no field 'stops'"),
        ("traning.steps", 3, "no field 'traning.steps'"),
        ("link.mode", "sideways", "link.mode"),
        ("seed", 1.5, "seed"),
    ],
)
def test_a_wrong_setting_is_named(field, value, said):
    with pytest.raises(SpecError, match=said) as caught:
        spec.with_fields(spec.Spec(), {field: value})
    assert "\n" not in str(caught.value)


def test_settings_typed_on_a_command_line_are_read_as_json_where_they_are():
    found = spec.with_fields(
        spec.Spec(),
        {"training.steps": "200", "solver.options": '{"width": 8}', "stream.dataset": "mnist", "seed": "3"},
    )
    assert (found.training.steps, found.solver.options, found.stream.dataset) == (200, {"width": 8}, "mnist")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"surprise": 1}', '{"version": 4}', '{"seed": NaN}', "\xff"]
)
def test_a_broken_spec_file_is_one_line_that_names_the_file(tmp_path, text):
    file = tmp_path / "broken.json"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SpecError, match=r"broken\.json") as caught:
        spec.load(file)
    assert "\n" not in str(caught.value)


def test_a_spec_nested_beyond_reason_is_refused(tmp_path):
    file = tmp_path / "deep.json"
    file.write_text('{"topology":' + "[" * 100_000)
    with pytest.raises(SpecError):
        spec.load(file)


def test_a_missing_spec_file_is_said(tmp_path):
    with pytest.raises(SpecError, match="No such file"):
        spec.load(tmp_path / "nowhere.json")


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(SpecError, match="quickstart"):
        presets.preset("quickstrat")
