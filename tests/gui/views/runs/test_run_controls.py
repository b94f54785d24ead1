"""The queue and the run dialog with the mouse and the keys, on windows that are shown; nothing is trained."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from small_specs import tiny

from hhstudio.core.spec.spec import SolverDefaults

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier


def press(button):
    QTest.mouseClick(button, LEFT, pos=button.rect().center())
    QApplication.processEvents()


def tick(box):
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


@pytest.fixture
def waiting(window, qtbot):
    """The dock of runs with three that wait."""
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=5000)
    view, queue = window.panels.show("runs"), window.workspace.runs.queue
    for name in ("one", "two", "three"):
        queue.add(tiny(name=name, solver=SolverDefaults(architecture="nowhere.to_be_found:Net")))
    queue.hold()
    QApplication.processEvents()
    assert names(view) == ["one", "two", "three"]
    yield view
    queue.hold()
    for entry in queue.stored.entries:
        queue.remove(entry.id)


def names(view):
    return [view.queue.topLevelItem(row).text(0) for row in range(view.queue.topLevelItemCount())]


def choose(view, row):
    item = view.queue.topLevelItem(row)
    view.queue.scrollToItem(item)
    place = view.queue.visualItemRect(item).center()
    QTest.mouseClick(view.queue.viewport(), LEFT, pos=place)
    return place


def test_runs_that_wait_are_moved_and_taken_out_with_the_keys(waiting):
    choose(waiting, 2)
    QTest.keyClick(waiting.queue, Qt.Key.Key_Up, ALT)
    assert names(waiting) == ["one", "three", "two"]
    QTest.keyClick(waiting.queue, Qt.Key.Key_Up, ALT)
    assert names(waiting) == ["three", "one", "two"]
    QTest.keyClick(waiting.queue, Qt.Key.Key_Down, ALT)
    assert names(waiting) == ["one", "three", "two"]
    QTest.keyClick(waiting.queue, Qt.Key.Key_Delete)
    assert names(waiting) == ["one", "two"]
    assert waiting.head.text() == "Queue · 2 waiting"


def test_the_menu_of_a_run_that_waits_moves_it_too(waiting):
    place = choose(waiting, 0)

    viewport = waiting.queue.viewport()
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, viewport.mapToGlobal(place))
    QApplication.sendEvent(viewport, asked)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    later = next(action for action in menu.actions() if action.text() == "Later")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(later).center())
    assert names(waiting) == ["two", "one", "three"]


def test_the_queue_is_told_to_go_on_and_says_why_a_run_could_not_begin(waiting, window, qtbot):
    assert waiting.go.text() == "Go on"
    press(waiting.go)
    entries = window.workspace.runs.queue.stored.entries
    qtbot.waitUntil(
        lambda: [e.state for e in window.workspace.runs.queue.stored.entries] == ["failed"] * 3,
        timeout=5000,
    )
    assert len(entries) == 3
    assert "nowhere.to_be_found" in waiting.note.text()
    assert not window.workspace.running


def test_early_stopping_and_bounds_are_ticked_in_the_dialog_and_kept_in_the_spec(window):
    window.workspace.document.reset(tiny())
    QTest.keyClick(
        window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    dialog = next(
        w for w in QApplication.topLevelWidgets() if type(w).__name__ == "RunDialog" and w.isVisible()
    )
    assert not dialog.patience.isEnabled()
    tick(dialog.early)
    assert dialog.patience.isEnabled()
    dialog.patience.setFocus()
    QTest.keyClick(dialog.patience, Qt.Key.Key_Up)
    dialog.share.setFocus()
    QTest.keyClick(dialog.share, Qt.Key.Key_Down)
    assert dialog.spec.training.early_stopping.patience == 6
    assert dialog.spec.stream.validation == pytest.approx(0.09)
    for kind, steps in (("scratch", 160), ("fine-tune", 240)):
        tick(dialog.baselines[kind])
        assert f"{steps} steps" in dialog.title.text()
    assert dialog.spec.baselines == ("scratch", "fine-tune")
    tick(dialog.early)
    assert dialog.spec.training.early_stopping.patience == 0
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert window.workspace.document.spec.baselines == (), "nothing is changed before the start"
