"""Closing the window, asked several times, as by Ctrl-C pressed again and again in the terminal."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from shell_helpers import PATIENCE, answer, message_box, message_boxes
from small_specs import tiny


def ask_to_close(window, times=3):
    for _ in range(times):
        window.close()
        QApplication.processEvents()


def test_three_requests_while_a_run_goes_on_put_one_question_that_is_obeyed_once(window, qtbot):
    workspace, notices, states = window.workspace, [], []
    workspace.notice.connect(notices.append)
    workspace.run_changed.connect(lambda: states.append(workspace.history.state))
    workspace.document.reset(tiny(steps=1_000_000))
    QTest.mouseClick(window.run_bar.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: workspace.history is not None and workspace.history.step > 20, timeout=PATIENCE)

    ask_to_close(window)
    assert message_box().text() == "Stop the training?"
    answer("Keep training")
    assert message_boxes() == []
    assert workspace.running

    ask_to_close(window)
    answer("Stop and save")
    ask_to_close(window)  # it is being stopped: there is nothing more to ask
    assert message_boxes() == []
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=PATIENCE)
    assert [notice for notice in notices if notice.startswith("Stopping")] == notices[:1]
    assert states.count("stopped") >= 1
    assert workspace.history.end.state == "stopped"
    assert workspace.history.checkpoint is not None


def test_three_requests_over_unsaved_changes_put_one_question(window):
    window.workspace.edit("Set the seed", {"seed": 7})
    ask_to_close(window)
    assert message_box().text().startswith("Save the changes of")
    answer("Cancel")
    assert window.isVisible()
    ask_to_close(window)
    answer("Discard")
    assert not window.isVisible()
    assert message_boxes() == []


def test_while_it_is_asked_where_to_save_nothing_else_is_asked(window, tmp_path):
    window.workspace.edit("Set the seed", {"seed": 7})
    ask_to_close(window)
    answer("Save")
    ask_to_close(window)
    assert message_boxes() == []
    (dialog,) = [found for found in window.findChildren(QFileDialog) if found.isVisible()]
    dialog.reject()
    assert window.isVisible()
    ask_to_close(window)
    answer("Save")
    (dialog,) = [found for found in window.findChildren(QFileDialog) if found.isVisible()]
    dialog.fileSelected.emit(str(tmp_path / "mine.json"))
    assert (tmp_path / "mine.json").exists()
    assert not window.isVisible()


def test_of_what_waits_for_the_answer_the_last_is_done(window, tmp_path):
    window.workspace.edit("Set the seed", {"seed": 7})
    window.files.new()
    window.close()
    assert message_box().text().startswith("Save the changes of")
    answer("Discard")
    assert not window.isVisible()
    assert window.workspace.document.spec.seed == 7, "no new document was begun"


def test_a_preview_of_growth_that_is_open_ends_with_the_window(window):
    window.growth_mode.grow()
    assert window.growth_mode.card.isVisible()
    window.close()
    assert not window.isVisible()
    assert window.growth_mode.preview is None
    window.canvas.view.camera_changed.emit()  # as a view does that is torn down
    assert window.growth_mode.card.isHidden()
