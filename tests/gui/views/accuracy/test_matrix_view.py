"""The accuracy matrices: growing with the run, readable, reachable by keyboard, copied as text."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication

from hhstudio.core.errors import HHStudioError
from hhstudio.core.run import events
from hhstudio.core.run.continual import DEFINITIONS
from hhstudio.gui.views.accuracy import tables
from hhstudio.gui.views.accuracy.arrangement import LEFT, TOP
from hhstudio.gui.views.accuracy.view import MatrixView
from hhstudio.gui.widgets.colormap import accuracy_map, signed_map
from hhstudio.gui.widgets.task_style import readable_on, task_tooltip


def _contrast(one: QColor, other: QColor) -> float:
    def luminance(color: QColor) -> float:
        parts = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in color.getRgbF()[:3]]
        return float(np.dot(parts, (0.2126, 0.7152, 0.0722)))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_an_empty_view_says_what_will_appear(show):
    view = show(MatrixView())
    assert view.empty.isVisible()
    assert "after learning task i" in view.empty.text()


def test_a_row_is_added_when_a_path_has_finished_a_task(show, make_run):
    run = make_run()
    view = show(MatrixView())
    view.set_history(run.history)
    heatmap = view.cards["P1"].heatmap
    assert "not measured" in heatmap.describe((0, 0))
    assert view.cards["P1"].tiles["average"].value.text() == "–"
    run.learn(0, 0)
    run.learn(0, 1)
    view.refresh(run.history.take_changes())
    assert view.cards["P1"].heatmap.describe((1, 0)) == (
        "P1  R[1, 0] = 89.00 %: accuracy on T0 digits 0-1 after learning T1 digits 2-3; "
        "−1.00 points since it was learned"
    )
    assert view.cards["P1"].tiles["average"].value.text() == "89.5 %"
    assert view.cards["P1"].tiles["backward_transfer"].value.text() == "−1.0 pt"
    assert view.cards["P1"].tiles["forgetting"].value.text() == "1.0 pt"
    assert view.cards["P2-0"].tiles["average"].value.text() == "–"


def test_a_hidden_view_catches_up_when_it_is_shown(show, make_run):
    run = make_run()
    view = MatrixView()
    view.set_history(run.history)
    run.learn(0, 0)
    view.refresh(run.history.take_changes())
    show(view)
    assert view.cards["P1"].tiles["average"].value.text() == "90.0 %"


def test_every_figure_says_how_it_is_defined(show, make_run):
    view = show(MatrixView())
    view.set_history(make_run().all().history)
    for field, tile in view.cards["P1"].tiles.items():
        assert DEFINITIONS[field] in tile.toolTip()
        tile.setFocus()
        assert view.description.text() == DEFINITIONS[field]


def test_the_arrow_keys_walk_over_the_cells_and_say_what_they_hold(show, make_run, qtbot):
    view = show(MatrixView())
    view.set_history(make_run().all().history)
    heatmap = view.cards["P2-0"].heatmap
    heatmap.setFocus()
    qtbot.keyClick(heatmap, Qt.Key.Key_Down)
    qtbot.keyClick(heatmap, Qt.Key.Key_Down)
    qtbot.keyClick(heatmap, Qt.Key.Key_Down)
    qtbot.keyClick(heatmap, Qt.Key.Key_Right)
    assert heatmap.current == (2, 1)
    assert view.description.text().startswith("P2-0  R[2, 1] = 79.00 %")
    assert heatmap.accessibleDescription() == view.description.text()


def test_the_mouse_describes_the_cell_below_it(show, make_run, qtbot):
    view = show(MatrixView())
    view.set_history(make_run().all().history)
    QApplication.processEvents()
    heatmap = view.cards["P1"].heatmap
    cell = (heatmap.sizeHint().width() - LEFT) // 3
    qtbot.mouseMove(heatmap, QPoint(LEFT + cell // 2, TOP + cell + cell // 2))
    assert view.description.text().startswith("P1  R[1, 0] = 89.00 %")
    assert "class 0, class 1" in task_tooltip(make_run().history.tasks, 0)


def test_values_are_readable_on_every_colour_of_the_scale():
    for dark in (False, True):
        for red, green, blue in accuracy_map(dark).tolist():
            color = QColor(red, green, blue)
            assert _contrast(readable_on(color), color) >= 4.5


def test_the_scales_change_lightness_in_one_direction():
    weights = np.array([0.2126, 0.7152, 0.0722])
    for dark in (False, True):
        lightness = accuracy_map(dark) @ weights
        assert (np.diff(lightness) * (1 if dark else -1) >= -1e-9).all()
        middle = signed_map(dark) @ weights
        assert (np.diff(middle[:128]) * (-1 if dark else 1) >= -1e-9).all()
        assert (np.diff(middle[128:]) * (1 if dark else -1) >= -1e-9).all()


def test_a_tab_shows_one_path_alone(show, make_run):
    view = show(MatrixView())
    view.set_history(make_run().all().history)
    assert [view.tabs.tabText(n) for n in range(view.tabs.count())] == ["All", "P1", "P2-0"]
    view.tabs.setCurrentIndex(2)
    assert view.shown_paths() == ["P2-0"]
    assert not view.cards["P1"].isVisible()
    assert view.cards["P2-0"].isVisible()


def test_the_matrix_is_copied_as_text_and_as_csv(show, make_run, qtbot, tmp_path):
    view = show(MatrixView())
    view.set_history(make_run().all().history)
    view.cards["P1"].heatmap.setFocus()
    qtbot.keyClick(view.cards["P1"].heatmap, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    text = QGuiApplication.clipboard().text()
    assert "T2       88.0   89.0   90.0" in text
    assert "ACC 89.0 %" in text
    view.export_to(tmp_path / "matrix.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "matrix.csv").read_text())))
    assert len(rows) == 12
    assert {"path": "P2-0", "after_task": "2", "on_task": "0", "accuracy": "0.78"} in rows
    with pytest.raises(HHStudioError, match="absent"):
        view.export_to(tmp_path / "absent" / "matrix.csv")


def test_six_paths_of_twenty_tasks_fit_a_large_window(show, make_run):
    run = make_run(paths=tuple(f"P{n}" for n in range(6)), tasks=20, steps=1)
    for path in range(6):
        run.finish(path, 0)
    view = show(MatrixView(), 1900, 1000)
    view.set_history(run.history)
    QApplication.processEvents()
    assert view.body.width() <= view.area.viewport().width()
    assert view.body.height() <= view.area.viewport().height()


def test_the_end_is_a_row_of_its_own_and_its_change_a_figure(show, make_run):
    run = make_run()
    view = show(MatrixView(), 499, 700)
    for path in range(2):
        for task in range(3):
            run.learn(path, task)
    view.set_history(run.history)
    before = view.cards["P1"].heatmap.content.values
    learned_at = run.step
    run.step += 10
    for path, accuracies in (("P1", (0.5, 0.6, 0.7)), ("P2-0", (0.78, 0.79, 0.8))):
        run.apply(events.EndMeasured(step=run.step, path=path, accuracies=accuracies))
    view.refresh(run.history.take_changes())
    content = view.cards["P1"].heatmap.content
    np.testing.assert_array_equal(content.values[:3], before)
    assert content.values[3] == pytest.approx([0.5, 0.6, 0.7])
    assert content.rows[3].text == "end"
    last = run.history.summary("P1").average
    assert view.cards["P1"].tiles["through_other_paths"].value.text() == (
        f"{100 * (0.6 - last):.1f} pt".replace("-", "−")
    )
    assert "when every path had learned" in content.described(3, 0)
    assert "end" in tables.as_text(run.history, "P1")
    assert "P1,end,2,0.7" in tables.as_csv(run.history, ["P1"])
    boxes = [card.geometry() for card in view.cards.values()]
    assert not boxes[0].intersects(boxes[1])
    for card in view.cards.values():
        shapes = [part.geometry() for part in (card.heatmap, card.title, *card.tiles.values())]
        assert all(card.rect().contains(shape) for shape in shapes)
        assert not any(a.intersects(b) for n, a in enumerate(shapes) for b in shapes[:n])
    view.set_step(learned_at)
    assert len(view.cards["P1"].heatmap.content.values) == 3
    assert "through_other_paths" not in view.cards["P1"].tiles
