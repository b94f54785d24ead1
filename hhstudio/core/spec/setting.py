"""Settings, said once where they are typed: label, range, unit, tip and the like; and fields read from them.

``lr: Annotated[float, setting("Learning rate", "Of the weights", above=0, live=True)] = 1e-3`` in a struct is
all there is to write for a setting. :func:`fields_of` reads it back as a :class:`Field`, from which forms,
validation, ``--set``, sweeps, the JSON schema and the guide's settings page follow.
"""

from __future__ import annotations

import functools
import math
import re
import types
import typing
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import msgspec

from hhstudio.core import formatting

Kind = Literal["whole", "number", "wholes", "numbers", "choice", "choices", "yes", "text", "options", "parts"]
"""What a value is: one number or several, one of some words or several of them, yes or no, a text, a solver's
own options, the tasks of a stream."""


class Range(NamedTuple):
    """Numbers that a setting may have. ``above``: the lower end itself is excluded, ``below`` likewise."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        low = value > self.low if self.above else value >= self.low
        return low and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        low = f"above {_figure(self.low)}" if self.above else f"{_figure(self.low)} or more"
        if self.high == math.inf:
            return low
        if self.above or self.below:
            return f"{low} and {'below' if self.below else 'at most'} {_figure(self.high)}"
        return f"from {_figure(self.low)} to {_figure(self.high)}"


def _figure(number: float) -> str:
    grouped = 10_000 <= abs(number) < 1_000_000 and number == int(number)
    return formatting.count(int(number), space=" ") if grouped else f"{number:g}"


def setting(
    label: str,
    tip: str = "",
    *,
    at_least: float | None = None,
    above: float | None = None,
    at_most: float | None = None,
    below: float | None = None,
    count: tuple[int, int | None] = (0, None),
    choices: Sequence[str] = (),
    pattern: str = "",
    example: str = "",
    unit: str = "",
    absent: str = "",
    slider: tuple[float, float] | None = None,
    log: bool = False,
    live: bool = False,
    shown: bool = True,
) -> msgspec.Meta:
    """What ``Annotated`` says of a setting beside its type.

    Nothing of it is enforced when a spec is read: a spec that is being written may be wrong for a while, and
    :mod:`hhstudio.core.spec.rules` lists what is.

    Parameters
    ----------
    label, tip
        Its name in a form, and what it means.
    at_least, above, at_most, below
        Ends of its range, included and excluded; for a list, of every number in it.
    count
        Fewest and most numbers of a list.
    choices
        Words that are offered for a text. With ``pattern``, a regular expression with ``example`` for people,
        others of that form are allowed too. (The words of a ``Literal`` are its choices already.)
    unit
        Stands behind the number.
    absent
        What None means.
    slider, log
        Ends of a slider, where one makes sense, and whether it is logarithmic.
    live
        It may change while a run goes on (applied by :mod:`hhstudio.learn.training.live_settings`).
    shown
        The property panel has it; otherwise only the form that is made for it.
    """
    low, high = at_least if above is None else above, at_most if below is None else below
    range_ = None
    if low is not None or high is not None:
        range_ = Range(
            -math.inf if low is None else low, math.inf if high is None else high, above is not None,
            below is not None,
        )  # fmt: skip
    extra = {
        "range": range_, "count": count, "choices": tuple(choices), "pattern": pattern, "example": example,
        "unit": unit, "absent": absent, "slider": slider, "log": log, "live": live, "shown": shown,
    }  # fmt: skip
    return msgspec.Meta(title=label, description=tip or None, extra=extra)


@dataclass(frozen=True)
class Field:
    """A setting as it is typed in a struct: the annotation, read. ``name`` is dotted, as ``training.lr``;
    ``optional``: it may be None, which ``absent`` puts into words. The rest is said at :func:`setting`."""

    name: str
    label: str
    kind: Kind
    default: Any = None
    tip: str = ""
    optional: bool = False
    absent: str = ""
    choices: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    range: Range | None = None
    count: tuple[int, int | None] = (0, None)
    unit: str = ""
    slider: tuple[float, float] | None = None
    log: bool = False
    live: bool = False
    shown: bool = True

    def type_problem(self, value: Any) -> str:
        """Why a value cannot be this setting at all, as ``must be a number``; empty when it can."""
        if value is None and self.optional:
            return ""
        if self.kind == "yes":
            return "" if isinstance(value, bool) else "must be true or false"
        if self.kind in ("text", "choice"):
            return "" if isinstance(value, str) else "must be a text"
        many = self.kind in ("wholes", "numbers", "choices")
        if many != isinstance(value, tuple | list):
            return "must be a list" if many else "" if self.kind in _STRUCTURED else "must be one number"
        if self.kind in ("choices", *_STRUCTURED):
            return ""
        whole = self.kind in ("whole", "wholes")
        for number in value if many else (value,):
            if isinstance(number, bool) or not isinstance(number, int if whole else int | float):
                return f"must be {'whole numbers' if many else 'a whole number' if whole else 'a number'}"
        return ""

    def problem(self, value: Any) -> str:
        """What is wrong with a value, as ``must be above 0``; empty when nothing is."""
        if wrong := self.type_problem(value):
            return wrong
        if value is None or self.kind in ("yes", *_STRUCTURED):
            return ""
        if self.kind in ("text", "choice", "choices"):
            words = value if self.kind == "choices" else (value,)
            return "" if all(map(self.offers, words)) else f"must be one of {self.choice_text(' or')}"
        many = self.kind in ("wholes", "numbers")
        fewest, most = self.count
        if many and most == fewest != len(value):
            return f"must be {most} numbers"
        if many and len(value) < fewest:
            return f"must be {fewest} numbers or more" if fewest > 1 else "must be one number or more"
        if self.range is None or all(map(self.range.holds, value if many else (value,))):
            return ""
        return f"{'every number must be' if many else 'must be'} {self.range}"

    def choice_text(self, conjunction: str) -> str:
        """Its choices in words: ``auto, cpu or cuda:0`` (conjunction `` or``)."""
        return ", ".join(self.choices) + (f"{conjunction} {self.example}" if self.example else "")

    def offers(self, word: str) -> bool:
        """Whether a text is one of its choices, or of the form of its example; any is, where it has none."""
        if word in self.choices or not (self.choices or self.pattern):
            return True
        return bool(self.pattern) and re.fullmatch(self.pattern, word) is not None


_STRUCTURED = ("options", "parts")
"""Kinds whose values only :mod:`hhstudio.core.spec.validation` can judge."""


@functools.cache
def fields_of(owner: type[msgspec.Struct], prefix: str = "") -> tuple[Field, ...]:
    """The settings of a struct and of the structs in it, in order, ``prefix`` before their names.

    Fields that are not annotated with :func:`setting` (a format's version, the tree) are none.
    """
    fields: list[Field] = []
    for each in msgspec.structs.fields(owner):
        annotation, meta = unwrapped(each.type)
        name = prefix + each.encode_name
        if is_part(annotation):
            fields += fields_of(annotation, f"{name}.")
        elif meta is not None:
            default = each.default
            if each.default_factory is not msgspec.NODEFAULT:
                default = each.default_factory()
            fields.append(_field(name, annotation, None if default is msgspec.NODEFAULT else default, meta))
    return tuple(fields)


def out_of_range(part: msgspec.Struct, prefix: str = "") -> Iterator[tuple[Field, str]]:
    """The numbers in a struct that its settings do not allow, each with what is wrong in a sentence."""
    for field in fields_of(type(part), prefix):
        if field.range is not None:
            value = value_of(part, field.name.removeprefix(prefix))
            if wrong := field.problem(value):
                yield field, f"{field.name} is {message_text(value)}, {wrong}"


def value_of(part: msgspec.Struct, name: str) -> Any:
    """The value in a struct by its dotted name; None for a solver's option that is not set."""
    value: Any = part
    for each in name.split("."):
        value = value.get(each) if isinstance(value, dict) else getattr(value, each)
    return value


def message_text(value: Any) -> str:
    """A value in a message."""
    if isinstance(value, float):
        return f"{value:g}"
    return str(list(value) if isinstance(value, tuple) else value)


def title_of(owner: type[msgspec.Struct], name: str) -> str:
    """The label that a struct gives to one of its fields."""
    annotation = next(each.type for each in msgspec.structs.fields(owner) if each.name == name)
    meta = unwrapped(annotation)[1]
    return (meta.title if meta is not None else None) or name


def unwrapped(annotation: Any) -> tuple[Any, msgspec.Meta | None]:
    """The type of a struct's field, and what is said of it beside."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *said = typing.get_args(annotation)
        return inner, next((each for each in said if isinstance(each, msgspec.Meta)), None)
    return annotation, None


def is_part(annotation: Any) -> bool:
    """Whether a type is a struct, which has settings of its own."""
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _field(name: str, annotation: Any, default: Any, meta: msgspec.Meta) -> Field:
    optional = False
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        (annotation,) = (each for each in typing.get_args(annotation) if each is not type(None))
        optional = True
    extra = dict(meta.extra or {})
    kind, choices = _kind(annotation)
    if kind == "text" and extra["choices"]:
        kind = "choice"
    inside = typing.get_args(annotation)
    if kind in ("wholes", "numbers") and Ellipsis not in inside:
        extra["count"] = (len(inside), len(inside))
    extra["choices"] = choices or extra["choices"]
    if optional:
        extra["absent"] = extra["absent"] or "none"
    return Field(name, meta.title or name, kind, default, meta.description or "", optional, **extra)


def _kind(annotation: Any) -> tuple[Kind, tuple[str, ...]]:
    """What a type's values are, and the words they may be. Raises TypeError for a type that no form has."""
    origin, inside = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Literal:
        return "choice", tuple(map(str, inside))
    if origin is dict:
        return "options", ()
    if origin is tuple and typing.get_origin(inside[0]) is Literal:
        return "choices", tuple(map(str, typing.get_args(inside[0])))
    if origin is tuple and is_part(inside[0]):
        return "parts", ()
    kinds: dict[Any, Kind] = {int: "wholes", float: "numbers"}
    if origin is tuple and inside[0] in kinds:
        return kinds[inside[0]], ()
    kinds = {int: "whole", float: "number", bool: "yes", str: "text"}
    if annotation in kinds:
        return kinds[annotation], ()
    raise TypeError(f"{annotation} is no type of a setting")
