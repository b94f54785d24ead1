"""Accuracy tables: matrices as text, for a message or a spreadsheet."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np

from hhstudio.core.run.continual import Summary
from hhstudio.core.run.edge_contributions import contributions
from hhstudio.core.run.history import History
from hhstudio.core.spreadsheet import SpreadsheetWriter

FIGURES = (
    ("average", "ACC"),
    ("backward_transfer", "BWT"),
    ("forward_transfer", "FWT"),
    ("forgetting", "Forgetting"),
)
"""Fields of :class:`Summary` that are shown, with their usual abbreviations."""

OTHER_PATHS = ("through_other_paths", "Other paths")
END_FIGURES = (OTHER_PATHS, ("end_average", "End"))
"""Likewise, where the end of a run was measured."""


def figure_text(summary: Summary, field: str) -> str:
    """ACC in percent; transfers and forgetting, being differences, in percentage points with a sign."""
    value = getattr(summary, field)
    if value is None:
        return "–"
    if field in ("average", "end_average"):
        return f"{100 * value:.1f} %"
    return points_text(value, signed=field != "forgetting")


def points_text(value: float, signed: bool = False) -> str:
    """A difference of accuracies in percentage points, as ``+1.5 pt``."""
    points = round(100 * value, 1) + 0.0  # never −0.0
    sign = "+" if signed and points else ""
    return f"{points:{sign}.1f} pt".replace("-", "−")


def as_text(history: History, path: str) -> str:
    """One path's matrix in aligned columns, percent; rows are "after learning", columns "accuracy on". The
    row "end" is when every path had learned."""
    matrix = history.accuracy[path]
    head = f"{path}: accuracy (%) on task j (column) after learning task i (row)"
    rows = ["      " + "".join(f"{f'T{j}':>7}" for j in range(len(matrix)))]
    for i, row in enumerate(matrix):
        cells = "".join(f"{'–' if np.isnan(v) else f'{100 * v:.1f}':>7}" for v in row)
        rows.append(f"T{i:<5}{cells}")
    end = history.end_row(path)
    if end is not None:
        cells = "".join(f"{'–' if np.isnan(v) else f'{100 * v:.1f}':>7}" for v in end)
        rows.append(f"end   {cells}")
    summary = history.summary(path)
    shown = FIGURES if end is None else (*FIGURES, *END_FIGURES)
    figures = "   ".join(f"{name} {figure_text(summary, field)}" for field, name in shown)
    return "\n".join([head, *rows, figures])


def contributions_as_text(history: History, path: str) -> str:
    """Edge contributions on a path, a line each: points of accuracy lost without the edge."""
    edges = contributions(history, path)
    wide = max((len(edge.title) for edge in edges), default=0)
    rows = [
        f"{edge.title:<{wide}}  {points_text(edge.lost):>8}{'  bypassed' if edge.bypassed else ''}"
        for edge in edges
    ]
    return "\n".join([f"{path}: accuracy lost without what an edge generates", *rows])


def as_csv(history: History, paths: Sequence[str]) -> str:
    """Long columns: path, after_task ("end": when every path had learned), on_task, accuracy (share of 1);
    unmeasured cells are left out."""
    buffer = io.StringIO()
    writer = SpreadsheetWriter(buffer, lineterminator="\n")
    writer.writerow(("path", "after_task", "on_task", "accuracy"))
    for path in paths:
        for (i, j), value in np.ndenumerate(history.accuracy[path]):
            if not np.isnan(value):
                writer.writerow((path, i, j, f"{value:.6g}"))
        end = history.end_row(path)
        for j, value in enumerate([] if end is None else end):
            if not np.isnan(value):
                writer.writerow((path, "end", j, f"{value:.6g}"))
    return buffer.getvalue()
