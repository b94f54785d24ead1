"""The dialog that asks where to save, with real keys."""

import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.exporting import ask_where


@pytest.fixture
def plain_dialogs():
    """Qt's own dialogs, which can be typed into."""
    attribute = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
    before = QCoreApplication.testAttribute(attribute)
    QCoreApplication.setAttribute(attribute, True)
    yield
    QCoreApplication.setAttribute(attribute, before)


def type_name(qtbot, dialog, name):
    with qtbot.waitExposed(dialog):
        dialog.show()
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    field.selectAll()
    QTest.keyClicks(field, str(name))
    save = next(b for b in dialog.findChildren(QPushButton) if "Save" in b.text())
    QTest.mouseClick(save, Qt.MouseButton.LeftButton)


def test_a_name_gets_the_suffix_is_saved_and_said(qtbot, plain_dialogs, tmp_path):
    view, said = QWidget(), []
    qtbot.addWidget(view)
    view.show()
    dialog = ask_where(view, "Export", "numbers.csv", lambda file: file.write_text("1"), said.append)
    type_name(qtbot, dialog, tmp_path / "mine")
    assert (tmp_path / "mine.csv").read_text() == "1"
    assert said == [f"Saved {tmp_path / 'mine.csv'}"]


def test_what_cannot_be_saved_is_a_sentence(qtbot, plain_dialogs, tmp_path):
    def save(file):
        raise HHStudioError(f"{file.name}: the disk is full")

    view, said = QWidget(), []
    qtbot.addWidget(view)
    view.show()
    type_name(qtbot, ask_where(view, "Export", "filters.png", save, said.append), tmp_path / "a.png")
    assert said == ["a.png: the disk is full"]
