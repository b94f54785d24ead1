"""Filters through time, and against other tasks, paths and times: difference, side by side, blinking."""

import numpy as np
import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest

import hhstudio
from hhstudio.gui.views.filters.comparison import Earlier, Elsewhere
from hhstudio.gui.views.filters.view import FilterView

PATIENCE = 20_000


@pytest.fixture
def view(workspace, qtbot):
    made = FilterView()
    made.set_history(workspace.history)
    made.set_source(workspace.source)
    made.resize(620, 560)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    made.close()
    made.deleteLater()


def choose(choice, data):
    index = next(n for n in range(choice.box.count()) if choice.box.itemData(n) == data)
    choice.box.setFocus()
    while choice.box.currentIndex() != index:
        QTest.keyClick(choice.box, Qt.Key.Key_Down if index > choice.box.currentIndex() else Qt.Key.Key_Up)
    choice.box.activated.emit(index)


def shown(view):
    return view.image.canvas._mosaic.tiles.values


def test_the_scrubber_shows_the_last_snapshot_until_a_step(view, session):
    with hhstudio.open(session) as opened:
        kept = opened.snapshots("P1", 0)
        steps, first = [int(s) for s in kept.steps], kept.tensor(0, view.controls.tensor.value)
    view.set_step(steps[0] + 1)
    assert view.badge.text() == f"snapshot, step {steps[0]}"
    assert np.allclose(shown(view).ravel(), np.asarray(first, np.float32).ravel())
    view.set_step(-1)
    assert not view.badge.isVisible()
    assert not np.allclose(shown(view).ravel(), np.asarray(first, np.float32).ravel())


def test_a_tensor_is_compared_with_itself_at_another_time(view, session):
    with hhstudio.open(session) as opened:
        name = view.controls.tensor.value
        kept = opened.snapshots("P1", 0)
        step, then, now = int(kept.steps[0]), kept.tensor(0, name), opened.tensor("P1", 0, name)
    choose(view.controls.other, Earlier(step))
    assert np.allclose(shown(view).ravel(), (now - np.asarray(then, np.float32)).ravel())
    assert f"− step {step}" in view.caption.toolTip()


def test_two_paths_stand_side_by_side_on_one_colour_scale(view):
    choose(view.controls.other, Elsewhere("P2-0", 0))
    choose(view.controls.how, "beside")
    first, second = view.image.canvas._mosaic, view.pair.beside.canvas._mosaic
    assert view.pair.beside.isVisible()
    assert first.limits[0] == second.limits[0]
    assert not np.allclose(first.tiles.values, second.tiles.values)


def test_two_tasks_blink_until_something_else_is_chosen(view, qtbot):
    choose(view.controls.other, 1)
    choose(view.controls.how, "blink")
    before = shown(view).copy()
    qtbot.waitUntil(lambda: view.pair.second, timeout=PATIENCE)
    assert not np.allclose(shown(view), before)
    assert view.description.text() == "T1 digits 2-3"
    choose(view.controls.how, "difference")
    assert not any(timer.isActive() for timer in view.pair.findChildren(QTimer))
    choose(view.controls.how, "blink")
    view.hide()
    assert not any(timer.isActive() for timer in view.pair.findChildren(QTimer))
