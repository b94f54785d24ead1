"""Edge contributions: bars, flags, sentences, and when there are none."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hhstudio.core.run import edge_contributions, events
from hhstudio.gui.views.accuracy.edge_contributions import BYPASSED_TIP, full_bar
from hhstudio.gui.views.accuracy.view import ALL, EDGES, MatrixView
from hhstudio.gui.widgets.theme import DARK, LIGHT

CONTRIBUTIONS = {"s1": 0.005, "s1@h": 0.2, edge_contributions.ALL: 0.3}
"""Of P2-0, which ends at 78, 79 and 80 percent on its three tasks."""


def measured(run, path=1, contributions=CONTRIBUTIONS):
    """Record accuracies without each contribution, as at the end of a run."""
    final = [run.accuracy(path, task, run.tasks - 1) for task in range(run.tasks)]
    rows = [
        (task, key, final[task] - lost) for task in range(run.tasks) for key, lost in contributions.items()
    ]
    names = list(contributions)
    run.apply(
        events.Metrics(
            names=tuple(map(edge_contributions.metric, names)),
            step=[run.step] * len(rows),
            path=[path] * len(rows),
            task=[task for task, _, _ in rows],
            metric=[names.index(key) for _, key, _ in rows],
            value=[value for _, _, value in rows],
        )
    )
    return run


def choose(view, data):
    """Click on a tab."""
    number = [view.tabs.tabData(n) for n in range(view.tabs.count())].index(data)
    QTest.mouseClick(view.tabs, Qt.MouseButton.LeftButton, pos=view.tabs.tabRect(number).center())
    QApplication.processEvents()


@pytest.fixture
def view(show, make_run):
    shown = show(MatrixView(), 368, 584)
    shown.set_history(measured(make_run().all()).history)
    QApplication.processEvents()
    return shown


def test_a_session_without_measurements_shows_no_edges_and_no_empty_frame(show, make_run):
    view = show(MatrixView(), 368, 584)
    view.set_history(make_run().all().history)
    assert view.contributions == {}
    assert EDGES not in [view.tabs.tabData(n) for n in range(view.tabs.count())]
    choose(view, "path:P2-0")
    assert view.body.height() == view.cards["P2-0"].height()


def test_edges_appear_when_a_live_run_has_measured_them(show, make_run):
    run = make_run().all()
    view = show(MatrixView(), 368, 584)
    view.set_history(run.history)
    measured(run)
    view.refresh(run.history.take_changes())
    choose(view, EDGES)
    assert view.contributions["P2-0"].isVisible()
    assert not view.cards["P1"].isVisible()
    assert "P1" not in view.contributions


def test_the_rows_go_down_the_chain_and_everything_generated_comes_last(view):
    choose(view, EDGES)
    card = view.contributions["P2-0"]
    rows = sorted(card.rows, key=lambda row: row.y())
    assert [row.contribution.title for row in rows] == [
        "H0 → P2-0",
        "H0 → P2-0 (residual)",
        "everything generated",
    ]
    assert all(card.rect().contains(row.geometry()) for row in rows)


def test_bars_are_as_long_as_the_contributions_and_share_one_scale(view):
    choose(view, EDGES)
    small, residual, whole = view.contributions["P2-0"].rows
    assert residual.bar().width() == pytest.approx(whole.bar().width() * 2 / 3, rel=0.01)
    assert small.bar().width() == pytest.approx(whole.bar().width() / 60, rel=0.01)
    assert full_bar([[row.contribution for row in (small, residual, whole)]]) == pytest.approx(0.3)
    assert full_bar([]) == full_bar([[small.contribution]]) == pytest.approx(0.1)


def test_a_bypassed_edge_is_flagged_and_explained_in_two_sentences(view):
    choose(view, EDGES)
    small, residual, _ = view.contributions["P2-0"].rows
    assert BYPASSED_TIP in small.toolTip()
    assert BYPASSED_TIP.count(". ") == 1
    assert BYPASSED_TIP.endswith(".")
    assert BYPASSED_TIP not in residual.toolTip()
    warn = QColor(LIGHT.warn)
    assert warn in colours(small)
    assert warn not in colours(residual)


def test_the_mouse_and_the_keyboard_say_what_is_lost(view):
    choose(view, EDGES)
    residual = view.contributions["P2-0"].rows[1]
    QTest.mouseMove(residual, QPoint(40, 10))
    wanted = "P2-0: without what H0 → P2-0 (residual) generates the mean accuracy over its tasks falls by"
    assert view.description.text() == f"{wanted} 20.0 pt"
    view.contributions["P2-0"].rows[0].setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view.contributions["P2-0"].rows[0], Qt.Key.Key_Tab)
    assert residual.hasFocus()
    assert view.description.text() == residual.accessibleDescription() == f"{wanted} 20.0 pt"


def test_a_gain_without_an_edge_is_told_as_a_gain(show, make_run):
    view = show(MatrixView(), 368, 584)
    view.set_history(measured(make_run().all(), contributions={"s1": -0.02}).history)
    (row,) = view.contributions["P2-0"].rows
    assert row.sentence.endswith("rises by 2.0 pt")
    assert row.bar().width() == 0
    assert row.contribution.bypassed


def test_a_card_says_what_the_anchors_alone_reach(view):
    assert view.contributions["P2-0"].remaining.text() == "The anchors alone reach 49.0 % of 79.0 %"


def test_a_card_counts_what_the_path_stores_and_generates(show, make_run):
    run = measured(make_run().all())
    count = events.ParameterCount(path="P2-0", root=10816, embeddings=1504, anchors=1898, generated=9490)
    run.apply(
        events.TopologyChanged(
            step=run.step, topology=run.history.topology, reason="", paths=run.paths, parameters=(count,)
        )
    )
    view = show(MatrixView(), 368, 584)
    view.set_history(run.history)
    choose(view, EDGES)
    counts = view.contributions["P2-0"].counts
    full = "Stored 14.2 k (root 10.8 k, embeddings 1.50 k, anchors 1.90 k), generated 9.49 k"
    assert counts.text() == "Stored 14.2 k (anchors 1.90 k), generated 9.49 k"
    assert counts.toolTip() == full
    assert counts.fontMetrics().horizontalAdvance(counts.text()) <= counts.width()
    view.resize(700, 584)
    QApplication.processEvents()
    assert counts.text() == full


def test_a_paths_own_tab_has_its_edges_below_its_matrix(view):
    choose(view, "path:P2-0")
    card, edges = view.cards["P2-0"], view.contributions["P2-0"]
    assert edges.isVisible()
    assert edges.y() > card.geometry().bottom()
    assert edges.geometry().bottom() <= view.area.viewport().height()
    choose(view, "path:P1")
    assert not edges.isVisible()
    choose(view, ALL)
    assert not edges.isVisible()


def test_edges_are_copied_as_text(view):
    choose(view, EDGES)
    view.setFocus()
    QTest.keyClick(view.contributions["P2-0"].rows[0], Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines() == [
        "P2-0: accuracy lost without what an edge generates",
        "H0 → P2-0               0.5 pt  bypassed",
        "H0 → P2-0 (residual)   20.0 pt",
        "everything generated   30.0 pt",
    ]


def test_bars_take_the_colours_of_the_theme(view, wear):
    choose(view, EDGES)
    residual = view.contributions["P2-0"].rows[1]
    assert QColor(LIGHT.node_hypernetwork) in colours(residual)
    wear(DARK)
    assert QColor(DARK.node_hypernetwork) in colours(residual)


def colours(widget):
    """Of the pixels of a widget."""
    image = widget.grab().toImage()
    return [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
