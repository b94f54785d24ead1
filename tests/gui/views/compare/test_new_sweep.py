"""The dialog that sets up a sweep, by keys and mouse."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from hhstudio.core.spec.presets import preset
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.gui.views.compare.sweep_dialog import SweepDialog, seconds_a_step
from hhstudio.gui.widgets.theme import DARK, LIGHT


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = SweepDialog(preset("quickstart"), tmp_path, rate=0.01)
    qtbot.addWidget(made)
    made.wants = []
    made.wanted.connect(lambda *what: made.wants.append(what))
    with qtbot.waitExposed(made):
        made.show()
    return made


def settle(dialog, qtbot):
    qtbot.waitUntil(lambda: not dialog._due.isActive(), timeout=5000)


def type_into(widget, text):
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(widget, text)


def button(dialog, text):
    return next(each for each in dialog.findChildren(QPushButton) if each.text() == text)


def test_the_preview_counts_runs_steps_and_time(dialog, qtbot):
    assert "<b>6 runs</b>" in dialog.preview.text()
    assert "10\u202f800 steps" in dialog.preview.text()
    assert "about" in dialog.preview.text()
    type_into(dialog.rows[0].values, "0..4")
    settle(dialog, qtbot)
    assert "<b>10 runs</b>" in dialog.preview.text()
    assert dialog.names.toPlainText().splitlines()[-1] == "seed=4,alpha=0.3"


def test_everything_wrong_is_listed_and_nothing_can_be_started(dialog, qtbot):
    type_into(dialog.rows[1].values, "0.1, x")
    QTest.mouseClick(button(dialog, "Add a field"), Qt.MouseButton.LeftButton)
    QTest.keyClicks(dialog.rows[2].name.lineEdit(), "training.stepz")
    type_into(dialog.rows[2].values, "5")
    settle(dialog, qtbot)
    assert "2 things are in the way" in dialog.preview.text()
    assert 'link.alpha "x"' in dialog.names.toPlainText()
    assert "stepz" in dialog.names.toPlainText()
    assert not button(dialog, "Start the sweep").isEnabled()
    QTest.mouseClick(dialog.rows[2].remove, Qt.MouseButton.LeftButton)
    type_into(dialog.rows[1].values, "0.2")
    settle(dialog, qtbot)
    assert button(dialog, "Start the sweep").isEnabled()


def test_the_crosses_follow_the_theme(dialog, wear):
    def cross():
        return dialog.rows[0].remove.icon().pixmap(16, 16).toImage()

    light = cross()
    wear(DARK)
    assert cross() != light
    wear(LIGHT)
    assert cross() == light


def test_a_field_that_is_there_twice_or_has_no_values_is_said(dialog, qtbot):
    dialog.add_row("seed", "5")
    dialog.add_row("depth", "")
    settle(dialog, qtbot)
    assert "seed is there twice" in dialog.names.toPlainText()
    assert "depth has no values yet" in dialog.names.toPlainText()


def test_return_starts_what_is_set_up_with_the_document_as_base(dialog, qtbot, tmp_path):
    type_into(dialog.name, "my first sweep")
    settle(dialog, qtbot)
    QTest.keyClick(dialog.name, Qt.Key.Key_Return)
    ((sweep, folder, jobs, goes_on),) = dialog.wants
    assert folder.parent == tmp_path
    assert (sweep.name, jobs >= 1, goes_on) == ("my first sweep", True, False)
    runs = sweeps.expand(sweep)
    assert len(runs) == 6
    assert runs[0].spec.topology == preset("quickstart").topology
    QApplication.processEvents()
    assert not dialog.isVisible()


def test_time_is_learned_from_the_run_at_hand():
    spec = preset("quickstart")
    history = SimpleNamespace(spec=spec, step=900, seconds=30.0)
    half = seconds_a_step(history)
    assert half is not None
    assert half * 1800 < 60.0 < half * 1800 * 1.75
    assert seconds_a_step(None) is None
