"""What the health of a chain comes to, in a sentence, and from where on a figure is bad."""

from __future__ import annotations

import math

import numpy as np

from hhstudio.core.inspection import Health, LevelHealth

NEAR, FAR = 2.0, 5.0
"""Scale of generated tensors: within a factor of 2 of the wanted one is fine, beyond 5 is bad."""
GROWS = 4.0
"""A relative error may grow by this factor on its way to the solver's weights."""
BYPASSED = 0.01
"""Accuracy below which a level is not worth having: the chain goes around it."""

HELP = (
    "<p><b>How to read this.</b> Every column is one network of the chain, the root on the left and the "
    "solver on the right; each generates the next.</p>"
    "<p><b>Scale</b>: a dot for each generated tensor, its root mean square over the one that the network "
    "needs (fan-in scale). Dots far from the line mean signals that vanish or explode, level after level."
    "<br><b>Gradient</b>: what of the loss reaches this level. Levels that differ by decades do not learn "
    "together."
    "<br><b>Error of 1 % here</b>: the weights of this level are disturbed by 1 %, in random directions; the "
    "figure is how much the solver's weights change, and what that costs in accuracy. Where every level is "
    "generated from nothing, errors grow on their way: what consolidation allows at the root is more at the "
    "solver. Anchors add a small generated change to weights that stay, so that errors shrink."
    "<br><b>Worth</b>: accuracy lost when this level's generated part is taken out. Under 1 point it is "
    "bypassed: anchors do its work.</p>"
)


def scale_of(level: LevelHealth) -> np.ndarray:
    """(tensors,) scale over the wanted one, geometric mean over conditions; tensors without one left out."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(np.asarray(level.scale, float))
    logs[~np.isfinite(logs)] = np.nan
    known = ~np.isnan(logs).all(axis=0)
    return np.exp(np.nanmean(logs[:, known], axis=0)) if known.any() else np.empty(0)


def amplification_at(health: Health, level: int) -> float | None:
    """Growth of an error at a level (-1: the root) on its way to the solver; None where not measured."""
    return next((i.amplification for i in health.injections if i.level == level), None)


def drop_at(health: Health, level: int) -> float | None:
    """Accuracy that a relative error of 1 % at a level costs, mean over directions."""
    for injection in health.injections:
        if injection.level == level and len(injection.epsilons):
            at = int(np.argmin(np.abs(np.asarray(injection.epsilons) - 0.01)))
            drop = float(np.mean(np.asarray(injection.drop)[at]))
            return drop if math.isfinite(drop) else None
    return None


def verdict(health: Health) -> tuple[bool, str]:
    """Whether the chain holds, and why or why not."""
    wrong = []
    for level in health.levels:
        scales = scale_of(level)
        if len(scales):
            typical = float(np.exp(np.mean(np.log(np.maximum(scales, 1e-30)))))
            if not 1 / FAR <= typical <= FAR:
                size = "large" if typical > 1 else "small"
                factor = typical if typical > 1 else 1 / max(typical, 1e-30)
                wrong.append(f"{level.target} comes out {factor:.2g} times too {size}")
    growth = max((i.amplification for i in health.injections), default=0.0)
    if not growth <= 5 * GROWS:
        at = max(health.injections, key=lambda i: i.amplification)
        wrong.append(f"an error of 1 % at {at.place} has become {growth:.3g} % at the solver")
    idle = [level.target for level in health.levels if level.lost and max(level.lost) < BYPASSED]
    if wrong:
        return False, f"{health.path} does not hold: " + "; ".join(wrong) + "."
    text = (
        f"{health.path} holds: scales near the wanted ones, an error of 1 % becomes at most {growth:.2g} %."
    )
    if idle:
        text += f" Bypassed, worth less than a point: what generates {', '.join(idle)}."
    return True, text
