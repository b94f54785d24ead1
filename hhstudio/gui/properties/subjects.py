"""What a group of rows is about: where its values come from, and the spec with another value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from msgspec.structs import replace

from hhstudio.core import edits, fields
from hhstudio.core import spec as specs
from hhstudio.core.fields import Field
from hhstudio.core.issue import Issue
from hhstudio.core.spec import Spec
from hhstudio.core.topology import Hypernetwork, LinkOverride, Solver
from hhstudio.gui.properties.row import Shown


class Subject(Protocol):
    """``title`` and ``fields`` of a group; values and edits of whatever it stands for."""

    title: str
    fields: tuple[Field, ...]
    resettable: bool

    def full_name(self, field: Field) -> str:
        """The dotted name of the setting, by which ranges and issues are known."""

    def shown(self, spec: Spec, field: Field) -> Shown:
        """The value now."""

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        """The spec with another value."""

    def notes(self, spec: Spec) -> dict[str, str]:
        """What follows from the values, by the field's name."""

    def issues(self, spec: Spec, found: Iterable[Issue]) -> dict[str, str]:
        """What is wrong, by the field's name."""


class SpecPart:
    """A part of the spec (``training``), or its top level (empty)."""

    resettable = False

    def __init__(self, part: str, title: str, chosen: tuple[str, ...] = ()) -> None:
        self.part, self.title = part, title
        known = fields.spec_fields(part)
        self.fields = tuple(f for f in known if not chosen or f.name.rpartition(".")[2] in chosen)

    def full_name(self, field: Field) -> str:
        return field.name

    def shown(self, spec: Spec, field: Field) -> Shown:
        value: Any = spec
        for name in field.name.split("."):
            value = getattr(value, name)
        return Shown(value)

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        changed: dict[str, Any] = {field.name: value}
        if field.name == "solver.architecture":
            changed["solver.options"] = {}  # arguments of another network
        if not isinstance(value, str):
            return specs.with_fields(spec, changed)
        name = field.name.rpartition(".")[2]  # text is taken as it is, not read as JSON
        if not self.part:
            return replace(spec, **{name: value})
        part = replace(getattr(spec, self.part), **{name: value})
        if name == "architecture":
            part = replace(part, options={})
        return replace(spec, **{self.part: part})

    def notes(self, spec: Spec) -> dict[str, str]:
        if self.part != "hypernetwork":
            return {}
        return {f"hypernetwork.{name}": text for name, text in fields.consequences(spec, ()).items()}

    def issues(self, spec: Spec, found: Iterable[Issue]) -> dict[str, str]:
        return {issue.field: issue.message for issue in found if issue.node is None and issue.field}


class Nodes:
    """Hypernetworks or solvers, one or many of a kind."""

    resettable = True

    def __init__(self, spec: Spec, node_ids: Iterable[str], solvers: bool) -> None:
        self.ids = tuple(node_ids)
        names = [spec.topology.by_id[i].name for i in self.ids]
        kind = "solver" if solvers else "hypernetwork"
        self.title = f"{names[0]}: {kind}" if len(names) == 1 else f"{len(names)} {kind}s"
        architecture = fields.spec_fields("solver")[0]._replace(
            name="architecture", optional=True, kind="choice", absent=""
        )
        tasks = Field(
            "tasks", "Tasks", "wholes", optional=True, absent="all",
            tip="Numbers of the tasks that the path learns, from 0; empty: all of them",
        )  # fmt: skip
        name = Field("name", "Name", "text", tip="Unique among its kind; a solver names its path")
        own = (architecture, tasks) if solvers else fields.node_fields()
        self.fields = (name, *own) if len(self.ids) == 1 else own
        self._part = "solver" if solvers else "hypernetwork"

    def full_name(self, field: Field) -> str:
        return f"{self._part}.{field.name}" if field.name not in ("name", "tasks") else f"node.{field.name}"

    def shown(self, spec: Spec, field: Field) -> Shown:
        values = [getattr(spec.topology.by_id[i], field.name) for i in self.ids if i in spec.topology.by_id]
        if not values:
            return Shown()
        inherited = ""
        if field.name in ("hidden", "chunk", "architecture"):
            default = fields.shown(field, getattr(getattr(spec, self._part), field.name))
            inherited = f"{default} (default)"
        own = field.name != "name" and any(value is not None for value in values)
        mixed = any(value != values[0] for value in values)
        return Shown(None if mixed else values[0], mixed, inherited, own)

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        changed: dict[str, Any] = {field.name: value}
        if field.name == "architecture":
            changed["options"] = None
        known = [i for i in self.ids if i in spec.topology.by_id]
        topology = edits.update_many(spec.topology, dict.fromkeys(known, changed))
        return replace(spec, topology=topology)

    def notes(self, spec: Spec) -> dict[str, str]:
        if self._part == "solver":
            return {}
        return fields.consequences(spec, self.ids)

    def issues(self, spec: Spec, found: Iterable[Issue]) -> dict[str, str]:
        mine = [issue for issue in found if issue.node in self.ids]
        return {issue.field.rpartition(".")[2]: issue.message for issue in mine if issue.field}


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
                f._replace(choices=tuple(c for c in f.choices if c != "parent")) for f in self.fields
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
        return for_solvers if for_solvers is not None else getattr(spec.link, field.name)

    def edited(self, spec: Spec, field: Field, value: Any) -> Spec:
        topology = spec.topology
        for slot_id in self.ids:
            slot = topology.slot_by_id.get(slot_id)
            if slot is not None:
                link = replace(slot.link or LinkOverride(), **{field.name: value})
                topology = edits.set_link(topology, slot_id, None if link == LinkOverride() else link)
        return replace(spec, topology=topology)

    def notes(self, spec: Spec) -> dict[str, str]:
        return {}

    def issues(self, spec: Spec, found: Iterable[Issue]) -> dict[str, str]:
        return {issue.code: issue.message for issue in found if issue.slot in self.ids and issue.code}


GENERAL = (
    ("hypernetwork", "Hypernetworks, unless they say otherwise"),
    ("solver", "Solvers, unless they say otherwise"),
    ("link", "Links, unless they say otherwise"),
    ("stream", "Stream of tasks"),
    ("training", "Training"),
    ("consolidation", "Consolidation"),
    ("growth", "Growth while it learns"),
    ("evaluation", "Evaluation"),
    ("recording", "Recording"),
    ("", "Session"),
)
"""Parts of the spec with their titles, in the order of the panel."""


def subjects(spec: Spec, selection: Iterable[str]) -> list[Subject]:
    """What the panel shows for a selection of nodes and slots; the spec's own parts for none."""
    topology, ids = spec.topology, list(selection)
    hypernetworks = [i for i in ids if isinstance(topology.by_id.get(i), Hypernetwork)]
    solvers = [i for i in ids if isinstance(topology.by_id.get(i), Solver)]
    slots = [i for i in ids if i in topology.slot_by_id]
    if len(ids) == 1 and ids[0] in topology.by_id and ids[0] in topology.incoming:
        slots = [topology.incoming[ids[0]].id]  # how it is generated belongs to it
    found: list[Subject] = []
    if hypernetworks:
        found.append(Nodes(spec, hypernetworks, solvers=False))
    if solvers:
        found.append(Nodes(spec, solvers, solvers=True))
    if slots:
        found.append(Slots(spec, slots))
    return found or [SpecPart(part, title) for part, title in GENERAL]
