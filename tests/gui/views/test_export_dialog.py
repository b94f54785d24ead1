"""The dialog that asks where to save, with real keys."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.views.curves.panels import CurvePanels
from hhstudio.gui.widgets.export_dialog import ask_where


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


def test_vector_pictures_carry_the_glyphs_that_they_use(show, make_run, tmp_path):
    panels = show(CurvePanels())
    panels.set_history(make_run().all().history)
    panels.export_to(tmp_path / "curves.svg")
    text = (tmp_path / "curves.svg").read_text()
    faces = re.findall(r"font-family:'Inter';font-weight:(\d+);src:url\(data:font/otf;base64,([^)]+)\)", text)
    assert {weight for weight, _ in faces} >= {"400"}
    font = TTFont(io.BytesIO(base64.b64decode(faces[0][1])))
    assert {ord("P"), ord("1")} <= set(font.getBestCmap())
    assert len(font.getBestCmap()) < 120  # only what is used
    assert QSvgRenderer(str(tmp_path / "curves.svg")).isValid()
