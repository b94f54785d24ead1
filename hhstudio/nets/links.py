"""Links: from a generator's raw output to the weights of its target."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hhstudio.core.spec.spec import Link
from hhstudio.core.tree.topology import AnchorKind, LinkMode, LinkOverride


@dataclass(frozen=True)
class ResolvedLink:
    """Link of one slot, with nothing left to inherit.

    ``direct``: weights = u. ``anchored``: weights = a + alpha * s * u, with s the wanted scale of every
    number and u of unit scale. The anchor begins at scale sqrt(1 - alpha^2) * s around the wanted mean, so
    that the sum has scale s whatever alpha is.

    Attributes
    ----------
    mode : {"direct", "anchored"}
    alpha : float
        Share of the generated change, 0 to 1.
    anchor : {"seeded", "learned", "shared", "parent"}
        Drawn and fixed; trained; trained and shared by all targets built alike; the weights of the generator
        itself.
    residual : bool
        Ancestors contribute, too (solvers only).
    """

    mode: LinkMode
    alpha: float
    anchor: AnchorKind
    residual: bool

    @property
    def anchored(self) -> bool:
        """Whether the generated numbers are added to an anchor."""
        return self.mode == "anchored"

    @property
    def stored(self) -> bool:
        """Whether there is an anchor that is stored and trained."""
        return self.anchored and self.anchor in ("learned", "shared")

    @property
    def anchor_scale(self) -> float:
        """Factor on the wanted standard deviation with which an anchor begins: sqrt(1 - alpha^2)."""
        return math.sqrt(max(0.0, 1.0 - self.alpha * self.alpha))


def resolve(settings: Link, override: LinkOverride | None, to_solver: bool) -> ResolvedLink:
    """Link of a slot.

    Parameters
    ----------
    settings : Link
        The spec's, for both kinds of target.
    override : LinkOverride or None
        What the slot says itself.
    to_solver : bool
        Whether the slot leads to a solver; an anchor ``parent`` then becomes ``shared``.

    Returns
    -------
    ResolvedLink
    """
    alpha, anchor = settings.alpha, settings.anchor
    if to_solver:
        alpha = settings.solver_alpha if settings.solver_alpha is not None else alpha
        anchor = settings.solver_anchor or anchor
    own = override or LinkOverride()
    anchor = own.anchor or anchor
    if to_solver and anchor == "parent":
        anchor = "shared"
    return ResolvedLink(
        mode=own.mode or settings.mode,
        alpha=alpha if own.alpha is None else own.alpha,
        anchor=anchor,
        residual=settings.residual if own.residual is None else own.residual,
    )
