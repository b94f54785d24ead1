"""Figures of a session for papers: accuracy curves and accuracy matrices of every path (Matplotlib)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hhstudio.core.atomic_write import replacing
from hhstudio.core.errors import ExportError
from hhstudio.store.export.files import needed_for

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session

SUFFIXES = (".png", ".svg")
COLUMN = 3.4
"""Width of a path's panels, inches."""
MOST = 12
"""Tasks whose accuracies are written into the matrix, and named in the legend."""


def export_figures(session: Session, out: Path, path: str | None = None) -> None:
    """One figure: for every path (or the one given) its accuracy while it learns, one curve a task, above
    its accuracy matrix R[i, j]. Raises ExportError and WriteError."""
    if out.suffix not in SUFFIXES:
        raise ExportError(f"{out}: figures are written as {', '.join(SUFFIXES)}")
    paths = session.paths if path is None else (path,)
    if not set(paths) <= set(session.paths) or not paths:
        raise ExportError(f"{session.path}: there is no path {path!r}; known: {', '.join(session.paths)}")
    with needed_for("a figure"):
        import matplotlib
        from matplotlib.figure import Figure
    with matplotlib.rc_context({"svg.hashsalt": "hhstudio", "svg.fonttype": "path", "font.size": 8}):
        figure = Figure(figsize=(COLUMN * len(paths), 5.6), layout="constrained")
        panels = figure.subplots(2, len(paths), squeeze=False)
        for at, name in enumerate(paths):
            _curves(panels[0][at], session, name)
            _matrix(panels[1][at], session, name)
        panels[0][0].set_ylabel("accuracy")
        if len(session.tasks) <= MOST:
            panels[0][-1].legend(loc="lower right", fontsize=6)
        with replacing(out) as file:
            figure.savefig(file, dpi=200, metadata={"Date": None} if out.suffix == ".svg" else None)


def _curves(panel: Any, session: Session, path: str) -> None:
    history = session.history
    for mark in (m for m in history.marks if m.path == path):
        panel.axvline(mark.start, color="0.85", linewidth=0.8, zorder=0)
    for task, info in enumerate(session.tasks):
        series = history.series.get((path, task, "accuracy"))
        if series is not None and len(series):
            panel.plot(series.steps, series.values, linewidth=1, label=info.name)
    panel.set(title=path, xlabel="step", ylim=(0, 1.02))


def _matrix(panel: Any, session: Session, path: str) -> None:
    matrix, tasks = session.accuracy(path), len(session.tasks)
    end = session.end_accuracy(path) if len(session.paths) > 1 else None
    if end is not None:
        matrix = np.vstack([matrix, end])
    panel.imshow(matrix, vmin=0, vmax=1, cmap="Blues", aspect="equal")
    if tasks <= MOST:
        for (row, column), value in np.ndenumerate(matrix):
            if not np.isnan(value):
                color = "white" if value > 0.6 else "black"
                panel.text(column, row, f"{value:.2f}", ha="center", va="center", color=color, fontsize=6)
    summary = session.history.summary(path)
    # no matrix of our own making is empty, but a run may have ended before its first task did
    means = "" if summary.average is None or np.isnan(summary.average) else f"ACC {summary.average:.3f}"
    panel.set(title=means, xlabel="accuracy on task", ylabel="after learning task")
    every = max(1, tasks // MOST)
    names = [*map(str, range(1, tasks + 1, every))]
    places = [*range(0, tasks, every)]
    panel.set_xticks(places, names)
    panel.set_yticks(*((places, names) if end is None else ([*places, tasks], [*names, "end"])))
