"""Interchange files of trees and specs: JSON whose errors are all reported at once, and graphs.

A topology file is ``{"format": "hhstudio-topology", "version": 1, "name": ..., "notes": ...,
"topology": {...}}``; a spec file (:mod:`hhstudio.core.spec.spec`) holds a topology among its fields.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hhstudio.core.errors import SpecError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.plain_text import utf8
from hhstudio.core.spec.setting import unwrapped
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.versions import up_to_date
from hhstudio.core.tree.annotations import Annotation
from hhstudio.core.tree.topology import Node, Slot, Topology

if TYPE_CHECKING:
    import networkx as nx

MOST_SHOWN = 12
"""Problems of a file that are named; of the others, the number."""
_LISTS: dict[str, Any] = {"nodes": Node, "slots": Slot, "annotations": Annotation}


class TopologyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tree without the settings of a run."""

    format: Literal["hhstudio-topology"] = "hhstudio-topology"
    version: Literal[1] = 1
    name: str = ""
    notes: str = ""
    topology: Topology = Topology()


class ImportFailedError(SpecError):
    """A file that cannot be used; ``problems`` are all of them, a line each."""

    def __init__(self, source: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        shown = "; ".join(problems[:MOST_SHOWN])
        more = f" (and {len(problems) - MOST_SHOWN} more)" if len(problems) > MOST_SHOWN else ""
        super().__init__(f"{source}: {shown}{more}")


def encode_topology(topology: Topology, name: str = "", notes: str = "") -> bytes:
    """A topology file as indented UTF-8 JSON with a final newline."""
    file = TopologyFile(name=name, notes=notes, topology=topology)
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def load(path: Path) -> Spec | TopologyFile:
    """The spec or the tree in a JSON file. Raises :class:`SpecError`, or :class:`ImportFailedError` with
    everything that is wrong with it."""
    try:
        data = utf8(read_bytes(path))
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror or error}") from None
    return decode(data, str(path))


def decode(data: bytes | str, source: str = "file") -> Spec | TopologyFile:
    """:func:`load`, of text."""
    try:
        tree = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SpecError(f"{source}: this is not JSON: {error}") from None
    if not isinstance(tree, dict):
        raise SpecError(f"{source}: a spec or a topology is a JSON object, this is a {type(tree).__name__}")
    kind: type[Spec | TopologyFile] = TopologyFile if tree.get("format") == "hhstudio-topology" else Spec
    if kind is Spec:
        tree = up_to_date(tree)
    problems = [*_field_problems(kind, tree), *_identity_problems(tree.get("topology"))]
    if problems:
        raise ImportFailedError(source, problems)
    try:
        return msgspec.convert(tree, kind)
    except msgspec.ValidationError as error:
        raise ImportFailedError(source, [_readable(error, "")]) from None


def graph(topology: Topology) -> nx.DiGraph[str]:
    """The tree as a networkx graph: nodes and edges by id, their set fields as attributes; lists and
    objects as JSON texts, so that every format of networkx can hold them."""
    import networkx as nx  # a fifth of a second, which only an export is worth

    digraph: nx.DiGraph[str] = nx.DiGraph(root=topology.root or "", format="hhstudio-topology")
    for node in topology.nodes:
        digraph.add_node(node.id, **_flat(node))
    for slot in topology.slots:
        fields = _flat(slot)
        digraph.add_edge(fields.pop("source"), fields.pop("target"), **fields)
    return digraph


def graphml(topology: Topology) -> bytes:
    """The tree as GraphML, UTF-8."""
    import networkx as nx

    text = "\n".join(nx.generate_graphml(graph(topology)))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()


def _flat(item: Node | Slot) -> dict[str, str | int | float | bool]:
    plain = msgspec.to_builtins(item)
    return {
        name: msgspec.json.encode(value).decode() if isinstance(value, dict | list | tuple) else value
        for name, value in plain.items()
        if value is not None
    }


def _field_problems(kind: type, tree: dict[str, Any], where: str = "") -> list[str]:
    """Every field that is unknown or does not fit, one by one: msgspec itself stops at the first."""
    types = {field.encode_name: unwrapped(field.type)[0] for field in msgspec.structs.fields(kind)}
    problems = [
        f"`{where}{name}`: there is no such field; known: {', '.join(sorted(types))}"
        for name in tree
        if name not in types
    ]
    for name, wanted in types.items():
        if name not in tree:
            continue
        value, here = tree[name], f"{where}{name}"
        if name in _LISTS and kind is Topology and isinstance(value, list):
            for at, item in enumerate(value):
                problems += _problem(item, _LISTS[name], f"{here}[{at}]{_called(item)}")
        elif _is_struct(wanted) and isinstance(value, dict):
            problems += _field_problems(wanted, value, f"{here}.")
        else:
            problems += _problem(value, wanted, here)
    return problems


def _problem(value: Any, wanted: Any, where: str) -> list[str]:
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        return [_readable(error, where)]
    return []


def _identity_problems(topology: Any) -> list[str]:
    """Ids that are used twice or lead nowhere: no view could show such a tree."""
    if not isinstance(topology, dict):
        return []
    lists = [topology.get(name) for name in _LISTS]
    items = [item for each in lists if isinstance(each, list) for item in each if isinstance(item, dict)]
    counts = Counter(item["id"] for item in items if isinstance(item.get("id"), str))
    problems = [f"the id {i!r} is used {n} times; ids must be unique" for i, n in counts.items() if n > 1]
    problems += ["an empty id"] if "" in counts else []
    nodes = topology.get("nodes")
    named = nodes if isinstance(nodes, list) else []
    ids = {n["id"] for n in named if isinstance(n, dict) and isinstance(n.get("id"), str)}
    ends = [(i, end) for i in items if "source" in i for end in ("source", "target")]
    problems += [
        f"slot {item.get('id')!r} has the {end} {item.get(end)!r}, which is not a node"
        for item, end in ends
        if isinstance(item.get(end), str) and item[end] not in ids
    ]
    root = topology.get("root")
    if isinstance(root, str) and root not in ids:
        problems.append(f"`topology.root`: there is no node {root!r}")
    return problems


def _is_struct(wanted: Any) -> bool:
    return isinstance(wanted, type) and issubclass(wanted, msgspec.Struct)


def _called(item: Any) -> str:
    name = item.get("name") if isinstance(item, dict) else None
    return f" ({name})" if isinstance(name, str) and name else ""


def _readable(error: Exception, where: str) -> str:
    """msgspec says `$.steps` of what it was given; people write where that stands."""
    text = str(error)
    what, _, at = text.partition(" - at `$")
    inside = at.rstrip("`")
    place = f"{where}{inside}" if where else inside.lstrip(".")
    return f"`{place}`: {what[:1].lower()}{what[1:]}" if place else what
