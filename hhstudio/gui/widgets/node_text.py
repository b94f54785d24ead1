"""Texts of cards and edges, in words and numbers: made from the document, painted by the items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from hhstudio.core.formatting import short_count
from hhstudio.core.issues import Issue
from hhstudio.core.run.edge_contributions import EdgeContribution
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import Costs, ParameterCount
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import Hypernetwork, Node, Slot, Solver, tasks_of
from hhstudio.gui.widgets.task_style import task_short


class NodeText(NamedTuple):
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
    pinned: bool = False
    short: str = ""

    @property
    def spoken(self) -> str:
        """The card for a screen reader, and its tool tip."""
        what = "root hypernetwork" if self.root else self.kind
        pinned = "pinned: stays where it is when the tree is tidied" if self.pinned else ""
        frozen = (
            "frozen: what is stored for it stays; what is generated for it may change" if self.frozen else ""
        )
        lines = [f"{self.name}: {what}", self.subtitle, self.detail, pinned, frozen, self.problem]
        return "\n".join(filter(None, lines))


class EdgeText(NamedTuple):
    """``label``: shown when near; ``direct``: drawn dashed; ``tip``: the whole link in words."""

    label: str
    direct: bool
    tip: str


def node_text(spec: Spec, node: Node, costs: Costs, depth: int | None, issues: Iterable[Issue]) -> NodeText:
    """``depth``: of the path that ends here or of the chain down to here; None for a loose node."""
    issues = sorted(issues, key=lambda issue: issue.severity != "error")
    if isinstance(node, Hypernetwork):
        text = _hypernetwork_text(spec, node, costs, depth)
    else:
        text = _solver_text(spec, node, costs, depth)
    return text._replace(
        badge=issues[0].severity if issues else "",
        problem="\n".join(issue.message for issue in issues),
        loose=depth is None,
        frozen=node.frozen,
        pinned=node.pinned,
    )


def _hypernetwork_text(spec: Spec, node: Hypernetwork, costs: Costs, depth: int | None) -> NodeText:
    cost = costs.nodes.get(node.id)
    count = short_count(cost.weights if cost else None)
    root = node.id == spec.topology.root
    hidden = node.hidden if node.hidden is not None else spec.hypernetwork.hidden
    chunk = node.chunk if node.chunk is not None else spec.hypernetwork.chunk
    built = f"{' · '.join(map(str, hidden)) or 'linear'} → {chunk}"
    targets = [target.name for target in spec.topology.children(node.id)]
    generates = f"generates {', '.join(targets)}" if targets else "generates nothing yet"
    subtitle = (
        f"root · {count} stored" if root else f"{count} generated" if depth is not None else f"{count}, loose"
    )
    whole = compression(costs.total) if root else ""
    return NodeText(
        "hypernetwork",
        node.name,
        subtitle,
        f"{built}{f'  ·  {whole}' if whole else ''}\n{generates}",
        root=root,
        short=f"{count} stored" if root else count,
    )


def _solver_text(spec: Spec, node: Solver, costs: Costs, depth: int | None) -> NodeText:
    cost = costs.nodes.get(node.id)
    count = short_count(cost.weights if cost else None)
    tasks = len(spec.stream.parts) or spec.stream.tasks
    title = architecture_title(node.architecture or spec.solver.architecture)
    where = "not connected"
    if depth is not None:
        path = costs.paths.get(node.name)
        whole = f" · {short_count(path.generated)} generated" if path else ""
        where = f"depth {depth}{whole}"
    return NodeText(
        "solver",
        node.name,
        f"{title} · {count}",
        f"{where}\n{tasks_in_words(tasks_of(node, tasks), tasks)}",
        short=count,
    )


def tasks_in_words(assigned: tuple[int, ...], count: int) -> str:
    """The tasks of a path: ``5 tasks`` for all, ``T0–T2, T4`` for some."""
    if len(assigned) == count:
        return f"{count} task{'' if count == 1 else 's'}"
    if not assigned:
        return "no tasks"
    runs: list[list[int]] = []
    for task in assigned:
        if runs and task == runs[-1][-1] + 1:
            runs[-1].append(task)
        else:
            runs.append([task])
    named = [
        task_short(run[0]) if len(run) == 1 else f"{task_short(run[0])}–{task_short(run[-1])}" for run in runs
    ]
    return f"task{'' if len(assigned) == 1 else 's'} {', '.join(named)}"


def compression(total: ParameterCount | None) -> str:
    """How much is generated from what is stored, as ``2.9×``; empty where it is not known."""
    if total is None or not total.stored:
        return ""
    ratio = total.generated / total.stored
    return f"{ratio:.2g}×" if ratio < 10 else f"{ratio:.0f}×"


def edge_text(spec: Spec, slot: Slot, contributions: Iterable[tuple[str, EdgeContribution]] = ()) -> EdgeText:
    """The slot's link with what it inherits; ``contributions``: what it contributes, by path,
    once measured."""
    text = _link_text(spec, slot)
    lines = [_contribution_line(path, contribution) for path, contribution in contributions]
    return text._replace(tip="\n".join([text.tip, *lines]))


def _contribution_line(path: str, contribution: EdgeContribution) -> str:
    flag = " (bypassed)" if contribution.bypassed else ""
    points = f"{100 * contribution.lost:.1f}".replace("-", "−")
    return f"{path} loses {points} points of accuracy without {contribution.title}{flag}"


def _link_text(spec: Spec, slot: Slot) -> EdgeText:
    own, link = slot.link, spec.link
    to_solver = isinstance(spec.topology.by_id.get(slot.target), Solver)
    mode = (own.mode if own else None) or link.mode
    residual = link.residual if own is None or own.residual is None else own.residual
    residual = residual and to_solver and slot.source in spec.topology.incoming
    tail = " + residual" if residual else ""
    if mode == "direct":
        return EdgeText(f"direct{tail}", True, f"direct{tail}: the output is the weights")
    alpha = link.solver_alpha if to_solver and link.solver_alpha is not None else link.alpha
    alpha = alpha if own is None or own.alpha is None else own.alpha
    anchor = (link.solver_anchor if to_solver else None) or link.anchor
    anchor = (own.anchor if own else None) or anchor
    return EdgeText(
        f"anchored{tail}", False, f"anchored{tail}: {anchor} anchor + {alpha:g} × what is generated"
    )


def architecture_title(architecture: str) -> str:
    """``ZenkeNet`` for ``zenke``, ``Net`` for ``my.package:Net``."""
    info = ARCHITECTURES.get(architecture)
    return info.title if info else architecture.rpartition(":")[2]
