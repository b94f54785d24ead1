"""Figures of the experiments: panels of lines or bars, as PNG and SVG. Needs matplotlib, and no screen."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hhstudio.core import colors
from hhstudio.core.atomic_write import replacing
from hhstudio.core.statistics import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INSTALL = "no figure: matplotlib is missing; pip install 'hhstudio[experiments]'"


@dataclass(frozen=True)
class FigureSeries:
    """One line, or one colour of bars. ``y``: numbers or estimates, whose standard error is drawn; None
    leaves a gap. ``color``: place in the palette, by default the place in the panel. ``dashed`` and
    ``marked`` (a marker at each point) hold for lines."""

    label: str
    x: Sequence[float | str]
    y: Sequence[float | int | Estimate | None]
    color: int | None = None
    dashed: bool = False
    marked: bool = True


@dataclass(frozen=True)
class FigurePanel:
    """Axes with their series. ``references``: labelled horizontal lines. ``percent``: y is a share, 0 to 1,
    and shown in percent. ``limits`` of y; None leaves one to the data. ``marks``: vertical lines, at x."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[FigureSeries]
    bars: bool = False
    log_x: bool = False
    log_y: bool = False
    percent: bool = False
    limits: tuple[float | None, float | None] = (None, None)
    references: Sequence[tuple[str, float]] = field(default_factory=tuple)
    marks: Sequence[float] = field(default_factory=tuple)


def available() -> bool:
    """Whether matplotlib is there."""
    return importlib.util.find_spec("matplotlib") is not None


def draw(panels: Sequence[FigurePanel], path: Path, columns: int = 0, share_y: bool = False) -> list[Path]:
    """Write ``path``.png and ``path``.svg with the panels side by side, in rows of ``columns`` (0: all in
    one row up to three). Returns the files; none without panels or without matplotlib (:data:`INSTALL`)."""
    if not panels or not available():
        return []
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = columns or min(len(panels), 3)
    rows = -(-len(panels) // columns)
    with rc_context(_STYLE):  # type: ignore[arg-type]  # matplotlib lists every key
        figure = Figure(figsize=(4.2 * columns + 0.4, 3.4 * rows + 0.2), dpi=160, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.subplots(rows, columns, squeeze=False, sharey=share_y).flat
        for axes, panel in zip(grid, panels, strict=False):
            _draw_panel(axes, panel)
        for axes in list(grid)[len(panels) :]:
            axes.remove()
        written = [path.with_name(f"{path.name}{suffix}") for suffix in (".png", ".svg")]
        for file in written:
            metadata = {"Date": None} if file.suffix == ".svg" else None
            with replacing(file) as picture:
                figure.savefig(picture, metadata=metadata)
    return written


_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": colors.MUTED,
    "axes.labelcolor": colors.MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": colors.GRID,
    "text.color": colors.TEXT,
    "xtick.color": colors.MUTED,
    "ytick.color": colors.MUTED,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "svg.hashsalt": "hhstudio",
}


def _draw_panel(axes: Axes, panel: FigurePanel) -> None:
    if panel.bars:
        _draw_bars(axes, panel)
    else:
        _draw_lines(axes, panel)
    axes.set_title(panel.title)
    axes.set_xlabel(panel.x_label)
    axes.set_ylabel(panel.y_label)
    for label, value in panel.references:
        axes.axhline(value, color=colors.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=1.5)
        axes.annotate(
            label, (1, value), (-2, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
            ha="right", va="bottom", fontsize=7, color=colors.MUTED,
        )  # fmt: skip
    for at in panel.marks:
        axes.axvline(at, color=colors.GRID, linewidth=1, zorder=0.5)
    if panel.log_y:
        from matplotlib.ticker import LogFormatter

        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.5)))
    axes.set_ylim(*panel.limits)
    if panel.percent:
        from matplotlib.ticker import PercentFormatter

        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if any(series.label for series in panel.series):
        axes.legend()


def _draw_lines(axes: Axes, panel: FigurePanel) -> None:
    for place, series in enumerate(panel.series):
        means, errors = _parts(series.y)
        axes.errorbar(
            list(series.x),
            means,
            yerr=errors if any(errors) else None,
            color=_color(series, place),
            linestyle="--" if series.dashed else "-",
            marker="o" if series.marked else None,
            capsize=2,
            label=series.label,
        )
    if panel.log_x:
        axes.set_xscale("log")
    shown = sorted({x for series in panel.series for x in series.x if not isinstance(x, str)})
    if 0 < len(shown) <= 8:
        axes.set_xticks(shown, [f"{x:g}" for x in shown])
        axes.minorticks_off()


def _draw_bars(axes: Axes, panel: FigurePanel) -> None:
    """Groups by x, in the order in which they first appear; one bar a series."""
    groups = list(dict.fromkeys(x for series in panel.series for x in series.x))
    width = 0.8 / max(1, len(panel.series))
    for place, series in enumerate(panel.series):
        means, errors = _parts(series.y)
        offset = (place - (len(panel.series) - 1) / 2) * width
        axes.bar(
            [groups.index(x) + offset for x in series.x], means, width * 0.92,
            yerr=errors if any(errors) else None, capsize=2, ecolor=colors.MUTED,
            color=_color(series, place), label=series.label,
        )  # fmt: skip
    axes.set_xticks(range(len(groups)), [str(group) for group in groups])
    axes.grid(visible=False, axis="x")


def _parts(values: Sequence[Any]) -> tuple[list[float], list[float]]:
    """Means (NaN for None) and standard errors (0 where there is none)."""
    means, errors = [], []
    for value in values:
        pair = (value.mean, value.error) if hasattr(value, "mean") else (value, None)
        means.append(float("nan") if pair[0] is None else float(pair[0]))
        errors.append(pair[1] or 0.0)
    return means, errors


def _color(series: FigureSeries, place: int) -> str:
    return colors.TASKS[(place if series.color is None else series.color) % len(colors.TASKS)]
