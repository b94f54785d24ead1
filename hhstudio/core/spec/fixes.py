"""Fixes of issues: what can be done about those with a remedy that a program can know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from msgspec.structs import replace

from hhstudio.core.issues import Issue
from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.costs import image_shape
from hhstudio.core.spec.datasets import DATASETS
from hhstudio.core.spec.fields import all_fields
from hhstudio.core.spec.setting import value_of
from hhstudio.core.spec.spec import Spec, with_fields
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Slot, Solver, Topology, tasks_of


class Fix(NamedTuple):
    """``title``: what it does, for a menu; ``spec``: the spec that it leads to."""

    title: str
    spec: Spec


def fixes(spec: Spec, issue: Issue) -> tuple[Fix, ...]:
    """Remedies of an issue of that spec, the likeliest first; empty where a person has to decide."""
    remedies = _FIXES.get(issue.code)
    return tuple(remedies(spec, issue)) if remedies is not None else ()


def _with_tree(spec: Spec, title: str, topology: Topology) -> Fix:
    return Fix(title, replace(spec, topology=topology))


def _loose(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology, node = spec.topology, spec.topology.by_id[issue.node or ""]
    root = topology.by_id.get(topology.root or "")
    if root is not None:
        after = editing.connect(topology, root.id, node.id)
        yield _with_tree(spec, f"Let {root.name} generate {node.name}", after)
    yield _with_tree(spec, f"Remove {node.name} and what is below", editing.remove(topology, [node.id]))


def _barren(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology, node = spec.topology, spec.topology.by_id[issue.node or ""]
    yield _with_tree(spec, f"Add a solver below {node.name}", editing.add_solver(topology, node.id)[0])
    if node.id != topology.root:
        yield _with_tree(spec, f"Remove {node.name}", editing.remove(topology, [node.id]))


def _empty(spec: Spec, issue: Issue) -> Iterator[Fix]:
    yield _with_tree(spec, "Start with a root and a solver", editing.single())


def _no_root(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology = spec.topology
    tops = [n for n in topology.nodes if isinstance(n, Hypernetwork) and n.id not in topology.incoming]
    for node in sorted(tops, key=lambda n: -len(topology.subtree(n.id)))[:3]:
        yield _with_tree(spec, f"Make {node.name} the root", replace(topology, root=node.id))
    if not tops:
        after, node_id = editing.add_root(replace(topology, root=None))
        yield _with_tree(spec, f"Add the root {after.by_id[node_id].name}", after)


def _slot(spec: Spec, issue: Issue) -> Iterator[Fix]:
    slot = spec.topology.slot_by_id[issue.slot]
    yield _with_tree(
        spec, f"Disconnect {_name(spec, slot.target)}", editing.disconnect(spec.topology, slot.id)
    )


def _parents(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology = spec.topology
    leading = [slot for slot in topology.slots if slot.target == issue.node]
    for slot_to_keep in leading[:3]:
        after = topology
        for slot in leading:
            after = after if slot.id == slot_to_keep.id else editing.disconnect(after, slot.id)
        yield _with_tree(spec, f"Keep the slot of {_name(spec, slot_to_keep.source)} only", after)


def _rename(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology, node = spec.topology, spec.topology.by_id[issue.node or ""]
    taken = {other.name for other in topology.nodes if other.id != node.id}
    parent = topology.parent(node.id)
    if isinstance(node, Solver) and parent is not None:
        name = topology.path_name_below(parent.id)
    else:
        letter = "H" if isinstance(node, Hypernetwork) else "P"
        name = next(n for i in range(len(taken) + 2) if (n := f"{letter}{i}") not in taken)
    yield _with_tree(spec, f"Rename {node.name[:20]} to {name}", editing.update(topology, node.id, name=name))


def _reset(spec: Spec, issue: Issue) -> Iterator[Fix]:
    node = spec.topology.by_id[issue.node or ""]
    default = "the automatic layout" if issue.field == "position" else "what is set for all"
    after = editing.update(spec.topology, node.id, **{issue.field: None})
    yield _with_tree(spec, f"Give {node.name} {default}", after)


def _alpha(spec: Spec, issue: Issue) -> Iterator[Fix]:
    slot = spec.topology.slot_by_id[issue.slot]
    after = editing.set_link(spec.topology, slot.id, replace(slot.link or LinkOverride(), alpha=None))
    yield _with_tree(spec, "Use the scale that is set for all links", after)


def _unlike_parent(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology = spec.topology
    slot: Slot = topology.slot_by_id[issue.slot]
    giver, taker = topology.by_id[slot.source], topology.by_id[slot.target]
    if isinstance(giver, Hypernetwork):
        after = editing.update(topology, taker.id, hidden=giver.hidden, chunk=giver.chunk)
        yield _with_tree(spec, f"Build {taker.name} like {giver.name}", after)
    after = editing.set_link(topology, slot.id, replace(slot.link or LinkOverride(), anchor="learned"))
    yield _with_tree(spec, f"Give {taker.name} a learned anchor of its own", after)


def _tasks(spec: Spec, issue: Issue) -> Iterator[Fix]:
    topology, node = spec.topology, spec.topology.by_id[issue.node or ""]
    assert isinstance(node, Solver)
    count = len(spec.stream.parts) or spec.stream.tasks
    tasks = tasks_of(node, count)
    if tasks:
        after = editing.assign_tasks(topology, [node.id], tasks)
        yield _with_tree(spec, f"Let {node.name} learn only tasks that there are", after)
    after = editing.assign_tasks(topology, [node.id], None)
    yield _with_tree(spec, f"Let {node.name} learn all tasks", after)


def _architecture(spec: Spec, issue: Issue) -> Iterator[Fix]:
    """A solver that the images are large enough for."""
    shape = image_shape(spec.stream)
    side = min(shape[1:]) if shape else 1
    for name in ("small-cnn", "mlp"):
        title = ARCHITECTURES[name].title
        if side < ARCHITECTURES[name].smallest:
            continue
        if issue.node is None:
            fields: dict[str, Any] = {"solver.architecture": name, "solver.options": {}}
            yield Fix(f"Use {title} for all solvers", with_fields(spec, fields))
        else:
            after = editing.update(spec.topology, issue.node, architecture=name, options=None)
            article = "an" if title == "MLP" else "a"
            yield _with_tree(spec, f"Make {_name(spec, issue.node)} {article} {title}", after)


def _option(spec: Spec, issue: Issue) -> Iterator[Fix]:
    """Without the option at fault: its default counts."""
    name = issue.field.rpartition(".")[2]
    if issue.node is None:
        options = {key: value for key, value in spec.solver.options.items() if key != name}
        yield Fix(f"Leave {name} at its default", replace(spec, solver=replace(spec.solver, options=options)))
        return
    node = spec.topology.by_id[issue.node]
    assert isinstance(node, Solver)
    options = {key: value for key, value in (node.options or {}).items() if key != name}
    after = editing.update(spec.topology, node.id, options=options or None)
    yield _with_tree(spec, f"Leave {name} of {node.name} at its default", after)


def _range(spec: Spec, issue: Issue) -> Iterator[Fix]:
    """The nearest number that the field may be."""
    value = value_of(spec, issue.field)
    allowed = all_fields()[issue.field].range
    if allowed is None or isinstance(value, tuple) or allowed.above or allowed.below:
        return
    near = allowed.low if not value > allowed.high else allowed.high
    near = int(near) if isinstance(value, int) else near
    yield Fix(f"Set {issue.field} to {near:g}", with_fields(spec, {issue.field: near}))


def _classes(spec: Spec, issue: Issue) -> Iterator[Fix]:
    stream, info = spec.stream, DATASETS[spec.stream.dataset]
    most = info.classes // max(stream.classes_per_task, 1)
    if most:
        yield Fix(f"Use {most} task{'' if most == 1 else 's'}", with_fields(spec, {"stream.tasks": most}))
    each = info.classes // max(stream.tasks, 1)
    if each:
        fields = {"stream.classes_per_task": each}
        yield Fix(f"Use {each} class{'' if each == 1 else 'es'} a task", with_fields(spec, fields))


def _held_out(spec: Spec, issue: Issue) -> Iterator[Fix]:
    yield Fix("Hold out a tenth of the training images", with_fields(spec, {"stream.validation": 0.1}))


def _in_between(spec: Spec, issue: Issue) -> Iterator[Fix]:
    yield Fix("Measure every 50 steps", with_fields(spec, {"evaluation.every": 50}))


def _name(spec: Spec, node_id: str) -> str:
    return spec.topology.by_id[node_id].name


_FIXES: dict[str, Callable[[Spec, Issue], Iterator[Fix]]] = {
    "loose": _loose,
    "barren": _barren,
    "empty": _empty,
    "no root": _no_root,
    "slot": _slot,
    "parents": _parents,
    "name": _rename,
    "reset": _reset,
    "alpha": _alpha,
    "unlike parent": _unlike_parent,
    "tasks": _tasks,
    "architecture": _architecture,
    "option": _option,
    "range": _range,
    "classes": _classes,
    "held out": _held_out,
    "in between": _in_between,
}
