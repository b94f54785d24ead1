"""Curve settings: what the panels show and how, changed by toolbar and legend, read by all."""

from __future__ import annotations

from dataclasses import dataclass, field

from hhstudio.gui.views.curves.stepmap import Mode
from hhstudio.gui.widgets import metric_names as metrics


@dataclass
class Settings:
    """``smoothing`` and ``log`` are remembered for each metric; ``hidden`` are tasks that the legend hides.

    ``linked``: all panels share one x range. ``live``: a run is going on, so ranges grow in steps.
    ``looked_at``: the step that the window looks back to, -1 for none. ``locked``: ranges stay as they are,
    whatever comes. ``log_x``: a logarithmic x axis. ``hidden_panels`` and ``order``: panels by path and
    metric; those that ``order`` does not name follow as they come.
    """

    metrics: tuple[str, ...] = ("accuracy",)
    mode: Mode = "path"
    linked: bool = True
    live: bool = False
    looked_at: int = -1
    locked: bool = False
    log_x: bool = False
    hidden_panels: set[tuple[str, str]] = field(default_factory=set)
    order: list[tuple[str, str]] = field(default_factory=list)
    hidden: set[int] = field(default_factory=set)
    smoothing: dict[str, float] = field(default_factory=dict)
    log: dict[str, bool] = field(default_factory=dict)

    def arranged(self, keys: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Keys of panels in the order in which they are shown."""
        place = {key: at for at, key in enumerate(self.order)}
        return sorted(keys, key=lambda key: place.get(key, len(place)))

    def smoothing_of(self, metric: str) -> float:
        return self.smoothing.get(metric, metrics.metric(metric).smoothing)

    def log_of(self, metric: str) -> bool:
        about = metrics.metric(metric)
        return not about.percent and self.log.get(metric, about.log)
