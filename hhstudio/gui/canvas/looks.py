"""What a card and an edge show, in words and numbers: made from the document, painted by the items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hhstudio.core.architectures import ARCHITECTURES
from hhstudio.core.costs import Costs
from hhstudio.core.issue import Issue
from hhstudio.core.spec import Spec
from hhstudio.core.topology import Hypernetwork, Node, Slot, Solver
from hhstudio.core.utilisation import Worth


class NodeLook(NamedTuple):
    """Texts of a card. ``badge``: "error", "warning" or nothing; ``problem`` is its reason; ``short``: all
    that is said from afar beside the name."""

    kind: str
    name: str
    subtitle: str
    detail: str
    badge: str = ""
    problem: str = ""
    root: bool = False
    loose: bool = False
    frozen: bool = False
    short: str = ""

    @property
    def spoken(self) -> str:
        """The card for a screen reader, and its tool tip."""
        what = "root hypernetwork" if self.root else self.kind
        lines = [f"{self.name}: {what}", self.subtitle, self.detail, self.problem]
        return "\n".join(filter(None, lines))


class EdgeLook(NamedTuple):
    """``label``: shown when near; ``direct``: drawn dashed; ``tip``: the whole link in words."""

    label: str
    direct: bool
    tip: str


def short_count(number: int | None) -> str:
    """1 234 567 as ``1.23 M``, three digits of it; a question mark for what is unknown."""
    if number is None:
        return "?"
    if number < 1000:
        return str(number)
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= factor * 0.9995:
            value = number / factor
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {unit}"
    return str(number)


def node_look(spec: Spec, node: Node, costs: Costs, depth: int | None, found: Iterable[Issue]) -> NodeLook:
    """``depth``: of the path that ends here or of the chain down to here; None for a loose node."""
    issues = sorted(found, key=lambda issue: issue.severity != "error")
    badge = issues[0].severity if issues else ""
    problem = "\n".join(issue.message for issue in issues)
    cost = costs.nodes.get(node.id)
    count = short_count(cost.weights if cost else None)
    root = node.id == spec.topology.root
    loose = depth is None
    if isinstance(node, Hypernetwork):
        hidden = node.hidden if node.hidden is not None else spec.hypernetwork.hidden
        chunk = node.chunk if node.chunk is not None else spec.hypernetwork.chunk
        layers = " · ".join(map(str, hidden)) or "linear"
        number = len(spec.topology.outgoing.get(node.id, ()))
        subtitle = (
            f"root · {count} stored" if root else f"{count} generated" if not loose else f"{count}, loose"
        )
        detail = f"{layers} → {chunk}\n{number} target{'' if number == 1 else 's'}"
        return NodeLook(
            "hypernetwork",
            node.name,
            subtitle,
            detail,
            badge,
            problem,
            root,
            loose,
            node.frozen,
            f"{count} stored" if root else count,
        )
    tasks = len(spec.stream.parts) or spec.stream.tasks
    where = "not connected" if loose else f"depth {depth}\n{tasks} task{'' if tasks == 1 else 's'}"
    title = architecture_title(node.architecture or spec.solver.architecture)
    return NodeLook(
        "solver", node.name, f"{title} · {count}", where, badge, problem, False, loose, node.frozen, count
    )


def edge_look(spec: Spec, slot: Slot, worths: Iterable[tuple[str, Worth]] = ()) -> EdgeLook:
    """The slot's link with what it inherits; ``worths``: what it is worth, by path, once measured."""
    look = _link_look(spec, slot)
    lines = [_worth_line(path, worth) for path, worth in worths]
    return look._replace(tip="\n".join([look.tip, *lines]))


def _worth_line(path: str, worth: Worth) -> str:
    flag = " (bypassed)" if worth.bypassed else ""
    points = f"{100 * worth.lost:.1f}".replace("-", "−")
    return f"{path} loses {points} points of accuracy without {worth.title}{flag}"


def _link_look(spec: Spec, slot: Slot) -> EdgeLook:
    own, link = slot.link, spec.link
    to_solver = isinstance(spec.topology.by_id.get(slot.target), Solver)
    mode = (own.mode if own else None) or link.mode
    residual = link.residual if own is None or own.residual is None else own.residual
    residual = residual and to_solver and slot.source in spec.topology.incoming
    tail = " + residual" if residual else ""
    if mode == "direct":
        return EdgeLook(f"direct{tail}", True, f"direct{tail}: the output is the weights")
    alpha = link.solver_alpha if to_solver and link.solver_alpha is not None else link.alpha
    alpha = alpha if own is None or own.alpha is None else own.alpha
    anchor = (link.solver_anchor if to_solver else None) or link.anchor
    anchor = (own.anchor if own else None) or anchor
    return EdgeLook(
        f"anchored{tail}", False, f"anchored{tail}: {anchor} anchor + {alpha:g} × what is generated"
    )


def architecture_title(architecture: str) -> str:
    """``ZenkeNet`` for ``zenke``, ``Net`` for ``my.package:Net``."""
    info = ARCHITECTURES.get(architecture)
    return info.title if info else architecture.rpartition(":")[2]
