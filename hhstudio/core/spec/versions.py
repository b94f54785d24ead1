"""Versions of a spec's text, and older ones brought up to date.

The version pins the meaning of what is left out. A text that names an older version was written when links,
consolidation and hypernetworks had other defaults, or before there was a field at all: it gets what was
done then. A text that names no version is written by hand, for the program that reads it.
"""

from __future__ import annotations

from typing import Any

import msgspec

VERSION = 3

_OLD_DEFAULTS: dict[int, dict[str, dict[str, Any]]] = {
    1: {
        "stream": {"heads": "each"},
        "hypernetwork": {"task_chunks": False},
        "link": {"alpha": 0.1, "anchor": "learned", "residual": True},
        "training": {"embedding_lr": None},
        "consolidation": {"beta": 10.0, "sample": 4, "curvature": 0.0, "reference": "learned"},
    },
    2: {"consolidation": {"curvature": 3.0}},
}
"""What a version meant by leaving a field out, where the present one means something else."""


class _Versioned(msgspec.Struct):
    version: int = 0


def version_of(data: bytes | str) -> int:
    """The version that a JSON text names; 0 where it names none, or does not read."""
    try:
        return msgspec.json.decode(data, type=_Versioned).version
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0


def up_to_date(tree: dict[str, Any]) -> dict[str, Any]:
    """The present version of a decoded spec of any version; what is no spec stays as it is."""
    version = tree.get("version")
    meant = _OLD_DEFAULTS.get(version) if isinstance(version, int) else None
    if meant is None:
        return tree
    parts = {name: tree.get(name, {}) for name in meant}
    filled = {
        name: {**meant[name], **part} if isinstance(part, dict) else part for name, part in parts.items()
    }
    return {**tree, **filled, "version": VERSION}
