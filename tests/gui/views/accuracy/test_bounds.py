"""Bars beside the bounds, and what is copied of the matrix, with the mouse and the keys."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from hhstudio.core.run import baselines, events
from hhstudio.gui.views.accuracy.view import MatrixView

LEFT = Qt.MouseButton.LeftButton
REACHED = {"scratch": 0.95, "fine-tune": 0.4, "joint": 0.85}


@pytest.fixture
def view(show, make_run):
    made = show(MatrixView())
    made.run = make_run()
    for path in range(2):
        for task in range(3):
            made.run.learn(path, task)
    made.set_history(made.run.history)
    return made


def measure(run, kinds=tuple(REACHED)):
    """What a run records of its baselines."""
    for kind in kinds:
        for path in range(len(run.paths)):
            n = run.tasks
            run.apply(
                events.Metrics(
                    names=(baselines.metric(kind),), step=[run.step] * n, path=[path] * n,
                    task=list(range(n)), metric=[0] * n, value=[REACHED[kind]] * n,
                )
            )  # fmt: skip


def tab(view, title):
    titles = [view.tabs.tabText(at) for at in range(view.tabs.count())]
    QTest.mouseClick(view.tabs, LEFT, pos=view.tabs.tabRect(titles.index(title)).center())


def test_bounds_appear_when_they_are_measured_and_stand_beside_every_path(view):
    assert view.bounds == {}
    measure(view.run)
    view.refresh(view.run.history.take_changes())
    assert list(view.bounds) == ["P1", "P2-0"]
    tab(view, "Bounds")
    card = view.bounds["P2-0"]
    assert card.isVisible()
    assert list(card.values) == ["tree", *REACHED]
    heights = {kind: card.bar(kind, 1).height() for kind in card.values}
    assert heights["scratch"] / heights["joint"] == pytest.approx(0.95 / 0.85)
    assert heights["tree"] / heights["joint"] == pytest.approx(0.79 / 0.85, rel=1e-5)
    lefts = [card.bar(kind, 1).left() for kind in card.values]
    assert lefts == sorted(lefts)


def test_the_mouse_says_what_a_task_reached_beside_its_bounds(view):
    measure(view.run)
    view.refresh(view.run.history.take_changes())
    tab(view, "Bounds")
    card = view.bounds["P1"]
    QTest.mouseMove(card, card.bar("joint", 2).center().toPoint() - QPoint(1, 0))
    QTest.mouseMove(card, card.bar("joint", 2).center().toPoint())
    assert view.description.text() == card.sentence(2)
    assert "from scratch 95.0 %, fine-tuning 40.0 %, joint 85.0 %" in view.description.text()
    assert "from scratch: a solver of its own" in card.toolTip().lower()


def test_the_copy_menu_copies_numbers_that_a_table_takes(view):
    menu = view.copy.menu()
    menu.popup(view.copy.mapToGlobal(QPoint(0, 0)))
    assert isinstance(QApplication.activePopupWidget(), QMenu)
    csv = next(action for action in menu.actions() if action.text() == "Copy as CSV")
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(csv).center())
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == "path,after_task,on_task,accuracy"
    assert len(lines) == 13
