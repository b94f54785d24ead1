"""Spreadsheet text: CSV rows and tab-separated lines in which no text can become a formula.

Names of paths, tasks and runs come from files of others. A cell that begins like a formula is read as one
(``=cmd|'/c calc'!A1``), whatever quotes are round it; an apostrophe before it makes it a text. Numbers stay
as they are.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any, Protocol

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER = re.compile(
    r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?: ± \d+(?:\.\d+)?)?(?: ?(?:%|pt))?|[+-]?(?:inf|nan)"
)


class _Writable(Protocol):
    def write(self, text: str, /) -> object: ...


class SpreadsheetWriter:
    """``csv.writer`` whose cells are texts or numbers, never formulas."""

    def __init__(self, stream: _Writable, lineterminator: str = "\r\n") -> None:
        self._writer = csv.writer(stream, lineterminator=lineterminator)

    def writerow(self, row: Iterable[Any]) -> None:
        self._writer.writerow([cell(value) for value in row])

    def writerows(self, rows: Iterable[Iterable[Any]]) -> None:
        for row in rows:
            self.writerow(row)


def cell(value: Any) -> Any:
    """A value as a cell: a text that begins like a formula has an apostrophe before it."""
    if not isinstance(value, str) or not value.startswith(_FORMULA) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def tab_separated(rows: Iterable[Iterable[Any]]) -> str:
    """Rows to be pasted into a spreadsheet, a line each."""
    return "\n".join("\t".join(_one_line(str(cell(value))) for value in row) for row in rows)


def _one_line(text: str) -> str:
    return " ".join(re.split(r"[\t\r\n]+", text))
