"""Curves and matrices at the step that the window looks back to."""

import numpy as np

from hhstudio.gui.views.accuracy.view import MatrixView
from hhstudio.gui.views.curves.panels import CurvePanels


def test_the_matrix_shows_only_what_was_learned_by_then(show, make_run):
    run = make_run(paths=("P1",), tasks=3, steps=40).all()
    view = show(MatrixView())
    view.set_history(run.history)
    heat = view.cards["P1"].heatmap
    assert not np.isnan(heat.content.values[2, 0])
    view.set_step(85)
    assert not np.isnan(heat.content.values[1, 0])
    assert np.isnan(heat.content.values[2]).all()
    view.set_step(-1)
    assert not np.isnan(heat.content.values[2, 0])


def test_the_curves_mark_the_step(show, make_run):
    run = make_run(paths=("P1",)).all()
    panels = show(CurvePanels())
    panels.set_history(run.history)
    panel = panels.panels["P1", "accuracy"]
    before = panel.plot.grab().toImage()
    panels.set_step(50)
    assert [(e.x, e.label) for e in panel.plot.backdrop._events if e.strong] == [(50.0, "step 50")]
    assert panel.plot.grab().toImage() != before
    panels.set_step(-1)
    assert not [e for e in panel.plot.backdrop._events if e.strong]
