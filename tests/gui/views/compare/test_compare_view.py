"""The compare view, by mouse and keys: what differs, means, brushes, opening, copying."""

from __future__ import annotations

import csv

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from hhstudio.gui.views.compare.axes import measure_axis, setting_axis
from hhstudio.gui.views.compare.model import LINE
from hhstudio.gui.widgets.theme import DARK

LEFT = Qt.MouseButton.LeftButton


def titles(view):
    return [column.title for column in view.model.columns]


def names(view):
    return [view.sorted.index(row, 0).data() for row in range(view.sorted.rowCount())]


def center(view, row, column=0):
    return view.table.visualRect(view.sorted.index(row, column)).center()


def sort_by(view, title):
    head = view.table.horizontalHeader()
    at = titles(view).index(title)
    view.table.scrollTo(view.sorted.index(0, at))
    place = QPoint(head.sectionViewportPosition(at) + 8, head.height() // 2)
    QTest.mouseClick(head.viewport(), LEFT, pos=place)


def average(view):
    box = view.controls._average
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def picked_betas(view):
    return {line.settings["consolidation.beta"] for line in view.lines if line.key in view.model.brushed}


def drag(view, axis, low, high):
    """Drag along an axis from one place to another (0 its foot, 1 its top)."""
    plot = view.parallel
    x = plot.axis_x(next(at for at, each in enumerate(plot.axes) if each.title == axis))
    begin, end = (QPointF(x, plot.place_y(place)).toPoint() for place in (low, high))
    QTest.mousePress(plot, LEFT, pos=begin)
    for share in (0.3, 0.6, 1.0):
        QTest.mouseMove(plot, begin + (end - begin) * share)
    QTest.mouseRelease(plot, LEFT, pos=end)


def test_columns_are_what_differs_and_what_was_reached(shown):
    assert titles(shown)[:6] == ["Run", "State", "ACC mean", "seed", "alpha", "beta"]
    assert {"ACC P1", "ACC P2-0", "ACC P3-00", "BWT P1", "Time"} <= set(titles(shown))
    assert "training.lr" not in titles(shown)
    row = next(line for line in shown.lines if line.title == "alpha=0.1,beta=1,seed=0")
    cells = dict(zip(titles(shown), (column.text(row) for column in shown.model.columns), strict=True))
    assert (cells["ACC P1"], cells["ACC mean"], cells["beta"]) == ("82.0 %", "72.0 %", "1")
    failed = next(line for line in shown.lines if line.state == "failed")
    assert "out of memory" in shown.model.index(shown.lines.index(failed), 0).data(
        Qt.ItemDataRole.ToolTipRole
    )


def test_many_runs_are_coloured_by_the_setting_that_tells_most_and_the_legend_says_so(shown):
    assert shown.controls.color_by == "consolidation.beta"
    assert "consolidation.beta" in shown.legend.text()
    assert "do not stand for tasks" in shown.legend.text()
    by_beta = {line.settings["consolidation.beta"]: shown.looks.pen(line.key) for line in shown.lines}
    assert by_beta[0.0] != by_beta[1.0]
    for line in shown.lines:
        assert shown.looks.pen(line.key) == by_beta[line.settings["consolidation.beta"]]
    shown.controls.color_choice.box.setFocus()
    QTest.keyClick(shown.controls.color_choice.box, Qt.Key.Key_Home)
    shown.controls.color_choice.box.activated.emit(0)
    assert "A colour for each session" in shown.legend.text()
    assert len({shown.looks.pen(line.key) for line in shown.lines}) == 8


def test_a_click_on_a_head_sorts_numbers_by_size_with_the_missing_last(shown):
    sort_by(shown, "ACC mean")
    up = names(shown)
    sort_by(shown, "ACC mean")
    down = names(shown)
    assert up[:6] == list(reversed(down[:6]))
    assert down[0] == "alpha=0.1,beta=1,seed=1"
    assert set(up[6:]) == set(down[6:]) == {"alpha=0.3,beta=1,seed=0", "alpha=0.3,beta=1,seed=1"}


def test_means_over_seeds_are_lines_with_standard_errors(shown):
    average(shown)
    assert [line.title for line in shown.lines] == [
        "alpha=0.1, beta=0", "alpha=0.1, beta=1", "alpha=0.3, beta=0", "alpha=0.3, beta=1",
    ]  # fmt: skip
    first = shown.lines[0]
    cells = dict(zip(titles(shown), (column.text(first) for column in shown.model.columns), strict=True))
    assert cells["n"] == "2"
    assert cells["ACC P1"] == "63.0 ± 1.0 %"
    drawn = shown.overlay._drawn[first.key]
    assert drawn.mean.steps.tolist() == [0, 10, 20]
    assert drawn.band is not None
    assert shown.lines[3].key not in shown.overlay._drawn  # neither of its runs has anything
    assert "standard error" in shown.overlay.caption.text()


def test_opening_a_mean_shows_its_runs_and_opening_a_run_asks_for_its_session(shown, sweep_folder):
    average(shown)
    QTest.mouseClick(shown.table.viewport(), LEFT, pos=center(shown, 1, 1))
    QTest.mouseDClick(shown.table.viewport(), LEFT, pos=center(shown, 1, 1))
    assert not shown.controls.average
    chosen = [index.data(LINE).title for index in shown.table.selectionModel().selectedRows()]
    assert chosen == ["alpha=0.1,beta=1,seed=0", "alpha=0.1,beta=1,seed=1"]
    assert shown.opened == []
    QTest.mouseClick(shown.table.viewport(), LEFT, pos=center(shown, 0, 1))
    QTest.keyClick(shown.table, Qt.Key.Key_Down)
    QTest.keyClick(shown.table, Qt.Key.Key_Return)
    assert shown.opened == [sweep_folder / "alpha=0.1,beta=0,seed=1.h5"]


def test_a_run_that_waits_cannot_be_opened_and_says_so(shown):
    row = names(shown).index("alpha=0.3,beta=1,seed=1")
    shown.table.selectRow(row)
    shown.table.setCurrentIndex(shown.sorted.index(row, 0))
    QTest.keyClick(shown.table, Qt.Key.Key_Return)
    assert shown.opened == []
    assert "has not begun" in shown.said[-1]


def test_a_brush_on_an_axis_picks_runs_out_everywhere_until_it_is_freed(shown):
    shown.tabs.setCurrentIndex(1)
    QApplication.processEvents()
    drag(shown, "beta", 0.8, 1.0)
    picked = {line.key for line in shown.lines if line.settings["consolidation.beta"] == 1}
    assert shown.model.brushed == picked == shown.overlay._brushed
    drag(shown, "seed", 0.0, 0.3)
    assert len(shown.model.brushed) == 2
    plot = shown.parallel
    place = QPointF(plot.axis_x(0), plot.place_y(0.9)).toPoint()
    QTest.mouseClick(plot, LEFT, pos=place)
    assert shown.model.brushed == picked
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert shown.model.brushed is None


def test_the_keys_brush_too(shown):
    shown.tabs.setCurrentIndex(1)
    plot = shown.parallel
    plot.setFocus()
    plot._axis = 0
    for _ in range(2):
        QTest.keyClick(plot, Qt.Key.Key_Right)
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert picked_betas(shown) == {0}
    QTest.keyClick(plot, Qt.Key.Key_Up)
    assert picked_betas(shown) == {1}
    QTest.keyClick(plot, Qt.Key.Key_Delete)
    assert shown.model.brushed is None


def test_hovering_a_line_of_the_parallel_coordinates_names_the_run_and_a_double_click_opens_it(shown):
    shown.tabs.setCurrentIndex(1)
    QApplication.processEvents()
    plot = shown.parallel
    line = next(line for line in shown.lines if line.title == "alpha=0.1,beta=1,seed=1")
    path = plot.path_of(line)
    spot = path.pointAtPercent(0.93).toPoint()  # before the last axis every line is by itself
    QTest.mouseMove(plot, spot)
    assert plot.line_at(QPointF(spot)) == line.key
    assert shown.overlay._hovered == line.key
    assert "alpha=0.1,beta=1,seed=1" in plot._tip(line.key)
    QTest.mouseDClick(plot, LEFT, pos=spot)
    assert [path.stem for path in shown.opened] == ["alpha=0.1,beta=1,seed=1"]


def test_the_space_bar_and_the_check_box_hide_a_curve(shown):
    key = shown.sorted.index(0, 0).data(LINE).key
    assert key in shown.overlay._drawn
    QTest.mouseClick(shown.table.viewport(), LEFT, pos=center(shown, 0, 1))
    QTest.keyClick(shown.table, Qt.Key.Key_Space)
    assert key not in shown.overlay._drawn
    QTest.keyClick(shown.table, Qt.Key.Key_Space)
    assert key in shown.overlay._drawn
    box = QPoint(shown.table.visualRect(shown.sorted.index(0, 0)).left() + 9, center(shown, 0).y())
    QTest.mouseClick(shown.table.viewport(), LEFT, pos=box)
    assert key not in shown.overlay._drawn


def test_the_crosshair_lists_values_from_high_to_low_and_finds_the_curve_below_it(shown):
    plot = shown.overlay.plot
    drawn = shown.overlay._drawn
    key, best = max(drawn.items(), key=lambda each: each[1].series.values[-1])
    spot = plot.to_pixels(20, float(best.series.values[-1])).toPoint() - QPoint(2, 0)
    QTest.mouseMove(plot.viewport(), spot)
    QApplication.processEvents()
    text = shown.overlay.values.text()
    assert "step" in text
    listed = text.split("<br>")[1:]
    shown_values = [float(row.split("&nbsp;")[0].split(">")[-1].split()[0]) for row in listed]
    assert shown_values == sorted(shown_values, reverse=True)
    assert len(shown_values) == 6
    assert key in drawn


def test_ctrl_c_copies_the_selected_rows_and_export_writes_exact_numbers(shown, tmp_path, qtbot):
    QTest.mouseClick(shown.table.viewport(), LEFT, pos=center(shown, 0, 1))
    QTest.keyClick(shown.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(shown.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 3
    assert lines[0].split("\t")[:3] == ["Run", "State", "ACC mean"]
    average(shown)
    QTest.mouseClick(shown.controls._buttons["save"], LEFT)
    dialog = shown.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "c.csv"))
    dialog.close()
    rows = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    assert rows[0]["link.alpha"] == "0.1"
    assert float(rows[0]["ACC P1"]) == pytest.approx(0.63)
    assert float(rows[0]["ACC P1 standard error"]) == pytest.approx(0.01)


def test_one_path_shows_all_its_figures_and_only_its_curves(shown):
    box = shown.controls.path_choice.box
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Down)
    QTest.keyClick(box, Qt.Key.Key_Down)
    assert shown.controls.path == "P2-0"
    box.activated.emit(box.currentIndex())
    wanted = {"ACC P2-0", "BWT P2-0", "FWT P2-0", "Forgetting P2-0"}
    assert wanted <= set(titles(shown))
    assert "ACC P1" not in titles(shown)
    assert "P2-0" in shown.overlay.caption.text()


def test_only_some_can_be_shown_and_sessions_taken_out(view, sweep_folder, qtbot):
    files = sorted(sweep_folder.glob("*.h5"))[:3]
    view.compare(files)
    qtbot.waitUntil(lambda: len(view.lines) == 3, timeout=20_000)
    view.table.selectRow(0)
    view.menu().actions()[1].trigger()
    assert len(view.overlay._drawn) == 1
    view.menu().actions()[2].trigger()
    assert len(view.overlay._drawn) == 3
    menu = view.menu()
    take = next(a for a in menu.actions() if a.text().startswith("Take out"))
    take.trigger()
    assert len(view.lines) == 2
    for made in view.findChildren(type(menu)):
        made.deleteLater()


def test_what_cannot_be_read_is_said_and_the_rest_is_compared(view, sweep_folder, qtbot, tmp_path):
    bad = tmp_path / "bad.h5"
    bad.write_text("nothing of ours")
    view.compare([bad, *sorted(sweep_folder.glob("*.h5"))[:2]])
    qtbot.waitUntil(lambda: len(view.lines) == 2 and bool(view.said), timeout=20_000)
    assert "bad.h5" in view.said[0]


def test_a_theme_recolours_and_narrow_docks_put_the_curves_below(shown, wear):
    wear(DARK)
    assert shown.looks.pen(shown.lines[0].key)[0] in DARK.task_colors
    shown.resize(500, 800)
    QApplication.processEvents()
    assert shown.splitter.orientation() == Qt.Orientation.Vertical


def test_axes_are_to_scale_logarithmic_where_needed_and_even_for_words():
    rates = setting_axis("training.lr", [1e-4, 1e-3, 1e-2])
    assert rates.log
    assert [rates.place(v) for v in (1e-4, 1e-3, 1e-2)] == pytest.approx([0.0, 0.5, 1.0])
    assert setting_axis("seed", [0, 1, 4]).place(1) == 0.25
    words = setting_axis("link.mode", ["direct", "anchored", "–"])
    assert (words.place("direct"), words.place("anchored"), words.place("–")) == (0.0, 1.0, None)
    assert setting_axis("x", [(8,), (16, 16)]).place((16, 16)) == 1.0
    reached = measure_axis("f", "ACC", [0.61, 0.83, None])
    assert (reached.low, reached.high) == pytest.approx((0.6, 0.9))
    assert [text for _, text in reached.labels] == ["60 %", "70 %", "80 %", "90 %"]
