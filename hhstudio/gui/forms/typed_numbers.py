"""Typed numbers: as the user's locale writes them, with a decimal comma or grouped, or refused with a reason.

Forms show numbers as files have them, with a decimal point, and take them so too. What could be two numbers
is none: where the locale groups with points, 1.000 is a thousand or one.
"""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QLocale

from hhstudio.core.spec import fields
from hhstudio.core.spec.setting import Field

_BLANKS = "\u0020\u00a0\u202f\u2009_"
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_BEGUN = re.compile(rf"[+-]?[\d.,'’{_BLANKS}]*(?:[eE][+-]?\d*)?")


def read(field: Field, text: str) -> Any:
    """The value that was typed for a setting. Raises ValueError that says what is wrong with it."""
    if field.kind in ("whole", "number"):
        text = plain_number(text)
    elif field.kind in ("wholes", "numbers"):
        check_list(text, whole=field.kind == "wholes")
    return fields.read(field, text)


def problem(field: Field, text: str) -> str:
    """What is wrong with what was typed; empty when it can be taken."""
    try:
        read(field, text)
    except ValueError as error:
        return str(error)
    number = field.kind in ("whole", "number")
    return fields.problem(field, plain_number(text) if number else text)


def begun(text: str) -> bool:
    """Whether a text may become a number."""
    return _BEGUN.fullmatch(_with_minus(text)) is not None


def plain_number(text: str) -> str:
    """A number as files have it: decimal point, no groups; an empty text stays one. Raises ValueError for
    what is no number here, or could be two."""
    typed = _with_minus(text.strip())
    if not typed:
        return ""
    point = QLocale().decimalPoint()
    plain, here = _PLAIN.fullmatch(typed), _as_here(typed)
    if plain and here is not None and float(here) != float(typed):
        raise ValueError(f"{text} may be {here} or {typed.replace('.', point)}: write one of these")
    if plain:
        return typed
    if here is None:
        how = f" as it is written here, as 1234{point}5" if begun(text) else ""
        raise ValueError(f"{text!r} is not a number{how}")
    return here


def check_list(text: str, whole: bool) -> None:
    """Raises ValueError where a comma in a list of numbers may belong to one of them."""
    if rest := re.search(r"(?<=\d,)0\d+", text):
        raise ValueError(f"{rest[0]} is no number: put a blank behind a comma that separates two")
    if not whole and QLocale().decimalPoint() == "," and re.search(r"\d,\d", text):
        raise ValueError("a comma is a decimal one here: write points, and a blank behind each comma")


def _as_here(text: str) -> str | None:
    """A number that is written as the locale does, as files have it; None for what is not written so."""
    locale = QLocale()
    point, group = locale.decimalPoint(), locale.groupSeparator()
    separators = re.escape(_BLANKS + ("'’" if group in "'’" else group))
    whole = rf"\d+|[1-9]\d{{0,2}}([{separators}])\d{{3}}(?:\3\d{{3}})*"
    match = re.fullmatch(rf"([+-]?)({whole})?(?:{re.escape(point)}(\d*))?([eE][+-]?\d+)?", text)
    if match is None or not (match[2] or match[4]):
        return None
    digits = re.sub(r"\D", "", match[2] or "0")
    return f"{match[1]}{digits}{f'.{match[4]}' if match[4] else ''}{match[5] or ''}"


def _with_minus(text: str) -> str:
    return text.replace("\u2212", "-")
