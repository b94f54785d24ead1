"""One thing that is wrong with a spec."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Issue(NamedTuple):
    """``node``: id of the node at fault, if it is one; ``field``: dotted name of the setting at fault.

    An error keeps a spec from running; a warning is worth a look.
    """

    severity: Literal["error", "warning"]
    node: str | None
    message: str
    field: str = ""
