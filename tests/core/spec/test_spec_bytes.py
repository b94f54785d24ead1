"""What is on disk: the JSON of a spec keeps its fields, their order and their values, byte for byte."""

import hashlib
from pathlib import Path

import msgspec
import pytest

from hhstudio.core.spec import spec as specs

HERE = Path(__file__).parent
FIELDS = (HERE / "fields-0.3.0.txt").read_text().split()
"""Of a spec as of version 0.3.0; fields that come later are left out of the comparison."""

DIGESTS = {
    "growing.json": "e119a53ebfbd22bd",
    "original-figure.json": "07641c863e48723d",
    "permuted-mnist.json": "7122166d1fcaf8fa",
    "quickstart.json": "cc232120644d13ad",
    "split-cifar100.json": "2360783342171d3f",
    "split-mnist.json": "122ded0789265123",
    "0.1.0.json": "9d2748db6802eff6",
    "0.2.0-early.json": "9bc66c10d53b2699",
}
"""The first digits of the SHA-256 of what 0.3.0 wrote for these files; of presets that have had other
settings since, of what they are written as now."""


def as_of_then(tree, prefix=""):
    return {
        name: as_of_then(value, f"{prefix}{name}.")
        if isinstance(value, dict) and name not in ("topology", "options")
        else value
        for name, value in tree.items()
        if any(f"{field}.".startswith(f"{prefix}{name}.") for field in FIELDS)
    }


@pytest.mark.parametrize("name", DIGESTS)
def test_presets_and_old_specs_are_written_as_they_were(name):
    old = HERE / "old_specs" / name
    spec = specs.load(old if old.exists() else HERE.parents[2] / "resources" / "presets" / name)
    tree = as_of_then(msgspec.json.decode(specs.encode(spec)))
    tree["version"] = 2  # the version since pins other defaults, and says so
    written = msgspec.json.format(msgspec.json.encode(tree), indent=2) + b"\n"
    assert hashlib.sha256(written).hexdigest().startswith(DIGESTS[name])


@pytest.mark.parametrize("file", sorted((HERE.parents[2] / "resources" / "topologies").glob("*.json")))
def test_shipped_trees_are_encoded_again_as_they_are(file):
    from hhstudio.core.spec.interchange import load

    tree = msgspec.json.decode(file.read_bytes())
    again = msgspec.json.decode(msgspec.json.encode(load(file)))
    assert msgspec.json.encode({name: again[name] for name in tree}) == msgspec.json.encode(tree)


def test_younger_settings_are_written_only_where_they_say_something():
    plain = specs.Spec()
    assert b"image_alpha" not in specs.encode(plain)
    white = specs.with_fields(plain, {"stream.image_alpha": "white"})
    assert specs.encode(white).count(b"image_") == specs.encode(plain).count(b"image_") + 1
    assert specs.decode(specs.encode(white)) == white
    assert specs.decode(specs.encode(plain)) == plain
