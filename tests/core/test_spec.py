"""Specs: what is wrong is said in one line that names the field."""

import pytest

from hhstudio.core import presets, spec
from hhstudio.core.errors import SpecError


def test_a_spec_survives_its_json_byte_for_byte():
    for name in presets.preset_names():
        once = spec.encode(presets.preset(name))
        assert spec.encode(spec.decode(once)) == once


def test_a_spec_recorded_before_a_field_came_keeps_its_meaning():
    recorded = spec.encode(spec.Spec()).replace(b'    "heads": "one",\n', b"")
    assert spec.decode(recorded).stream.heads == "one"
    assert spec.decode_recorded(recorded, "a session").stream.heads == "each"
    assert spec.decode_recorded(spec.encode(spec.Spec()), "a session") == spec.Spec()
    with pytest.raises(SpecError, match="a session"):
        spec.decode_recorded(b"[]", "a session")


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
    "text", ["", "{", "[]", '{"surprise": 1}', '{"version": 2}', '{"seed": NaN}', "\xff"]
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
