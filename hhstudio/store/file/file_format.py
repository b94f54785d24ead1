"""File format: names in a session file (HDF5, standard filters, oldest format that HDF5 can write).

A table of the whole layout is in resources/guide/file-format.md; what it says is what stands here.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from hhstudio.core.atomic_write import named_file

FORMAT = "hhstudio-session"
VERSION = 1

SPEC = "spec"
TOPOLOGY = "topology"
TOPOLOGY_STEP = "topology_step"
METRICS = "metrics"
ACCURACY = "accuracy"
END_ACCURACY = "end_accuracy"
WEIGHTS = "weights"
SNAPSHOTS = "snapshots"
SNAPSHOT_STEP = "step"
SNAPSHOT_EXTRAS = "aside"
STATE = "state"
LOG = "log"
TABLES = "tables"

COLUMNS = {"step": "<i8", "path": "<i4", "task": "<i4", "metric": "<i4", "value": "<f8"}
"""Columns of /metrics and their types; rows are grouped by curve, by step within a curve."""

MAX_TASKS = 4096
"""More tasks than this in a file is a damaged or hostile one: matrices grow with the square."""
MAX_CELLS = 1 << 26
"""Numbers in all accuracy matrices of a file at most."""
MAX_TEXT = 64 << 20
"""Bytes of one text (spec, topology, a table) at most."""
MAX_ARRAY = 16 << 30
"""Bytes of one array at most."""

_EMPTY = "%"
_RESERVED = {"", ".", "..", SNAPSHOT_STEP}


def quoted(name: str) -> str:
    """A name as an HDF5 link: "/" and NUL cannot be in one, and some names mean something else."""
    link = name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    if link in _RESERVED:
        return "".join(f"%{byte:02X}" for byte in link.encode()) or _EMPTY
    return link


def unquoted(link: str) -> str:
    """The name behind a link."""
    return "" if link == _EMPTY else unquote(link)


def temporary_path(session: Path) -> Path:
    """Where a session file is written before it is put in place: beside the file that a link names."""
    target = named_file(session)
    return target.with_name(target.name + ".tmp")
