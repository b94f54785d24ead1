"""Settings of a spec as fields: of its sections, of its solvers, nodes and links, and their values as text.

What a field is stands where the setting is typed (:mod:`hhstudio.core.spec.setting`).
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.notation import read_options, read_parts, write_options, write_parts
from hhstudio.core.spec.setting import Field, fields_of, title_of
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree.topology import LinkOverride


class Section(NamedTuple):
    """A part of a spec (``training``), or its top level (an empty name), with its settings in order."""

    name: str
    title: str
    tip: str
    fields: tuple[Field, ...]


@functools.cache
def all_fields() -> dict[str, Field]:
    """Every setting of a spec by its dotted name, in the spec's order."""
    return {field.name: field for field in fields_of(Spec)}


def live_fields() -> tuple[Field, ...]:
    """The settings that may change while a run goes on."""
    return tuple(field for field in all_fields().values() if field.live)


def listed(names: Iterable[str]) -> str:
    """Names in a sentence: ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


@functools.cache
def sections() -> dict[str, Section]:
    """The sections of a spec by name, in the spec's order, its top level last."""
    by_name: dict[str, Section] = {}
    for part in msgspec.structs.fields(Spec):
        own = tuple(f for f in all_fields().values() if f.name.startswith(f"{part.name}."))
        if own:
            words = inspect.getdoc(type(getattr(Spec(), part.name))) or ""
            by_name[part.name] = Section(part.name, title_of(Spec, part.name), words, own)
    top = tuple(f for f in all_fields().values() if "." not in f.name)
    by_name[""] = Section(
        "", "Session", "Name, seed and device of a run, and what its tree is compared with.", top
    )
    return by_name


def option_fields(architecture: str, prefix: str = "options.") -> tuple[Field, ...]:
    """The options of a solver: one field each of a built-in one, else one for all arguments of the class."""
    info = ARCHITECTURES.get(architecture)
    if info is None:
        tip = "Keyword arguments of the class, as width=32, layers=[64, 64], norm=batch"
        return (Field(prefix.rstrip("."), "Arguments", "options", tip=tip, optional=True, absent="none"),)
    return tuple(replace(field, optional=True) for field in fields_of(info.options, prefix))


@functools.cache
def node_fields() -> tuple[Field, ...]:
    """What a hypernetwork may have of its own; None inherits."""
    return tuple(_inherited(f"hypernetwork.{name}") for name in ("hidden", "chunk"))


@functools.cache
def link_fields() -> tuple[Field, ...]:
    """What a slot may have of its own; None inherits."""
    return tuple(_inherited(f"link.{name}") for name in LinkOverride.__struct_fields__)


def _inherited(name: str) -> Field:
    field = all_fields()[name]
    last = name.rpartition(".")[2]
    if field.kind == "yes":
        field = replace(field, kind="choice", choices=("yes", "no"))
    return replace(field, name=last, optional=True, absent="")


def edit_title(field: Field) -> str:
    """What setting it is called among the steps that can be undone."""
    return f"Set {field.label[:1].lower()}{field.label[1:]}"


# values as text ---------------------------------------------------------------------------------------


def shown(field: Field, value: Any) -> str:
    """A value as it is written in a form."""
    if value is None:
        return ""
    if field.kind in ("wholes", "numbers"):
        return ", ".join(_number(each) for each in value)
    if field.kind == "choices":
        return ", ".join(value)
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
    if field.kind in ("options", "parts"):
        return read_options(text) if field.kind == "options" else read_parts(text)
    if field.kind in ("wholes", "numbers", "choices"):
        parts = [part for part in text.replace(";", ",").replace(" ", ",").split(",") if part]
        return tuple(_read_one(field, part) for part in parts)
    return _read_one(field, text)


def _read_one(field: Field, text: str) -> Any:
    if field.kind in ("text", "choice", "choices"):
        if not field.offers(text):
            raise ValueError(f"{text!r} is none of {field.choice_text(', nor')}")
        return text == "yes" if field.choices == ("yes", "no") else text
    if field.kind == "yes":
        return text == "yes"
    plain = text.replace("\u202f", "").replace("_", "")
    if not plain:
        raise ValueError("a number is missing")
    try:
        value = float(plain)
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is not a finite number")
    if field.kind in ("number", "numbers"):
        return value
    if value != int(value):
        raise ValueError(f"{text} is not a whole number")
    try:
        return int(plain)  # exact, where a float is not
    except ValueError:
        return int(value)


def problem(field: Field, text: str) -> str:
    """What is wrong with a text for a setting; empty when it can be taken."""
    try:
        value = read(field, text)
    except ValueError as error:
        return str(error)
    wrong = field.problem(value)
    return wrong[:1].upper() + wrong[1:]
