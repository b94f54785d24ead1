"""Settings as fields: every one has words, text is read back as it was shown, and problems are named."""

import pytest

from hhstudio.core.spec import fields
from hhstudio.core.spec.field_words import ABSENT, LABELS, SLIDERS, TIPS, UNITS
from hhstudio.core.spec.spec import Spec, with_fields
from hhstudio.core.spec.validation import RANGES
from hhstudio.core.tree import editing

PARTS = (
    "",
    "stream",
    "solver",
    "hypernetwork",
    "link",
    "training",
    "consolidation",
    "evaluation",
    "recording",
    "growth",
)


def all_fields():
    return {field.name: field for part in PARTS for field in fields.spec_fields(part)}


def value_of(spec, name):
    for part in name.split("."):
        spec = getattr(spec, part)
    return spec


def test_every_default_is_shown_and_read_back_the_same():
    spec = Spec()
    for name, field in all_fields().items():
        value = value_of(spec, name)
        text = fields.shown(field, value)
        if field.kind != "yes":
            assert fields.read(field, text) == value, name
            assert fields.problem(name, field, text) == "", name


def test_words_are_about_settings_that_there_are():
    known = all_fields().keys()
    for words in (TIPS, LABELS, UNITS, ABSENT, SLIDERS):
        assert set(words) <= known


def test_sliders_stay_within_what_is_allowed():
    for name, (low, high, _) in SLIDERS.items():
        assert RANGES[name].holds(high)
        assert RANGES[name].holds(low)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("training.steps", "ten", "'ten' is not a number"),
        ("training.steps", "1.5", "1.5 is not a whole number"),
        ("training.steps", "", "a number is missing"),
        ("training.steps", "0", "Must be from 1 to 1e+09"),
        ("training.lr", "-1", "Must be above 0"),
        ("training.lr", "inf", "'inf' is not a finite number"),
        ("hypernetwork.hidden", "64, 0", "Every number must be from 1 to 1e+06"),
        ("link.mode", "bent", "'bent' is none of direct, anchored"),
        ("training.embedding_lr", "", ""),
        ("hypernetwork.hidden", "64 32", ""),
    ],
)
def test_what_is_typed_is_judged_in_words(name, text, said):
    assert fields.problem(name, all_fields()[name], text) == said


def test_a_chunk_larger_than_the_solver_says_what_follows():
    topology = editing.single()
    spec = with_fields(Spec(topology=topology), {"hypernetwork.chunk": 80_000})
    found = fields.consequences(spec, ["h0"])["chunk"]
    assert found == "80 000 is larger than P1's 1 378 weights: one chunk, the rest unused"
    small = with_fields(spec, {"hypernetwork.chunk": 100})
    assert fields.consequences(small, [])["chunk"] == "P1 is generated in 14 chunks"


def test_what_a_slot_or_a_node_inherits_may_be_left_out():
    names = {field.name for field in (*fields.link_fields(), *fields.node_fields())}
    assert names == {"mode", "alpha", "anchor", "residual", "hidden", "chunk"}
    assert all(field.optional for field in (*fields.link_fields(), *fields.node_fields()))
