"""Colours that screens and figures share, as ``#rrggbb`` on a light background."""

from __future__ import annotations

TEXT, MUTED, GRID = "#1c2127", "#59626d", "#e7eaee"

TASKS = (
    "#0072b2",
    "#d55e00",
    "#9669ff",
    "#a5b400",
    "#2db4ff",
    "#691e00",
    "#e19696",
    "#2d2d78",
    "#874b5a",
    "#003cb4",
)
"""Ten colours that stay apart (at least .08 in OKLab) for normal sight and all three dichromacies."""
