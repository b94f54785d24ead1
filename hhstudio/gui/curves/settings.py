"""What the curve panels show and how: one object, changed by the toolbar and the legend, read by all."""

from __future__ import annotations

from dataclasses import dataclass, field

from hhstudio.gui.curves import metrics
from hhstudio.gui.curves.stepmap import Mode


@dataclass
class Settings:
    """``smoothing`` and ``log`` are remembered for each metric; ``hidden`` are tasks that the legend hides.

    ``linked``: all panels share one x range. ``live``: a run is going on, so ranges grow in steps.
    """

    metrics: tuple[str, ...] = ("accuracy",)
    mode: Mode = "path"
    linked: bool = True
    live: bool = False
    hidden: set[int] = field(default_factory=set)
    smoothing: dict[str, float] = field(default_factory=dict)
    log: dict[str, bool] = field(default_factory=dict)

    def smoothing_of(self, metric: str) -> float:
        return self.smoothing.get(metric, metrics.metric(metric).smoothing)

    def log_of(self, metric: str) -> bool:
        known = metrics.metric(metric)
        return not known.percent and self.log.get(metric, known.log)
