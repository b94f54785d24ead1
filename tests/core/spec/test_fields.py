"""Settings as fields: words and a range for each, text read back as it was shown, problems named."""

import typing

import msgspec
import pytest

from hhstudio.core.spec import fields
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.consequences import consequences
from hhstudio.core.spec.setting import fields_of
from hhstudio.core.spec.spec import Part, Spec, with_fields
from hhstudio.core.tree import editing

EVERY = {
    **fields.all_fields(),
    **{f"{name}.{f.name}": f for name in ARCHITECTURES for f in fields.option_fields(name)},
    **{f"part.{f.name}": f for f in fields_of(Part)},
}


def value_of(spec, name):
    for part in name.split("."):
        spec = getattr(spec, part)
    return spec


def test_every_default_is_shown_and_read_back_the_same():
    for name, field in fields.all_fields().items():
        assert field.default == value_of(Spec(), name)
        text = fields.shown(field, field.default)
        assert fields.read(field, text) == field.default, name
        assert fields.problem(field, text) == "", name


def leaves(owner, prefix=""):
    """Every field of a struct and of the structs in it by dotted name, however it is annotated."""
    for each in msgspec.structs.fields(owner):
        inner = each.type
        if typing.get_origin(inner) is typing.Annotated:
            inner = typing.get_args(inner)[0]
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            yield from leaves(inner, f"{prefix}{each.name}.")
        else:
            yield f"{prefix}{each.name}", inner


def test_every_field_of_a_spec_is_a_setting_but_for_its_format_and_the_tree():
    names = {name for name, _ in leaves(Spec) if not name.startswith("topology.")}
    assert names - fields.all_fields().keys() == {"format", "version"}


def test_every_number_that_can_be_set_has_a_range():
    numeric = {name: f for name, f in EVERY.items() if f.kind in ("whole", "number", "wholes", "numbers")}
    assert len(numeric) > 40
    assert [name for name, field in numeric.items() if field.range is None] == []
    for name, field in numeric.items():
        many = field.kind in ("wholes", "numbers")
        count = max(field.count[0], 1)
        bad = type(field.range.low)(field.range.low - 1)
        assert "must be" in field.problem((bad,) * count if many else bad), name


def test_every_setting_has_a_label_of_its_own_and_a_tip():
    for section in fields.sections().values():
        shown = [field for field in section.fields if field.shown]
        assert len({field.label for field in shown}) == len(shown), section.name
        assert all(field.tip for field in shown)
        assert section.title


def test_sliders_stay_within_what_is_allowed():
    sliders = {name: field for name, field in EVERY.items() if field.slider is not None}
    assert "training.lr" in sliders
    for name, field in sliders.items():
        assert [field.problem(end) for end in field.slider] == ["", ""], name
        assert not field.log or field.slider[0] > 0


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
        ("training.betas", "0.9", "Must be 2 numbers"),
        ("baselines", "joint, alone", "'alone' is none of scratch, fine-tune, joint"),
        ("device", "cuda:1", ""),
        ("device", "gpu", "'gpu' is none of auto, cpu, cuda, mps, nor cuda:0"),
    ],
)
def test_what_is_typed_is_judged_in_words(name, text, said):
    assert fields.problem(fields.all_fields()[name], text) == said


def test_the_largest_seed_is_read_to_the_last_digit():
    seed = fields.all_fields()["seed"]
    assert fields.read(seed, str(2**63 - 1)) == 2**63 - 1
    assert fields.problem(seed, str(2**63)).startswith("Must be from")


def test_a_chunk_larger_than_the_solver_says_what_follows():
    topology = editing.single()
    spec = with_fields(Spec(topology=topology), {"hypernetwork.chunk": 80_000})
    found = consequences(spec, ["h0"])["chunk"]
    assert found == "80\u202f000 is larger than P1's 1\u202f378 weights: one chunk, the rest unused"
    small = with_fields(spec, {"hypernetwork.chunk": 100})
    assert consequences(small, [])["chunk"] == "P1 is generated in 14 chunks"


def test_what_a_slot_or_a_node_inherits_may_be_left_out():
    names = {field.name for field in (*fields.link_fields(), *fields.node_fields())}
    assert names == {"mode", "alpha", "anchor", "residual", "hidden", "chunk"}
    assert all(field.optional for field in (*fields.link_fields(), *fields.node_fields()))
