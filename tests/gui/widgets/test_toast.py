"""The toast: said, answered at most once, and gone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from hhstudio.gui.widgets.toast import Toast

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def room(qtbot):
    room = QWidget()
    qtbot.addWidget(room)
    room.resize(500, 300)
    room.show()
    return room


def test_a_word_without_an_answer_has_no_button_and_a_click_dismisses_it(room):
    toast = Toast(room, floats=True)
    toast.say("Grow H2 below H0, by hand")
    assert (toast.isVisible(), toast.action.isVisible()) == (True, False)
    QTest.mouseClick(toast, LEFT)
    assert toast.isHidden()


def test_an_answer_is_given_once(room):
    answers = []
    toast = Toast(room)
    toast.say("a is in the trash", action="Undo", answer=lambda: answers.append("a"))
    assert toast.action.text() == "Undo"
    toast.say("b is in the trash", action="Undo", answer=lambda: answers.append("b"))
    QTest.mouseClick(toast.action, LEFT)
    toast.action.click()
    assert answers == ["b"]
    assert toast.isHidden()


def test_a_long_word_that_floats_wraps_within_its_parent(room):
    toast = Toast(room, floats=True)
    toast.say("short")
    low = toast.height()
    toast.say("The tree stays as it is: P1 is learning, and can be removed when its task is done. " * 2)
    assert toast.height() > low
    assert room.rect().contains(toast.geometry())
    assert toast.rect().contains(toast.text.geometry())
    assert toast.text.height() >= toast.text.heightForWidth(toast.text.width())
    room.resize(300, 300)
    toast.place()
    assert room.rect().contains(toast.geometry())
