"""Real CIFAR-100 from the window, where the tester has it: HHSTUDIO_TEST_DATA names its folder."""

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

pytestmark = pytest.mark.needs_data


@pytest.fixture
def data_folder():
    named = os.environ.get("HHSTUDIO_TEST_DATA")
    if not named:
        pytest.skip("HHSTUDIO_TEST_DATA is not set")
    if not (Path(named) / "cifar-100-python" / "train").exists():
        pytest.skip("HHSTUDIO_TEST_DATA has no cifar-100-python/train")
    return Path(named)


def typed(box, text):
    """Replace what stands in a box, as a user does."""
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, Qt.Key.Key_Return)


def choose(combo, text):
    """Pick an entry of a drop-down list by keys."""
    combo.setFocus()
    row = combo.findText(text)
    assert row >= 0, [combo.itemText(i) for i in range(combo.count())]
    QTest.keyClick(combo, Qt.Key.Key_Home)
    for _ in range(row - combo.currentIndex()):
        QTest.keyClick(combo, Qt.Key.Key_Down)
    QTest.keyClick(combo, Qt.Key.Key_Return)


@pytest.mark.timeout(300)
def test_a_real_stream_is_chosen_allowed_and_trained(window, qtbot, data_folder):
    workspace, bar = window.workspace, window.run_bar
    workspace.preferences.data_folder = data_folder
    choose(bar.settings.preset, "split-cifar100")
    typed(bar.settings.tasks, "2")
    typed(bar.settings.steps, "15")
    assert workspace.document.spec.stream.tasks == 2
    assert workspace.document.spec.training.steps == 15

    QTest.mouseClick(bar.data, Qt.MouseButton.LeftButton)
    dialog = studio_dialog(window, qtbot)
    switch = dialog.unverified
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=QPoint(8, switch.height() // 2))
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert workspace.trust.unverified_data

    QTest.mouseClick(bar.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: workspace.history is not None and workspace.history.end is not None, timeout=240_000
    )
    assert workspace.history.state == "finished"
    assert workspace.history.run.unverified_data
    assert [task.name for task in workspace.history.tasks] == ["cifar100 0-9", "cifar100 10-19"]
    assert all(workspace.history.summary(path).average > 0.12 for path in ("P1", "P2-0", "P3-00"))


def studio_dialog(window, qtbot):
    from hhstudio.gui.views.runs.data_settings import DataSettings

    qtbot.waitUntil(lambda: window.findChild(DataSettings) is not None, timeout=5_000)
    return window.findChild(DataSettings)
