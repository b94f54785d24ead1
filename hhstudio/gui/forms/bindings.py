"""Bindings of a form to a spec: where the values of its rows come from, and the spec with another value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from hhstudio.core.errors import HHStudioError
from hhstudio.core.issues import Issue
from hhstudio.core.spec import fields, notation, stream_edits
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.consequences import consequences
from hhstudio.core.spec.setting import Field, Range, value_of
from hhstudio.core.spec.spec import Part, Spec
from hhstudio.core.spec.tasks import plan
from hhstudio.core.tree import editing
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Node, Solver
from hhstudio.gui.forms.field_editor import Shown


class Binding(Protocol):
    """``title`` and ``fields`` of a group; values and edits of whatever it stands for."""

    title: str
    fields: tuple[Field, ...]
    resettable: bool

    def full_name(self, field: Field) -> str:
        """The dotted name of the setting, as it is told."""

    def shown(self, spec: Spec, field: Field) -> Shown:
        """The value now."""

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        """The spec with another value."""

    def notes(self, spec: Spec) -> dict[str, str]:
        """What follows from the values, by the field's name."""

    def issues(self, spec: Spec, issues: Iterable[Issue]) -> dict[str, str]:
        """What is wrong, by the field's name."""


class SpecSection:
    """A section of the spec (``training``), or its top level (empty)."""

    resettable = False

    def __init__(self, spec: Spec, name: str) -> None:
        section = fields.sections()[name]
        self.section, self.title = name, section.title
        self.fields = tuple(field for field in section.fields if field.shown)
        if name == "solver":
            self.fields += fields.option_fields(spec.solver.architecture, "solver.options.")

    def full_name(self, field: Field) -> str:
        return field.name

    def shown(self, spec: Spec, field: Field) -> Shown:
        if field.name.startswith("solver.options"):
            options = spec.solver.options
            value, default = _option(options, field), fields.shown(field, field.default)
            return Shown(value, False, f"{default} (default)" if default else "", value is not None)
        value = value_of(spec, field.name)
        if field.kind == "parts":
            return Shown(value or None, False, _planned(spec), bool(value))
        return Shown(value)

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        if field.kind == "parts":
            return stream_edits.listed(spec, value or ())
        if field.name.startswith("solver.options"):
            options = _with_option(spec.solver.options, field, value)
            return replace(spec, solver=replace(spec.solver, options=options))
        changed: dict[str, Any] = {field.name: value}
        if not isinstance(value, str):
            return specs.with_fields(spec, changed)
        changed = {field.name: msgspec.json.encode(value).decode()}  # a text that looks like JSON is a text
        if field.name == "solver.architecture":
            changed["solver.options"] = {}  # they are arguments of another network
        return specs.with_fields(spec, changed)

    def notes(self, spec: Spec) -> dict[str, str]:
        if self.section == "solver":
            nodes = [node for node in spec.topology.nodes if isinstance(node, Solver)]
            ids = [node.id for node in nodes if node.architecture is None and not node.options]
            sentences = consequences(spec, ids) if ids else {}
            return {f"solver.{name}": text for name, text in sentences.items()}
        if self.section != "hypernetwork":
            return {}
        return {f"hypernetwork.{name}": text for name, text in consequences(spec, ()).items()}

    def issues(self, spec: Spec, issues: Iterable[Issue]) -> dict[str, str]:
        wrong = {issue.field: issue.message for issue in issues if issue.node is None and issue.field}
        parts = next((text for name, text in wrong.items() if name.startswith("stream.parts[")), "")
        return wrong | ({"stream.parts": parts} if parts else {})


class Nodes:
    """Hypernetworks or solvers, one or many of a kind."""

    resettable = True

    def __init__(self, spec: Spec, node_ids: Iterable[str], solvers: bool) -> None:
        self.ids = tuple(node_ids)
        nodes = [spec.topology.by_id[i] for i in self.ids]
        kind = "solver" if solvers else "hypernetwork"
        self.title = f"{nodes[0].name}: {kind}" if len(nodes) == 1 else f"{len(nodes)} {kind}s"
        name = Field("name", "Name", "text", tip="Unique among its kind; a solver names its path")
        own = _solver_fields(spec, nodes) if solvers else fields.node_fields()
        self.fields = (name, *own) if len(self.ids) == 1 else own
        self._part = "solver" if solvers else "hypernetwork"

    def full_name(self, field: Field) -> str:
        return f"{self._part}.{field.name}" if field.name not in ("name", "tasks") else f"node.{field.name}"

    def shown(self, spec: Spec, field: Field) -> Shown:
        nodes = [spec.topology.by_id[i] for i in self.ids if i in spec.topology.by_id]
        if not nodes:
            return Shown()
        if field.name.startswith("options"):
            values = [_option(node.options or {}, field) for node in nodes if isinstance(node, Solver)]
            defaults = {_inherited_option(spec, node, field) for node in nodes if isinstance(node, Solver)}
            default = defaults.pop() if len(defaults) == 1 else ""
        else:
            values = [getattr(node, field.name) for node in nodes]
            default = ""
            if field.name in ("hidden", "chunk", "architecture"):
                default = fields.shown(field, getattr(getattr(spec, self._part), field.name))
        own = field.name != "name" and any(value is not None for value in values)
        mixed = any(value != values[0] for value in values)
        return Shown(None if mixed else values[0], mixed, f"{default} (default)" if default else "", own)

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        by_id = spec.topology.by_id
        known = [i for i in self.ids if i in by_id]
        changed: dict[str, dict[str, Any]] = {i: {field.name: value} for i in known}
        if field.name.startswith("options"):
            changed = {}
            for i in known:
                node = by_id[i]
                assert isinstance(node, Solver)
                options = node.options
                if options is None and node.architecture is not None:
                    options = specs.solver_of(spec, node)[1]  # what it has inherited so far stays
                changed[i] = {"options": _with_option(options or {}, field, value) or None}
        elif field.name == "architecture":
            changed = {i: {"architecture": value, "options": None} for i in known}
        return replace(spec, topology=editing.update_many(spec.topology, changed))

    def notes(self, spec: Spec) -> dict[str, str]:
        return consequences(spec, self.ids)

    def issues(self, spec: Spec, issues: Iterable[Issue]) -> dict[str, str]:
        mine = [issue for issue in issues if issue.node in self.ids and issue.field]
        names = sorted((field.name for field in self.fields), key=len)
        return {
            name: issue.message for issue in mine for name in names if f".{issue.field}".endswith(f".{name}")
        }


def _solver_fields(spec: Spec, nodes: Iterable[Node]) -> tuple[Field, ...]:
    """Options are offered where all solvers have the same architecture."""
    typed = fields.all_fields()["solver.architecture"]
    architecture = dataclasses.replace(typed, name="architecture", optional=True, absent="")
    tip = "Numbers of the tasks that the path learns, from 0; empty: all of them"
    tasks = Field("tasks", "Tasks", "wholes", tip=tip, optional=True, absent="all", range=Range(0))
    built = {specs.solver_of(spec, node)[0] for node in nodes if isinstance(node, Solver)}
    options = fields.option_fields(built.pop()) if len(built) == 1 else ()
    return (architecture, *options, tasks)


def _option(options: Mapping[str, Any], field: Field) -> Any:
    """The value of an option, None where there is none; of all arguments at once."""
    return (dict(options) or None) if field.kind == "options" else options.get(_option_name(field))


def _with_option(options: Mapping[str, Any], field: Field, value: Any) -> dict[str, Any]:
    """Other options, or with one of them set (None: taken out)."""
    if field.kind == "options":
        return value or {}
    others = {name: old for name, old in options.items() if name != _option_name(field)}
    return others if value is None else {**others, _option_name(field): value}


def _option_name(field: Field) -> str:
    return field.name.rpartition(".")[2]


def _inherited_option(spec: Spec, node: Solver, field: Field) -> str:
    """What a solver's option is without a value of its own, as text."""
    bare = replace(node, options=_with_option(node.options or {}, field, None) or None)
    value = _option(specs.solver_of(spec, bare)[1], field)
    return fields.shown(field, field.default) if value is None else fields.shown(field, value)


def _planned(spec: Spec) -> str:
    """The tasks that the stream gives by itself, as they would be written."""
    try:
        tasks = plan(spec.stream, spec.seed)
    except HHStudioError:
        return "cifar10: 0-9"
    if spec.stream.kind == "permuted":
        return "permuted streams have none"
    return notation.write_parts(Part(dataset=task.dataset, classes=task.classes) for task in tasks)


class Slots:
    """The links of one or many slots."""

    resettable = True

    def __init__(self, spec: Spec, slot_ids: Iterable[str]) -> None:
        self.ids = tuple(slot_ids)
        topology = spec.topology
        first = topology.slot_by_id[self.ids[0]]
        ends = f"{topology.by_id[first.source].name} → {topology.by_id[first.target].name}"
        self.title = f"Link {ends}" if len(self.ids) == 1 else f"{len(self.ids)} links"
        self.fields = fields.link_fields()
        solvers = [isinstance(topology.by_id[topology.slot_by_id[i].target], Solver) for i in self.ids]
        if any(solvers):  # nothing generates a solver of the same shape as itself
            self.fields = tuple(
                dataclasses.replace(f, choices=tuple(c for c in f.choices if c != "parent"))
                for f in self.fields
            )
        self._to_solver = all(solvers)

    def full_name(self, field: Field) -> str:
        return f"link.{field.name}"

    def shown(self, spec: Spec, field: Field) -> Shown:
        slots = [spec.topology.slot_by_id[i] for i in self.ids if i in spec.topology.slot_by_id]
        values = [getattr(slot.link, field.name) if slot.link else None for slot in slots]
        if not values:
            return Shown()
        mixed = any(value != values[0] for value in values)
        default = fields.shown(field, self._default(spec, field))
        value = None if mixed else values[0]
        if isinstance(value, bool):
            value = "yes" if value else "no"
        return Shown(value, mixed, f"{default} (default)", any(v is not None for v in values))

    def _default(self, spec: Spec, field: Field) -> Any:
        for_solvers = getattr(spec.link, f"solver_{field.name}", None) if self._to_solver else None
        value = for_solvers if for_solvers is not None else getattr(spec.link, field.name)
        return "shared" if self._to_solver and value == "parent" else value  # as a run takes it

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        topology = spec.topology
        for slot_id in self.ids:
            slot = topology.slot_by_id.get(slot_id)
            if slot is not None:
                link = replace(slot.link or LinkOverride(), **{field.name: value})
                topology = editing.set_link(topology, slot_id, None if link == LinkOverride() else link)
        return replace(spec, topology=topology)

    def notes(self, spec: Spec) -> dict[str, str]:
        return {}

    def issues(self, spec: Spec, issues: Iterable[Issue]) -> dict[str, str]:
        return {issue.code: issue.message for issue in issues if issue.slot in self.ids and issue.code}


_TREE_FIRST = ("hypernetwork", "solver", "link")
"""What the tree is made of comes first in the panel; then the other sections, as the spec has them."""


def bindings(spec: Spec, selection: Iterable[str]) -> list[Binding]:
    """What the panel shows for a selection of nodes and slots; the spec's own sections for none."""
    topology, ids = spec.topology, list(selection)
    hypernetworks = [i for i in ids if isinstance(topology.by_id.get(i), Hypernetwork)]
    solvers = [i for i in ids if isinstance(topology.by_id.get(i), Solver)]
    slots = [i for i in ids if i in topology.slot_by_id]
    if len(ids) == 1 and ids[0] in topology.by_id and ids[0] in topology.incoming:
        slots = [topology.incoming[ids[0]].id]  # how it is generated belongs to it
    bound: list[Binding] = []
    if hypernetworks:
        bound.append(Nodes(spec, hypernetworks, solvers=False))
    if solvers:
        bound.append(Nodes(spec, solvers, solvers=True))
    if slots:
        bound.append(Slots(spec, slots))
    return bound or [SpecSection(spec, name) for name in dict.fromkeys((*_TREE_FIRST, *fields.sections()))]
