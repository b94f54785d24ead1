"""Names are shown letter by letter, and nobody makes a label or a tool tip that would do otherwise."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtGui import QTextDocument

import hhstudio.gui
from hhstudio.gui.widgets.markup import Markup, TextLabel, letters, plain

EVIL = [
    "<b>bold</b>",
    "<img src=/etc/hostname.png>",
    "a &lt; b",
    "x<br>y",
    "<!doctype html>",
    "<a href=x>y</a>\nz",
]
GUI = sorted(Path(hhstudio.gui.__file__).parent.rglob("*.py"))


def read(text: str) -> str:
    """What a tool tip shows."""
    if not GuiQt.mightBeRichText(text):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


@pytest.mark.parametrize("name", EVIL)
def test_a_tool_tip_shows_what_is_written(name, qapp):
    assert read(plain(name)) == name
    assert read(plain(name, wraps=True)) == name
    assert read(plain(Markup(f"<p>{letters(name)}</p>"))) == name


def test_an_ordinary_tool_tip_is_left_alone_and_an_empty_one_is_none():
    assert plain("P1 is 3 < 4\nand more") == "P1 is 3 < 4\nand more"
    assert plain("") == plain("", wraps=True) == ""


@pytest.mark.parametrize("name", EVIL)
def test_only_markup_is_markup_in_a_label(name, qtbot):
    label = TextLabel(name)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    label.setText(Markup(f"<b>{letters(name)}</b>"))
    assert label.textFormat() == Qt.TextFormat.RichText
    assert read(label.text()) == name
    label.setText(name)
    assert label.textFormat() == Qt.TextFormat.PlainText
    label.setText(f"{Markup('<b>ours</b>')} {name}")
    assert label.textFormat() == Qt.TextFormat.PlainText


@pytest.mark.parametrize("file", GUI, ids=lambda file: file.relative_to(GUI[0].parent).as_posix())
def test_labels_and_tool_tips_are_made_so_that_names_cannot_be_markup(file):
    if file.name == "markup.py":
        return
    for call in (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        where = f"{file.name}:{call.lineno}"
        assert name != "QLabel", f"{where}: make it a TextLabel"
        assert name != "QMessageBox" or file.name == "dialogs.py", f"{where}: use dialogs.ask"
        if name in ("setToolTip", "setTabToolTip"):
            assert shown_as_written(call.args[-1]), f"{where}: write plain(…)"
        if name == "showText" and ast.unparse(call.func) == "QToolTip.showText":
            assert shown_as_written(call.args[1]), f"{where}: write plain(…)"
        if name == "setItemData" and "ToolTipRole" in ast.unparse(call.args[-1]):
            assert shown_as_written(call.args[1]), f"{where}: write plain(…)"


def shown_as_written(text: ast.expr) -> bool:
    """A text of ours, or one that has gone through ``plain``, or a glossary's tip."""
    if isinstance(text, ast.IfExp):
        return shown_as_written(text.body) and shown_as_written(text.orelse)
    if isinstance(text, ast.Constant):
        return True
    name = ast.unparse(text.func) if isinstance(text, ast.Call) else ""
    return name in ("plain", "tip", "glossary.tip")
