"""Issue of a spec: one thing that is wrong with it."""

from __future__ import annotations

from typing import Literal, NamedTuple


class Issue(NamedTuple):
    """``node``: id of the node at fault, if it is one; ``field``: dotted name of the setting at fault;
    ``code``: names the rule where :mod:`hhstudio.core.spec.fixes` knows what to do about it, ``slot`` the
    slot.

    An error keeps a spec from running; a warning is worth a look.
    """

    severity: Literal["error", "warning"]
    node: str | None
    message: str
    field: str = ""
    code: str = ""
    slot: str = ""
