"""The JSON schema that editors use: it says of every setting what the form says, and takes every preset."""

import re

import msgspec
import pytest

from hhstudio.core.spec import presets
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.fields import all_fields
from hhstudio.core.spec.json_schema import json_schema
from hhstudio.core.spec.setting import value_of
from hhstudio.core.spec.spec import Spec

SCHEMA = json_schema()


def resolved(schema):
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    return SCHEMA["$defs"][name] | {k: v for k, v in schema.items() if k != "$ref"} if name else schema


def property_of(name):
    here = resolved({"$ref": SCHEMA["$ref"]})
    for part in name.split("."):
        here = resolved(here["properties"][part])
    return here


def complaints(value, schema, where="$"):
    """What a validator would say, for the keywords that the schema uses."""
    schema = resolved(schema)
    types = {
        "object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
        "null": type(None),
    }  # fmt: skip
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {schema['enum']}"]
    if "const" in schema and value != schema["const"]:
        return [f"{where}: not {schema['const']!r}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{where}: {value!r} is no {kind}"]
    found = []
    if "anyOf" in schema and all(complaints(value, each, where) for each in schema["anyOf"]):
        found.append(f"{where}: {value!r} is none of what it may be")
    for rule in schema.get("allOf", ()):
        if not complaints(value, rule["if"], where):
            found += complaints(value, rule["then"], where)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        found += [f"{where}: needs {name}" for name in schema.get("required", ()) if name not in value]
        for name, each in value.items():
            inner = properties.get(name, schema.get("additionalProperties", True))
            if inner is False:
                found.append(f"{where}: unknown {name}")
            elif inner is not True:
                found += complaints(each, inner, f"{where}.{name}")
    if isinstance(value, list):
        ahead = schema.get("prefixItems", [])
        items = [*ahead, *[schema.get("items", {})] * (len(value) - len(ahead))]
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
            found.append(f"{where}: {len(value)} items")
        for at, (each, inner) in enumerate(zip(value, items, strict=False)):
            found += complaints(each, inner, f"{where}[{at}]")
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where}: {value!r} has another form")
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, above = schema.get("minimum", value), schema.get("exclusiveMinimum", value - 1)
        high, below = schema.get("maximum", value), schema.get("exclusiveMaximum", value + 1)
        if not (low <= value <= high and above < value < below):
            found.append(f"{where}: {value} is out of its range")
    return found


def test_every_setting_has_its_words_and_its_range_in_the_schema():
    for name, field in all_fields().items():
        said = property_of(name)
        assert said["title"] == field.label
        assert said.get("description", "") == field.tip
        limits = [said, said.get("items"), *said.get("prefixItems", ())]
        if field.range is not None:
            low = "exclusiveMinimum" if field.range.above else "minimum"
            assert any(isinstance(each, dict) and each.get(low) == field.range.low for each in limits), name
        default = msgspec.to_builtins(value_of(Spec(), name))
        assert complaints(msgspec.json.decode(msgspec.json.encode(default)), said) == [], name


@pytest.mark.parametrize("name", presets.preset_names())
def test_every_preset_is_what_the_schema_describes(name):
    tree = msgspec.json.decode(specs.encode(presets.preset(name)))
    assert complaints(tree, SCHEMA) == []


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ({"training": {"lr": 0}}, "$.training.lr"),
        ({"training": {"steps": 0}}, "$.training.steps"),
        ({"training": {"betas": [0.9, 1]}}, "$.training.betas[1]"),
        ({"training": {"stepz": 1}}, "stepz"),
        ({"hypernetwork": {"hidden": [64, 0]}}, "$.hypernetwork.hidden[1]"),
        ({"link": {"solver_alpha": -1}}, "$.link.solver_alpha"),
        ({"device": "gpu"}, "$.device"),
        ({"stream": {"dataset": "imagenet"}}, "$.stream.dataset"),
        ({"solver": {"architecture": "mlp", "options": {"channels": [3]}}}, "unknown channels"),
        ({"solver": {"architecture": "lenet", "options": {"channels": [3]}}}, "$.solver.options.channels"),
        ({"stream": {"parts": [{"dataset": "digits", "classes": [-1]}]}}, "$.stream.parts[0].classes[0]"),
    ],
)
def test_what_a_rule_would_refuse_an_editor_marks(tree, where):
    assert any(where in complaint for complaint in complaints(tree, SCHEMA))


def test_a_network_of_ones_own_may_have_any_options():
    solver = {"architecture": "my.nets:Net", "options": {"width": 3, "norm": "batch"}}
    assert complaints({"solver": solver, "device": "cuda:1"}, SCHEMA) == []
