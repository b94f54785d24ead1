"""Numbers as people type them in their locale: the number that is meant, or none."""

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest

from hhstudio.core.spec.fields import all_fields, shown
from hhstudio.gui.forms.field_editor import FieldRow, Shown
from hhstudio.gui.forms.number_box import NumberBox
from hhstudio.gui.forms.typed_numbers import check_list, plain_number


@pytest.fixture
def locale():
    before = QLocale()
    yield lambda name: QLocale.setDefault(QLocale(name))
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("de_DE", "0,001", "0.001"),
        ("de_DE", "0.001", "0.001"),
        ("de_DE", "2,5", "2.5"),
        ("de_DE", "1.234.567", "1234567"),
        ("de_DE", "1.234,5", "1234.5"),
        ("de_DE", "1,000", "1.000"),
        ("de_DE", "1.0000", "1.0000"),
        ("de_DE", "-3,5e-2", "-3.5e-2"),
        ("de_DE", "−7", "-7"),
        ("de_DE", "9223372036854775807", "9223372036854775807"),
        ("de_DE", ",5", "0.5"),
        ("en_US", "1,000", "1000"),
        ("en_US", "1,234,567.5", "1234567.5"),
        ("en_US", "1.000", "1.000"),
        ("en_US", "1 000", "1000"),
        ("fr_FR", "1\u202f234,5", "1234.5"),
        ("fr_FR", "1 234,5", "1234.5"),
        ("de_CH", "1’000.5", "1000.5"),
        ("de_CH", "1'000", "1000"),
        ("en_US", "", ""),
    ],
)
def test_a_number_is_read_as_the_locale_writes_it_or_as_files_do(locale, name, text, wanted):
    locale(name)
    assert plain_number(text) == wanted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("de_DE", "1.000"), ("de_DE", "12.500"), ("de_DE", "1,2,3"), ("de_DE", "1,234.5"),
        ("de_DE", "1.00.000"),
        ("en_US", "0,001"), ("en_US", "2,5"), ("en_US", "1,00"), ("en_US", "1.234,5"), ("en_US", "10,00,000"),
        ("en_US", "1 00"), ("fr_FR", "1,234,567"), ("en_US", "one"), ("en_US", "-"), ("en_US", "1_0"),
        ("en_US", "nan"), ("en_US", "inf"), ("en_US", "0x10"),
    ],
)  # fmt: skip
def test_what_could_be_another_number_is_refused(locale, name, text):
    locale(name)
    with pytest.raises(ValueError, match=r"may be|is not a number"):
        plain_number(text)


@pytest.mark.parametrize(
    ("name", "text", "whole", "refused"),
    [
        ("de_DE", "0,9, 0,99", False, True),
        ("de_DE", "0.9, 0.99", False, False),
        ("de_DE", "64,64", True, False),
        ("en_US", "0.9,0.99", False, False),
        ("en_US", "0,001, 0,003", False, True),
        ("en_US", "1,000", True, True),
    ],
)
def test_a_comma_in_a_list_separates_only_where_it_cannot_be_meant_otherwise(
    locale, name, text, whole, refused
):
    locale(name)
    try:
        check_list(text, whole)
        said = ""
    except ValueError as error:
        said = str(error)
    assert bool(said) == refused


def typed(widget, line, text):
    widget.show()
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("name", "field", "text", "entered"),
    [
        ("de_DE", "training.lr", "0,001", []),
        ("de_DE", "training.lr", "0,002", [0.002]),
        ("de_DE", "training.epochs", "2,5", [2.5]),
        ("de_DE", "training.steps", "1.000", []),
        ("de_DE", "training.steps", "1 000", [1000]),
        ("en_US", "training.lr", "0,002", []),
        ("en_US", "training.steps", "1,000", [1000]),
        ("en_US", "seed", "-9223372036854775808", [-(2**63)]),
        ("en_US", "seed", "9223372036854775807", [2**63 - 1]),
    ],
)
def test_a_box_and_a_row_take_the_number_that_was_typed_or_none(qtbot, locale, name, field, text, entered):
    locale(name)
    box = NumberBox(all_fields()[field])
    row = FieldRow(all_fields()[field], field)
    row.show_value(Shown(all_fields()[field].default))
    came = {box: [], row: []}
    box.chosen.connect(came[box].append)
    row.edited.connect(lambda value, _: came[row].append(value))
    for widget, line in ((box, box.lineEdit()), (row, row.line)):
        qtbot.addWidget(widget)
        typed(widget, line, text)
    assert came == {box: entered, row: entered}


def test_leaving_a_field_as_it_was_keeps_digits_that_are_not_shown(qtbot):
    field, value = all_fields()["training.lr"], 0.0012345678901234
    assert float(shown(field, value)) != value
    box, row = NumberBox(field), FieldRow(field, "training.lr")
    box.show_value(value)
    row.show_value(Shown(value))
    came = []
    box.chosen.connect(came.append)
    row.edited.connect(lambda value, _: came.append(value))
    for widget, line in ((box, box.lineEdit()), (row, row.line)):
        qtbot.addWidget(widget)
        typed(widget, line, shown(field, value))
    assert (came, box.value()) == ([], value)
