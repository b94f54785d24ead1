"""Tasks and arguments as people write them: read back as written, refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hhstudio.core.spec import notation
from hhstudio.core.spec.presets import preset
from hhstudio.core.spec.spec import Part

WORDS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
VALUES = (
    st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=9)
    | st.lists(st.integers(0, 999), max_size=4).map(tuple)
)


@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_arguments_are_read_back_as_they_were_written(options):
    assert notation.read_options(notation.write_options(options)) == options


@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=12, unique=True), min_size=1, max_size=6))
def test_tasks_are_read_back_as_they_were_written(classes):
    parts = tuple(
        Part(dataset="cifar100", classes=tuple(each), name=f"task = {at}" if at % 2 else "")
        for at, each in enumerate(classes)
    )
    assert notation.read_parts(notation.write_parts(parts)) == parts


def test_the_stream_of_the_original_figure_is_seven_lines_at_most():
    parts = preset("original-figure").stream.parts
    text = notation.write_parts(parts)
    assert "cifar100: 10-19" in text
    assert notation.read_parts(text) == parts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("digit: 0", "line 1: there is no data set 'digit'"),
        ("\ndigits", "line 2: name its classes, as digits: 0-1"),
        ("digits: 0-10", "Digits 8×8 \\(shipped\\) has the classes 0 to 9, not 10"),
        ("digits: 3, 1-4", "class 3 is named twice"),
        ("digits: 4-1", "'4-1' is no range"),
        ("digits: a", "'a' is neither a class nor a range"),
        ("digits: 0\nmnist: 1", "images of the same size"),
        ("digits: 0-99999999999999", "is no range of classes"),
    ],
)
def test_what_is_wrong_with_a_task_is_said_with_its_line(text, said):
    with pytest.raises(ValueError, match=said):
        notation.read_parts(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("32", "'32' is not an argument"),
        ("a b=3", "'a b' is not the name"),
        ("a=1, a=2", "a is given twice"),
        ("a={}", "a: {} cannot be handed over"),
        ("a=[1.5]", "a list holds whole numbers"),
        ("a=1e999", "is not a finite number"),
        ("a=what?", "is neither a number"),
    ],
)
def test_what_is_wrong_with_an_argument_is_said(text, said):
    with pytest.raises(ValueError, match=said):
        notation.read_options(text)
