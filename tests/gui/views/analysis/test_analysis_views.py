"""Distances, maps and chain health: what is asked, what is shown, and what mouse and keys do."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

import hhstudio
from hhstudio.core.analysis.answers import Health, Injection, LevelHealth
from hhstudio.gui.views.analysis.chain_health import HealthView
from hhstudio.gui.views.analysis.chain_picture import Axes, ChainPicture
from hhstudio.gui.views.analysis.chain_verdict import verdict
from hhstudio.gui.views.analysis.distances import DistancesView
from hhstudio.gui.views.analysis.embeddings import EmbeddingsView

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000


def choose(choice, data):
    """Choose an entry of a combo box with the keyboard."""
    index = choice.box.findData(data)
    assert index >= 0
    choice.box.setFocus()
    step = Qt.Key.Key_Down if index > choice.box.currentIndex() else Qt.Key.Key_Up
    while choice.box.currentIndex() != index:
        before = choice.box.currentIndex()
        QTest.keyClick(choice.box, step)
        assert choice.box.currentIndex() != before
    choice.box.activated.emit(index)


def test_distances_between_conditions_are_those_of_the_session(show, session, qtbot):
    view = show(DistancesView)
    qtbot.waitUntil(lambda: view.grid.content is not None, timeout=PATIENCE)
    with hhstudio.open(session) as opened:
        expected = opened.distances("euclidean").matrices[0]
    assert np.allclose(view.grid.content.values, expected, equal_nan=True)
    assert [label.text for label in view.grid.content.rows] == ["P1 T0", "P1 T1", "P2-0 T0", "P2-0 T1"]
    with qtbot.waitSignal(view.condition_chosen) as chosen:
        QTest.mouseClick(view.grid, LEFT, pos=view.grid.center_of(2, 0).toPoint())
    assert chosen.args == ["P2-0", 0]
    assert "P2-0" in view.words.text()
    QTest.keyClick(view.grid, Qt.Key.Key_Right)
    assert view.grid.current == (2, 1)


def test_distances_through_time_and_since_learning(show, qtbot):
    view = show(DistancesView)
    choose(view.over, "time")
    qtbot.waitUntil(
        lambda: view.grid.content is not None and view.grid.content.rows[0].text.startswith("step"),
        timeout=PATIENCE,
    )
    assert len(view.grid.content.rows) >= 3
    assert view.task.isVisible()
    choose(view.over, "drift")
    qtbot.waitUntil(lambda: view.grid.content.columns[0].text == "whole solver", timeout=PATIENCE)
    assert "since it was learned" in view.words.text() or "since the task was learned" in view.words.text()
    drift = view.grid.content.values
    assert drift.shape[0] == 2  # of the path that was looked at
    assert 0.0 < drift[0, 0] < 1.0


def test_the_map_says_what_is_near_what(show, qtbot):
    view = show(EmbeddingsView)
    qtbot.waitUntil(lambda: view.shown is not None, timeout=PATIENCE)
    assert len(view.shown.points) == 4
    at = view.map.place_of(1).toPoint()
    QTest.mouseMove(view.map, at + QPoint(3, 3))
    QTest.mouseMove(view.map, at)
    QApplication.processEvents()
    assert view.words.text().startswith(view.shown.points[1].title)
    assert "nearest:" in view.words.text()
    with qtbot.waitSignal(view.condition_chosen) as chosen:
        QTest.mouseClick(view.map, LEFT, pos=at)
    assert chosen.args == [view.shown.points[1].path, view.shown.points[1].task]


def test_the_map_follows_the_time_handle(show, session, qtbot):
    view = show(EmbeddingsView)
    qtbot.waitUntil(lambda: view.shown is not None and len(view.shown.points) == 4, timeout=PATIENCE)
    with hhstudio.open(session) as opened:
        first = int(opened.snapshots("P1", 0).steps[0])
        expected = opened.embeddings(step=first).groups[0].vectors
    view.set_step(first)
    qtbot.waitUntil(lambda: len(view.shown.points) == 1, timeout=PATIENCE)
    assert f"at step {first}: 1 vectors" in view.words.text()
    choose(view.what, "embeddings")
    qtbot.waitUntil(lambda: "embeddings" in view.shown.title, timeout=PATIENCE)
    assert np.allclose(view._answer.groups[0].vectors, expected)
    assert f"at step {first}" in view.words.text()
    view.set_step(0)
    qtbot.waitUntil(lambda: "no embeddings were kept up to step 0" in view.waiting.text(), timeout=PATIENCE)
    view.set_step(-1)
    qtbot.waitUntil(lambda: len(view.shown.points) == 4, timeout=PATIENCE)


def test_embeddings_are_mapped_by_the_hypernetwork_that_reads_them(show, qtbot):
    view = show(EmbeddingsView)
    choose(view.what, "embeddings")
    qtbot.waitUntil(lambda: view.group.isVisible() and view.group.box.count() > 1, timeout=PATIENCE)
    texts = [view.group.box.itemText(at) for at in range(view.group.box.count())]
    assert "tasks of H0" in texts
    view.map.setFocus()
    QTest.keyClick(view.map, Qt.Key.Key_Right)
    assert view.map.current == 0


def test_chain_health_shows_a_path_and_the_same_of_another_session(show, session, qtbot):
    view = show(HealthView, 900, 700)
    qtbot.waitUntil(lambda: view.verdict.text() != "", timeout=PATIENCE)
    assert view.path.value == "P2-0"
    assert "P2-0" in view.verdict.text()
    before = view.picture.grab().toImage()
    choose(view.path, "P1")
    qtbot.waitUntil(lambda: "P1 " in view.verdict.text(), timeout=PATIENCE)
    assert view.picture.grab().toImage() != before
    view.put_beside(session)
    qtbot.waitUntil(view.other_picture.isVisible, timeout=PATIENCE)
    assert view.other_verdict.text().split(">")[-1] != ""
    QTest.mouseClick(view.beside, LEFT)
    assert not view.other_picture.isVisible()
    QTest.mouseClick(view.help, LEFT)
    assert view.explanation.isVisible()


def test_what_cannot_be_answered_is_said_in_words(show, workspace, tmp_path, qtbot):
    view = show(HealthView)
    qtbot.waitUntil(lambda: view.verdict.text() != "", timeout=PATIENCE)
    broken = tmp_path / "broken.h5"
    broken.write_bytes(b"not HDF5 at all")
    view.put_beside(broken)
    qtbot.waitUntil(
        lambda: "broken" in view.other_verdict.text() and "asking" not in view.other_verdict.text(),
        timeout=PATIENCE,
    )
    assert "Traceback" not in view.other_verdict.text()


# the verdict --------------------------------------------------------------------------------------------


def health(scale=1.0, growth=1.0, lost=(0.1, 0.3), accuracy=0.9, anchors=0.5, unsure=0.0):
    levels = tuple(
        LevelHealth(
            title=f"{a} → {b}", target=b, tensors=("w",), scale=np.array([[scale]]), gradient=1.0,
            contributions=("",), lost=(contribution,), generated=10, stored=1, unsure=(unsure,),
        )
        for (a, b), contribution in zip((("H0", "H1"), ("H1", "P2-0")), lost, strict=True)
    )  # fmt: skip
    injection = Injection(
        place="H0", level=-1, epsilons=np.array([0.01]), error=np.array([[0.01 * growth]]),
        drop=np.array([[0.0]]), amplification=growth,
    )  # fmt: skip
    return Health(
        path="P2-0", task=0, tasks=(0,), images=10, accuracy=accuracy, loss=0.1, anchors_only=anchors,
        levels=levels, injections=(injection,), root_gradient=1.0, embeddings=3,
    )  # fmt: skip


def test_a_chain_holds_when_nothing_is_far_off_and_every_level_is_used():
    assert verdict(health()) == (
        "good",
        "P2-0 holds: scales near the wanted ones, an error of 1 % becomes at most 1 %; "
        "every level is used, H1 least (10.0 points).",
    )


NAN = float("nan")


@pytest.mark.parametrize(
    ("fields", "grade", "words", "not_words"),
    [
        ({"scale": 12.0}, "bad", ["does not hold", "H1 comes out 12 times too large"], ["bypassed"]),
        ({"growth": 340.0}, "bad", ["an error of 1 % at H0 has become 340 % at the solver"], []),
        ({"lost": (0.004, 0.3)}, "mixed", ["numbers hold", "generates H1, 0.4 points"], ["holds:", "P2-0, "]),
        ({"lost": (-0.03, 0.3)}, "mixed", ["Harmful", "generates H1, −3.0 points"], ["holds:", "Bypassed"]),
        ({"lost": (-0.004, -0.02)}, "mixed", ["Bypassed", "H1, −0.4", "Harmful", "P2-0, −2.0"], ["holds:"]),
        ({"lost": (NAN, NAN), "accuracy": NAN}, "mixed", ["was not measured"], ["holds:", "bypassed"]),
        ({"lost": (-0.025, 0.3), "unsure": 0.02}, "mixed", ["chance", "H1, −2.5"], ["armful", "ypassed"]),
        ({"anchors": 0.9}, "mixed", ["nothing generated at all, accuracy is the same"], ["holds:"]),
        ({"scale": 12.0, "lost": (-0.03, 0.3)}, "bad", ["does not hold", "Harmful"], []),
    ],
)
def test_the_verdict_says_what_is_wrong_and_which_levels_earn_nothing(fields, grade, words, not_words):
    found = verdict(health(**fields))
    assert found.grade == grade
    assert all(word.lower() in found.text.lower() for word in words), found.text
    assert not any(word in found.text for word in not_words), found.text


def test_the_picture_says_what_a_level_that_harms_does(qtbot):
    picture = ChainPicture()
    qtbot.addWidget(picture)
    picture.resize(720, 360)
    shades = []
    for lost in ((0.1, 0.3), (0.004, 0.3), (-0.03, 0.3)):
        found = health(lost=lost)
        picture.set_health(found, Axes.of([found]))
        shades.append(picture.grab().toImage())
    assert shades[0] != shades[1] != shades[2]
