"""No text that is written for a spreadsheet can become a formula there."""

import csv
import io

import pytest

from hhstudio.core.spreadsheet import SpreadsheetWriter, cell, tab_separated


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|'/c calc'!A1",
        "+1+cmd|' /C calc'!A1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "-",
        "- 5",
    ],
)
def test_a_text_that_begins_like_a_formula_is_marked_as_a_text(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "value",
    [
        "-0.5",
        "+1.5 pt",
        "-1e-05",
        "-3",
        "+2.5 ± 0.1 pt",
        "-inf",
        "nan",
        "P1",
        "a=b",
        "",
        "1-2",
        -0.5,
        -3,
        None,
    ],
)
def test_numbers_and_other_texts_stay_as_they_are(value):
    assert cell(value) == value


def test_rows_are_read_back_with_every_text_whole():
    out = io.StringIO()
    SpreadsheetWriter(out, "\n").writerows([["=a", -1, "b,c"], ['"d"', "-1.5", None]])
    assert list(csv.reader(io.StringIO(out.getvalue()))) == [["'=a", "-1", "b,c"], ['"d"', "-1.5", ""]]


def test_rows_to_be_pasted_have_as_many_cells_as_there_are():
    assert tab_separated([["=a", "b\tc"], ["d\ne", -1]]) == "'=a\tb c\nd e\t-1"
