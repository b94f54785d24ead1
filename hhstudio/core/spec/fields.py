"""The settings as fields of a form: what each is called, what it may be, what it means, what follows from it.

Types come from the spec itself, words from :mod:`hhstudio.core.spec.field_words`.
"""

from __future__ import annotations

import functools
import math
import types
import typing
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec

from hhstudio.core.spec.architectures import (
    ARCHITECTURES,
    OptionInfo,
    is_import_path,
    option_problem,
    option_range,
)
from hhstudio.core.spec.costs import costs
from hhstudio.core.spec.field_words import ABSENT, HIDDEN, LABELS, SLIDERS, TIPS, UNITS
from hhstudio.core.spec.notation import read_options, read_parts, write_options, write_parts
from hhstudio.core.spec.spec import Spec
from hhstudio.core.spec.validation import RANGES, range_problem
from hhstudio.core.tree.topology import Hypernetwork, LinkOverride, Solver

Kind = Literal["whole", "number", "wholes", "numbers", "choice", "yes", "text", "options", "parts"]


class Field(NamedTuple):
    """``name``: dotted, as ``training.lr``; ``optional``: may be None, which ``absent`` puts into words;
    ``slider``: ends of a slider where one makes sense, ``log`` its scale; ``unit`` behind the number;
    ``free``: may also be a text that is none of ``choices``; ``option``: the solver's option that it is."""

    name: str
    label: str
    kind: Kind
    choices: tuple[str, ...] = ()
    optional: bool = False
    absent: str = ""
    tip: str = ""
    unit: str = ""
    slider: tuple[float, float] | None = None
    log: bool = False
    free: bool = False
    option: OptionInfo | None = None


@functools.cache
def spec_fields(part: str) -> tuple[Field, ...]:
    """The fields of a part of the spec (``training``), or of its top level (empty). Raises KeyError."""
    types_ = {field.name: field.type for field in msgspec.structs.fields(Spec)}
    owner: Any = Spec if not part else types_[part]
    found: list[Field] = []
    for each in msgspec.structs.fields(owner):
        name = f"{part}.{each.name}" if part else each.name
        if part and isinstance(each.type, type) and issubclass(each.type, msgspec.Struct):
            inner = [_described(f"{name}.{own.name}", own.type) for own in msgspec.structs.fields(each.type)]
            found.extend(filter(None, inner))
        described = None if name in HIDDEN else _described(name, each.type)
        if described is not None:
            found.append(described)
    return tuple(found)


def option_fields(architecture: str) -> tuple[Field, ...]:
    """The options of a solver: one field each of a built-in one, else one for all arguments of the class."""
    info = ARCHITECTURES.get(architecture)
    if info is None:
        tip = "Keyword arguments of the class, as width=32, layers=[64, 64], norm=batch"
        return (Field("options", "Arguments", "options", optional=True, absent="none", tip=tip),)
    return tuple(
        Field(
            f"options.{each.name}", each.label, each.kind, each.choices, True, tip=each.tip, unit=each.unit,
            slider=(each.low, each.high) if each.kind == "number" else None, option=each,
        )
        for each in info.options
    )  # fmt: skip


def node_fields() -> tuple[Field, ...]:
    """What a hypernetwork may have of its own; None inherits."""
    return tuple(_inherited(f"hypernetwork.{name}") for name in ("hidden", "chunk"))


def link_fields() -> tuple[Field, ...]:
    """What a slot may have of its own; None inherits."""
    return tuple(_inherited(f"link.{field.name}") for field in msgspec.structs.fields(LinkOverride))


def _inherited(name: str) -> Field:
    part, _, last = name.partition(".")
    field = next(field for field in spec_fields(part) if field.name == name)
    return field._replace(
        name=last,
        optional=True,
        absent="",
        kind="choice" if field.kind == "yes" else field.kind,
        choices=("yes", "no") if field.kind == "yes" else field.choices,
    )


def _described(name: str, annotation: Any) -> Field | None:
    """None for types that are no field of a form (parts, mappings)."""
    optional = False
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        kinds = [a for a in typing.get_args(annotation) if a is not type(None)]
        optional, annotation = True, kinds[0]
        if len(kinds) > 1:
            return None
    kind: Kind | None = None
    choices: tuple[str, ...] = ()
    if typing.get_origin(annotation) is Literal:
        kind, choices = "choice", tuple(map(str, typing.get_args(annotation)))
    elif typing.get_origin(annotation) is tuple:
        inside = typing.get_args(annotation)[0]
        kind = "wholes" if inside is int else "numbers" if inside is float else None
    elif annotation in (int, float, bool, str):
        kind = {int: "whole", float: "number", bool: "yes", str: "text"}[annotation]  # type: ignore[assignment]
    free = name == "solver.architecture"
    if free:
        kind, choices = "choice", tuple(ARCHITECTURES)
    if name == "stream.parts":
        kind = "parts"
    if kind is None:
        return None
    last = name.rpartition(".")[2].replace("_", " ")
    slider = SLIDERS.get(name)
    return Field(
        name,
        LABELS.get(name, last[:1].upper() + last[1:]),
        kind,
        choices,
        optional,
        ABSENT.get(name, "none") if optional else "",
        TIPS.get(name, ""),
        UNITS.get(name, ""),
        slider[:2] if slider else None,
        bool(slider and slider[2]),
        free,
    )


def shown(field: Field, value: Any) -> str:
    """A value as it is written in a form."""
    if value is None:
        return ""
    if field.kind in ("wholes", "numbers"):
        return ", ".join(_number(each) for each in value)
    if field.kind in ("options", "parts"):
        return write_options(value) if field.kind == "options" else write_parts(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else _number(value)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.10g}"


def read(field: Field, text: str) -> Any:
    """The value that was written. Raises ValueError that says what is wrong with it."""
    text = text.strip()
    if not text and field.optional:
        return None
    if field.kind == "text":
        return text
    if field.kind == "options":
        return read_options(text)
    if field.kind == "parts":
        return read_parts(text)
    if field.kind == "choice" and field.free and text not in field.choices:
        if not is_import_path(text):
            raise ValueError(f"{text!r} is none of {', '.join(field.choices)}, nor package.module:Class")
        return text
    if field.kind == "choice":
        if field.choices == ("yes", "no"):
            return text == "yes"
        if text not in field.choices:
            raise ValueError(f"{text!r} is none of {', '.join(field.choices)}")
        return text
    if field.kind in ("wholes", "numbers"):
        parts = [part for part in text.replace(";", ",").replace(" ", ",").split(",") if part]
        one = "whole" if field.kind == "wholes" else "number"
        return tuple(_read_number(part, one) for part in parts)
    return _read_number(text, field.kind)


def _read_number(text: str, kind: str) -> int | float:
    plain = text.replace("\u202f", "").replace("_", "")
    if not plain:
        raise ValueError("a number is missing")
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    if kind != "whole":
        return value
    if value != int(value):
        raise ValueError(f"{text} is not a whole number")
    return int(value)


def problem(full_name: str, field: Field, text: str) -> str:
    """What is wrong with a text for the setting of that dotted name; empty when it can be taken."""
    try:
        value = read(field, text)
    except ValueError as error:
        return str(error)
    found = range_problem(full_name, value)
    if field.option is not None and value is not None:
        found = option_problem(field.option, value)
    said = found[found.rfind("every number must" if "every number must" in found else "must") :]
    return said[:1].upper() + said[1:]


def allowed(full_name: str, field: Field | None = None) -> str:
    """The range of a number, in words; empty where there is none."""
    if field is not None and field.option is not None:
        return option_range(field.option)
    found = RANGES.get(full_name)
    return str(found) if found is not None else ""


def consequences(spec: Spec, node_ids: Iterable[str]) -> dict[str, str]:
    """What follows from the present settings of nodes, by field (``chunk``, ``hidden``; for solvers
    ``architecture``). Without ids, of the defaults for all.
    """
    topology = spec.topology
    ids = list(node_ids)
    chosen = [topology.by_id[i] for i in ids] if ids else list(topology.nodes)
    hypernetworks = [node for node in chosen if isinstance(node, Hypernetwork)]
    weights = costs(spec).nodes
    found: dict[str, str] = {}
    for line in _chunk_lines(spec, hypernetworks):
        found["chunk"] = line
        break
    solvers = [node for node in chosen if isinstance(node, Solver)]
    for field, nodes in (("hidden", hypernetworks), ("architecture", solvers)):
        sizes = [weights[node.id].weights for node in nodes if node.id in weights]
        known = [size for size in sizes if size is not None]
        if known:
            low, high = min(known), max(known)
            each = _grouped(low) if low == high else f"{_grouped(low)} to {_grouped(high)}"
            found[field] = f"makes {each} weights" + (" each" if len(known) > 1 else "")
    return found


def _chunk_lines(spec: Spec, hypernetworks: list[Hypernetwork]) -> Iterator[str]:
    """What each chunk size means for the targets: the most surprising first."""
    topology, weights = spec.topology, costs(spec).nodes
    pieces: list[tuple[int, str, int, int]] = []
    for node in hypernetworks:
        chunk = node.chunk if node.chunk is not None else spec.hypernetwork.chunk
        for target in topology.children(node.id):
            size = weights[target.id].weights if target.id in weights else None
            if size is not None and chunk > 0:
                pieces.append((-(-size // chunk), target.name, size, chunk))
    if not pieces:
        return
    count, name, size, chunk = min(pieces, key=lambda piece: (piece[0], piece[2]))
    if count == 1 and chunk > size:
        what = f"{name}'s {_grouped(size)} weights"
        yield f"{_grouped(chunk)} is larger than {what}: one chunk, the rest unused"
    most = max(pieces)
    if most[0] > 1:
        yield f"{most[1]} is generated in {_grouped(most[0])} chunks"
    yield f"{name} is generated in one chunk"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", " ")
