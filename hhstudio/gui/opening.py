"""Reading what the studio shows: a session, the spec in a file, or the spec of a fresh window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hhstudio.core import edits, presets
from hhstudio.core import spec as specs
from hhstudio.core.errors import SessionError
from hhstudio.core.spec import Spec

if TYPE_CHECKING:
    from hhstudio.store.session import Session


def first_spec() -> Spec:
    """What a fresh window holds: the quickest preset, ready to start."""
    names = presets.preset_names()
    return presets.preset(names[0]) if names else Spec(topology=edits.single())


def read(path: Path) -> Spec | Session:
    """A session, or the spec in a .json file. Raises HHStudioError."""
    if path.suffix.lower() == ".json":
        return specs.load(path)
    return open_session(path)


def open_session(path: Path) -> Session:
    """Raises SessionError."""
    from hhstudio.store.session import open as open_file

    return open_file(path)


def looks_damaged(error: SessionError) -> bool:
    """Whether recovery can be offered."""
    return "recover" in str(error)


def close(found: Spec | Session) -> None:
    """Let go of the file, if there is one."""
    if not isinstance(found, Spec):
        found.close()
