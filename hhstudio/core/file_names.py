"""File names: names of paths and runs as names of files, no two of which are the same anywhere."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence

_LONGEST = 200
"""Bytes of a folder's name at most, to which a number may come."""


def within_bytes(name: str, most: int) -> str:
    """The beginning of a name that takes so many bytes at most; file systems count bytes, not letters."""
    return os.fsencode(name)[:most].decode("utf-8", "ignore")


def unique_name(name: str, taken: set[str]) -> str:
    """``name``, with a number behind it where it is taken, on file systems that know no capitals too;
    ``taken`` is added to."""
    candidate, number = name, 2
    while _folded(candidate) in taken:
        candidate, number = f"{name}-{number}", number + 1
    taken.add(_folded(candidate))
    return candidate


def folder_names(names: Sequence[str]) -> list[str]:
    """A folder's name for each name: what is a letter, a digit, - or _ stays, up to a length that every disk
    takes, and names that need no change have theirs first."""
    safe = [_safe(name) for name in names]
    taken: set[str] = set()
    folders = [""] * len(names)
    for at in sorted(range(len(names)), key=lambda at: safe[at] != names[at]):
        folders[at] = unique_name(safe[at], taken)
    return folders


def _safe(name: str) -> str:
    return within_bytes("".join(c if c.isalnum() or c in "-_" else "_" for c in name), _LONGEST) or "_"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
