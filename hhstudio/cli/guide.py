"""``hhstudio guide``: the pages of the guide as text."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator
from itertools import groupby

from hhstudio.core import guide
from hhstudio.core.errors import HHStudioError

_NARROWEST = 12
"""Characters that a column keeps where a table is wider than the terminal."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", metavar="PAGE", nargs="?", help="print this page (default: list them)")


def execute(args: argparse.Namespace) -> int:
    """Print a page, or the list of pages. Raises HHStudioError naming the pages."""
    if args.page is None:
        width = max(len(page.name) for page in guide.pages())
        for page in guide.pages():
            print(f"{page.name:<{width}}  {page.title}")
        return 0
    wanted = guide.page(args.page.removesuffix(".md"))
    if wanted is None:
        known = ", ".join(page.name for page in guide.pages())
        raise HHStudioError(f"the guide has no page {args.page!r}; there are {known}")
    print(readable(wanted.text, shutil.get_terminal_size((120, 24)).columns), end="")
    return 0


def readable(markdown: str, width: int) -> str:
    """The text as it stands, its tables with columns that fit into ``width`` characters."""
    lines: list[str] = []
    for is_table, group in groupby(markdown.splitlines(), lambda line: line.startswith("|")):
        block = list(group)
        lines += _table(block, width) if is_table else block
    return "\n".join(lines) + "\n"


def _table(lines: list[str], width: int) -> Iterator[str]:
    rows = [_cells(line) for line in lines]
    rows = [rows[0], *rows[2:]]  # the second line only says that it is a table
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    room = width - 3 * len(widths) - 1
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    wraps = any(len(cell) > most for row in rows for cell, most in zip(row, widths, strict=True))
    rule = "|-" + "-|-".join("-" * most for most in widths) + "-|"
    for number, row in enumerate(rows):
        pieces = [textwrap.wrap(cell, most) or [""] for cell, most in zip(row, widths, strict=True)]
        for at in range(max(map(len, pieces))):
            shown = [piece[at] if at < len(piece) else "" for piece in pieces]
            yield "| " + " | ".join(c.ljust(w) for c, w in zip(shown, widths, strict=True)) + " |"
        if number == 0 or (wraps and number < len(rows) - 1):
            yield rule


def _cells(line: str) -> list[str]:
    cells = line.strip().strip("|").replace("\\|", "\0").split("|")
    return [cell.strip().replace("\0", "|") for cell in cells]
