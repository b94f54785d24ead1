"""Predictions: images by mouse, clipboard and file, and what the solvers make of them."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest

import hhstudio
from hhstudio.gui.views.analysis.predictions import PredictionsView
from hhstudio.gui.views.analysis.view import readers_in_words
from hhstudio.gui.widgets.pixels import image_of, maps_of, pixels_of
from hhstudio.gui.widgets.theme import DARK, LIGHT

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 60_000


@pytest.fixture
def view(show, qtbot):
    made = show(PredictionsView, 860, 560)
    qtbot.waitUntil(lambda: made.guesses.rowCount() == 4, timeout=PATIENCE)
    return made


def test_every_path_says_what_it_sees_in_a_test_image(view, session, qtbot):
    with hhstudio.open(session) as opened:
        expected = opened.predict(opened.images(0, [0]).images[0])
    said = {
        (view.guesses.item(row, 0).text(), row): view.guesses.item(row, 2).text().replace("  ✓", "")
        for row in range(4)
    }
    assert [name for (_, _), name in said.items()] == [g.classes[g.predicted] for g in expected.guesses]
    assert [view.guesses.item(row, 5).text() for row in range(4)].count("★") == 2  # one a path
    assert "T0" in view.truth.text()


def test_another_theme_colours_what_is_said(view, qtbot, wear):
    dark = [view.guesses.item(row, 1).foreground().color().name() for row in range(4)]
    wear(LIGHT)
    assert [view.guesses.item(row, 1).foreground().color().name() for row in range(4)] != dark
    wear(DARK)
    assert [view.guesses.item(row, 1).foreground().color().name() for row in range(4)] == dark


def test_another_image_is_chosen_with_the_arrow_keys(view, qtbot):
    before = view.picture.pixmap().toImage()
    view.thumbnails.setFocus()
    QTest.keyClick(view.thumbnails, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: view.picture.pixmap().toImage() != before, timeout=PATIENCE)
    assert view.thumbnails.currentRow() == 1


def test_a_pasted_image_is_looked_at_in_the_size_that_the_solvers_know(view, qtbot):
    image = QImage(50, 30, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    QGuiApplication.clipboard().setImage(image)
    QTest.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: view.truth.text() == "your image", timeout=PATIENCE)
    assert view.guesses.rowCount() == 4
    QGuiApplication.clipboard().clear()
    QTest.mouseClick(view.paste, LEFT)
    assert view.words.text() == "There is no image on the clipboard"


def test_a_dropped_file_is_looked_at_and_one_that_is_no_image_is_refused(view, tmp_path, qtbot):
    def drop(path):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        none = Qt.KeyboardModifier.NoModifier
        view.dropEvent(QDropEvent(QPointF(50, 50), Qt.DropAction.CopyAction, data, LEFT, none))

    (tmp_path / "fake.png").write_bytes(b"no picture")
    drop(tmp_path / "fake.png")
    assert "ake.png: this is no image" in view.words.text()
    image_of(np.full((8, 8, 1), 200, np.uint8)).save(str(tmp_path / "grey.png"))
    drop(tmp_path / "grey.png")
    qtbot.waitUntil(lambda: view.truth.text() == "your image", timeout=PATIENCE)


def test_feature_maps_of_the_chosen_solver_are_shown(view, qtbot):
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(1).center())
    qtbot.waitUntil(lambda: not view.features.pixmap().isNull(), timeout=PATIENCE)
    assert "what each convolution gives" in view.words.text()


def test_a_cell_of_the_confusion_matrix_shows_its_images(view, session, qtbot):
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(2).center())
    qtbot.waitUntil(lambda: view.confusion.content is not None, timeout=PATIENCE)
    with hhstudio.open(session) as opened:
        expected = opened.confusion("P1", 0)
    assert "read by the solver of T0 alone: the task is told" in view.words.text()
    right = int(expected.matrix[0, 0])
    assert right > 0
    QTest.mouseClick(view.confusion, LEFT, pos=view.confusion.center_of(0, 0).toPoint())
    qtbot.waitUntil(lambda: view.thumbnails.count() == min(right, 60), timeout=PATIENCE)


def test_the_tasks_that_entropy_picks_are_a_matrix_of_shares(view, qtbot):
    view.tabs.setCurrentIndex(2)
    qtbot.waitUntil(lambda: view.confusion.content is not None, timeout=PATIENCE)
    view.which.box.setFocus()
    QTest.keyClick(view.which.box, Qt.Key.Key_Down)
    view.which.box.activated.emit(1)
    qtbot.waitUntil(lambda: "entropy picks the right task" in view.words.text(), timeout=PATIENCE)
    assert np.allclose(view.confusion.content.values.sum(axis=1), 1.0)


def test_where_the_task_is_not_given_it_is_said_that_nobody_told_it():
    assert readers_in_words(1, (0, 1, 2)).endswith(
        "all 3 solvers, the most certain answers: the task is not told"
    )


# arrays as pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_and_arrays_hold_the_same_pixels(channels):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels), np.uint8)
    assert np.array_equal(pixels_of(image_of(pixels)), np.repeat(pixels, 3 // channels, axis=2))


def test_feature_maps_are_side_by_side_from_low_to_high():
    maps = np.zeros((3, 4, 4), np.float32)
    maps[1, 0, 0] = 1.0
    sheet = maps_of(maps, 2, dark=False)
    assert (sheet.width(), sheet.height()) == (10, 10)
    assert sheet.pixel(5, 0) != sheet.pixel(6, 0)
