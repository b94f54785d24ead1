"""The list of tasks: looked at, reordered, assigned, by mouse and by keys."""

import numpy as np
import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.spec.document import Document
from hhstudio.core.spec.spec import Spec, Stream
from hhstudio.core.tree import editing
from hhstudio.gui.views.tasks.view import TasksView
from hhstudio.gui.views.tree.canvas.widget import TreeCanvas
from hhstudio.gui.widgets.task_drag import MIME
from hhstudio.service.class_pictures import thumbnails

CTRL = Qt.KeyboardModifier.ControlModifier


def two_paths():
    topology = editing.single()
    return editing.add_solver(topology, topology.root)[0]


@pytest.fixture
def view(qtbot):
    made = TasksView(Document(Spec(topology=two_paths())))
    qtbot.addWidget(made)
    made.resize(340, 420)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.release()


@pytest.fixture
def canvas(view, qtbot):
    made = TreeCanvas(view.document)
    made.scene.animated = False
    qtbot.addWidget(made)
    made.resize(800, 600)
    with qtbot.waitExposed(made):
        made.show()
    made.fit()
    yield made
    made.release()


def names(view):
    model = view.model
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def chosen(view, *rows):
    view.list.clearSelection()
    for row in rows:
        view.list.selectionModel().select(
            view.model.index(row), view.list.selectionModel().SelectionFlag.Select
        )


def dragged(*tasks):
    data = QMimeData()
    data.setData(MIME, str(list(tasks)).encode())
    return data


def drop_on(canvas, node, data):
    """A drag from the list to a card, as Qt delivers it."""
    at = canvas.view.mapFromScene(canvas.scene.nodes[node].pos())
    viewport, action = canvas.view.viewport(), Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(viewport, QDragEnterEvent(at, action, data, left, none))
    QApplication.sendEvent(viewport, QDragMoveEvent(at, action, data, left, none))
    said = canvas.message.text()
    QApplication.sendEvent(viewport, QDropEvent(QPointF(at), action, data, left, none))
    return said


def test_it_lists_the_stream_with_who_learns_what(view):
    assert names(view) == [
        "T0 digits 0-1",
        "T1 digits 2-3",
        "T2 digits 4-5",
        "T3 digits 6-7",
        "T4 digits 8-9",
    ]
    assert view.model.learners_in_words(0) == "all paths"
    view.editor.assign(["s1"], [1])
    assert view.model.learners_in_words(0) == "P1b"
    view.editor.assign(["s3"], [1])
    assert view.model.learners_in_words(0) == "no path"


def test_keys_reorder_the_stream_in_one_undo_step(view):
    view.list.setFocus()
    view.list.setCurrentIndex(view.model.index(0))
    QTest.keyClick(view.list, Qt.Key.Key_Down, CTRL)
    assert names(view)[:2] == ["T0 digits 2-3", "T1 digits 0-1"]
    assert view.chosen == [1]
    QTest.keyClick(view.list, Qt.Key.Key_Up, CTRL)
    assert names(view)[0] == "T0 digits 0-1"
    assert len(view.document.done) == 2
    view.document.go_to(0)
    assert view.document.spec.stream.parts == ()


def test_rows_dropped_between_others_are_moved_there(view):
    data = view.model.mimeData([view.model.index(4), view.model.index(2)])
    assert not view.model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, view.model.index(-1))
    assert names(view) == [
        "T0 digits 0-1",
        "T1 digits 4-5",
        "T2 digits 8-9",
        "T3 digits 2-3",
        "T4 digits 6-7",
    ]
    assert [c.title for c in view.document.done] == ["Move 2 tasks in the stream"]
    assert view.own_order.isVisible()
    view.own_order.click()
    assert names(view)[1] == "T1 digits 2-3"


def test_a_task_dropped_on_a_path_is_learned_by_it_alone_then_others_too(view, canvas):
    said = drop_on(canvas, "s1", dragged(2))
    assert said == "Let P1 learn only T2 (it learns all tasks)"
    assert view.document.topology.by_id["s1"].tasks == (2,)
    assert drop_on(canvas, "s1", dragged(0, 4)) == "Let P1 learn T0, T4 too"
    assert view.document.topology.by_id["s1"].tasks == (0, 2, 4)
    assert canvas.scene.nodes["s1"].text.detail.endswith("tasks T0, T2, T4")
    assert len(view.document.done) == 2


def test_a_task_dropped_on_a_hypernetwork_goes_to_every_path_below_it(view, canvas):
    assert drop_on(canvas, "h0", dragged(1)) == "Let the 2 paths below H0 learn T1"
    assert {n.tasks for n in view.document.topology.nodes[1:]} == {(1,)}
    assert len(view.document.done) == 1


def test_a_file_or_a_drop_while_a_run_is_on_changes_nothing(view, canvas):
    text = QMimeData()
    text.setText("[1]")
    drop_on(canvas, "s1", text)
    canvas.set_read_only(True)
    drop_on(canvas, "s1", dragged(1))
    assert view.document.done == ()
    assert not canvas.scene.nodes["s1"].verdict_ok


def test_the_a_key_opens_the_paths_of_the_chosen_tasks(view):
    view.list.setFocus()
    view.list.setCurrentIndex(view.model.index(3))
    QTest.keyClick(view.list, Qt.Key.Key_A)
    menu = QApplication.activePopupWidget()
    entries = {action.text(): action for action in menu.actions()}
    assert entries["Learned by P1"].isChecked()
    entries["Learned by P1"].trigger()
    menu.close()
    assert view.document.topology.by_id["s1"].tasks == (0, 1, 2, 4)
    chosen(view, 3)
    again = view.assign_menu()
    next(a for a in again.actions() if a.text() == "Learned by P1").trigger()
    again.deleteLater()
    assert view.document.topology.by_id["s1"].tasks is None


def test_tasks_are_added_and_removed_and_paths_keep_theirs(view):
    view.editor.assign(["s1"], [1, 4])
    view.list.setFocus()
    chosen(view, 0)
    QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert names(view)[0] == "T0 digits 2-3"
    assert view.document.topology.by_id["s1"].tasks == (0, 3)
    menu = view.assign_menu()
    below = next(a.menu() for a in menu.actions() if a.text() == "Add a task of")
    offered = {a.text(): a for a in below.actions()}
    assert not offered["CIFAR-10"].isEnabled(), "its images are of another size"
    offered["Digits 8×8 (shipped)"].trigger()
    menu.deleteLater()
    assert names(view)[-1] == "T4 digits 0-1", "classes that no other task has"
    assert [c.title for c in view.document.done][1:] == ["Remove digits 0-1 from the stream", "Add a task"]


def test_the_last_task_stays(view, qtbot):
    view.list.setFocus()
    chosen(view, 0, 1, 2, 3, 4)
    with qtbot.waitSignal(view.status_message) as told:
        QTest.keyClick(view.list, Qt.Key.Key_Delete)
    assert told.args == ["A stream has one task at least"]
    assert view.document.done == ()


def test_a_permuted_stream_says_why_it_has_no_other_order(view, qtbot):
    view.document.apply("x", replace(view.document.spec, stream=Stream(kind="permuted", tasks=3)))
    with qtbot.waitSignal(view.status_message) as told:
        view.move_tasks((2,), 0)
    assert "drawn in order from the seed" in told.args[0]


def test_a_stream_that_cannot_be_planned_is_empty_and_says_why(view):
    view.document.apply("x", replace(view.document.spec, stream=Stream(tasks=9)))
    assert names(view) == []
    assert "more than the 10 classes" in view.problem.text()


def test_pictures_are_shown_when_they_come(view):
    before = view.list.viewport().grab().toImage()
    view._show_images("digits", thumbnails("digits", Stream(), view.document.spec.stream))
    assert view.list.viewport().grab().toImage() != before


def test_every_class_of_the_shipped_digits_has_a_picture(tmp_path):
    found = thumbnails("digits", Stream(), tmp_path)
    assert sorted(found) == list(range(10))
    assert all(
        image.dtype == np.uint8 and image.shape == (8, 8) and image.max() > 100 for image in found.values()
    )
