"""The box of a number, by keys: steps, magnitudes, what is refused, and what the run says meanwhile."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from hhstudio.core.spec.fields import all_fields
from hhstudio.gui.forms.number_box import NumberBox


@pytest.fixture
def box_of(qtbot):
    def show(name, **options):
        box = NumberBox(all_fields()[name], **options)
        qtbot.addWidget(box)
        box.entered = []
        box.chosen.connect(box.entered.append)
        with qtbot.waitExposed(box):
            box.show()
        box.activateWindow()
        box.setFocus()
        return box

    return show


def type_in(box, text, enter=True):
    box.selectAll()
    QTest.keyClicks(box, text)
    if enter:
        QTest.keyClick(box, Qt.Key.Key_Return)


def test_a_rate_is_typed_as_people_write_it_and_stepped_by_its_own_size(box_of):
    rate = box_of("training.lr")
    type_in(rate, "3e-4")
    QTest.keyClick(rate, Qt.Key.Key_Up)
    QTest.keyClick(rate, Qt.Key.Key_PageDown)
    assert rate.entered == [0.0003, 0.00033, 0.000033]
    assert rate.text() == "3.3e-05"


def test_what_is_not_allowed_is_never_chosen(box_of):
    tasks = box_of("stream.tasks")
    type_in(tasks, "0")
    type_in(tasks, "x")
    for _ in range(6):
        QTest.keyClick(tasks, Qt.Key.Key_Down)
    assert tasks.entered == [4, 3, 2, 1]
    rate = box_of("training.lr")
    type_in(rate, "-1")
    assert (rate.entered, rate.value(), rate.text()) == ([], 0.001, "0.001")


def test_the_largest_seed_is_held_to_its_last_digit(box_of):
    seed = box_of("seed")
    type_in(seed, str(2**63 - 1))
    QTest.keyClick(seed, Qt.Key.Key_Down)
    assert seed.entered == [2**63 - 1, 2**63 - 2]


def test_what_is_being_typed_is_not_overwritten_by_what_a_run_says(box_of):
    beta = box_of("consolidation.beta")
    type_in(beta, "2", enter=False)
    beta.show_value(7.0)
    assert beta.text() == "2"
    QTest.keyClick(beta, Qt.Key.Key_Return)
    assert beta.entered == [2.0]
    beta.show_value(7.0)
    assert beta.text() == "7"
    assert beta.entered == [2.0]


def test_a_box_that_is_refused_says_why_until_it_is_free_again(box_of):
    steps = box_of("training.steps", step=50)
    steps.refuse("The tasks are listed")
    assert not steps.isEnabled()
    assert steps.toolTip() == "The tasks are listed"
    steps.refuse("")
    assert steps.isEnabled()
    assert "From 1 to" in steps.toolTip()
    steps.setFocus()
    QTest.keyClick(steps, Qt.Key.Key_Up)
    assert steps.entered == [350]


def test_a_setting_that_is_left_out_is_said_and_can_be_given(box_of):
    limit = box_of("evaluation.limit")
    assert (limit.text(), limit.lineEdit().placeholderText()) == ("", "all")
    type_in(limit, "40")
    limit.selectAll()
    QTest.keyClick(limit, Qt.Key.Key_Delete)
    QTest.keyClick(limit, Qt.Key.Key_Return)
    assert limit.entered == [40, None]
