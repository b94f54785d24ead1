"""Verdict on the health of a chain, in a sentence, and the limits beyond which a figure is bad."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from hhstudio.core.analysis.answers import Health, LevelHealth
from hhstudio.core.run.edge_contributions import BYPASSED
from hhstudio.gui.widgets.markup import Markup

NEAR, FAR = 2.0, 5.0
"""Scale of generated tensors: within a factor of 2 of the wanted one is fine, beyond 5 is bad."""
GROWS = 4.0
"""A relative error may grow by this factor on its way to the solver's weights."""

HELP = Markup(
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
    "<br><b>Contribution</b>: accuracy lost when this level's generated part is taken out. Under 1 point it "
    "is <i>bypassed</i>: anchors, or other levels, do its work. At −1 or less it is <i>harmful</i>: accuracy "
    "is higher without it. What is within two standard errors (of the same images with and without it) is "
    "<i>unclear</i>. Measured on one task; the edges beside the accuracy matrix are measured on all tasks."
    "</p><p><b>The verdict</b> first says whether numbers hold: scales within a factor of 5, and no error "
    "grown by more than 20. Then whether levels earn their place. A chain can hold and still go around a "
    "level, and a level that is used need not make the chain better than a shorter one.</p>"
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


Use = Literal["used", "bypassed", "harmful", "unclear", "not measured"]
SURE = 2.0
"""Standard errors beyond which a contribution is taken for more than chance."""


def use_of(level: LevelHealth) -> Use:
    """What taking a level's contributions out one at a time says of it: ``harmful`` where accuracy is a point
    or more *higher* without one of them, and none contributes a point; ``unclear`` where it may be chance."""
    judged = [_judged(contribution, unsure) for contribution, unsure in _contributions(level)]
    order: tuple[Use, ...] = ("used", "harmful", "unclear", "bypassed")
    return next((use for use in order if use in judged), "not measured")


def contribution_of(level: LevelHealth) -> float | None:
    """The contribution that :func:`use_of` goes by; None where it was not measured."""
    use = use_of(level)
    known = [
        contribution for contribution, unsure in _contributions(level) if _judged(contribution, unsure) == use
    ]
    if not known:
        return None
    return min(known) if use == "harmful" else max(known, key=abs) if use == "unclear" else max(known)


def _contributions(level: LevelHealth) -> list[tuple[float, float]]:
    """(accuracy, standard error) of the contributions that were measured."""
    errors = level.unsure or (0.0,) * len(level.lost)
    return [(c, e) for c, e in zip(level.lost, errors, strict=True) if math.isfinite(c)]


def _judged(contribution: float, unsure: float) -> Use:
    if abs(contribution) < BYPASSED:
        return "bypassed"
    if abs(contribution) <= SURE * unsure:
        return "unclear"
    return "used" if contribution > 0 else "harmful"


class Verdict(NamedTuple):
    """``grade``: good, mixed (numbers hold, but not every level is known to earn its place) or bad."""

    grade: Literal["good", "mixed", "bad"]
    text: str


def verdict(health: Health) -> Verdict:
    """Whether the chain holds, which of its levels earn their place, and why or why not."""
    wrong = _what_fails(health)
    uses = [(level.target, use_of(level), contribution_of(level)) for level in health.levels]
    remarks = []
    for use, words in (
        ("bypassed", "bypassed (contributes less than a point)"),
        ("harmful", "harmful (accuracy is higher without it)"),
        ("unclear", "too little to tell from chance on so few images"),
    ):
        parts = [f"{name}, {_points(contribution)}" for name, own, contribution in uses if own == use]
        if parts:
            remarks.append(f"{words}: what generates {'; '.join(parts)}")
    if all(use == "not measured" for _, use, _ in uses):
        remarks.append("what its levels contribute was not measured: no test images here")
    gained = health.accuracy - health.anchors_only
    if math.isfinite(gained) and gained < BYPASSED:
        remarks.append("with nothing generated at all, accuracy is the same")
    said = "".join(f" {text[:1].upper()}{text[1:]}." for text in remarks)
    if wrong:
        return Verdict("bad", f"{health.path} does not hold: {'; '.join(wrong)}.{said}")
    growth = max((i.amplification for i in health.injections), default=0.0)
    numbers = f"scales near the wanted ones, an error of 1 % becomes at most {growth:.2g} %"
    if remarks:
        return Verdict("mixed", f"{health.path}: numbers hold ({numbers}), but look at its levels.{said}")
    least = min(uses, key=lambda use: use[2] if use[2] is not None else math.inf)
    return Verdict(
        "good",
        f"{health.path} holds: {numbers}; every level is used, {least[0]} least ({_points(least[2])}).",
    )


def _what_fails(health: Health) -> list[str]:
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
    return wrong


def _points(contribution: float | None) -> str:
    return f"{100 * (contribution or 0.0):.1f} points".replace("-", "−")
