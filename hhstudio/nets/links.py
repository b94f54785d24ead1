"""Links: how a generator's raw output becomes the weights of its target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hhstudio.core.spec.spec import Link as LinkSettings
from hhstudio.core.tree.topology import AnchorKind, LinkMode, LinkOverride


@dataclass(frozen=True)
class Link:
    """One slot's link, resolved.

    ``direct``: weights = u. ``anchored``: weights = a + alpha * s * u, with s the wanted scale of every
    number and u of unit scale. The anchor begins at scale sqrt(1 - alpha^2) * s around the wanted mean,
    so that the sum has scale s whatever alpha is. Anchor ``parent``: the weights of the generator itself.
    """

    mode: LinkMode
    alpha: float
    anchor: AnchorKind
    residual: bool

    @property
    def anchored(self) -> bool:
        return self.mode == "anchored"

    @property
    def stored(self) -> bool:
        """Has an anchor that is stored and trained."""
        return self.anchored and self.anchor in ("learned", "shared")

    @property
    def anchor_scale(self) -> float:
        return math.sqrt(max(0.0, 1.0 - self.alpha**2))


def resolve(settings: LinkSettings, override: LinkOverride | None, to_solver: bool) -> Link:
    """The link of a slot: the spec's settings for its kind of target, and what the slot overrides."""
    alpha, anchor = settings.alpha, settings.anchor
    if to_solver:
        alpha = settings.solver_alpha if settings.solver_alpha is not None else alpha
        anchor = settings.solver_anchor or anchor
    own = override or LinkOverride()
    anchor = own.anchor or anchor
    if to_solver and anchor == "parent":
        anchor = "shared"
    return Link(
        mode=own.mode or settings.mode,
        alpha=alpha if own.alpha is None else own.alpha,
        anchor=anchor,
        residual=settings.residual if own.residual is None else own.residual,
    )
