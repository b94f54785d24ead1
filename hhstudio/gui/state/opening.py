"""Files that the window opens: a session, a spec, a tree; and the spec of a fresh window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hhstudio.core.spec import interchange, presets
from hhstudio.core.spec.interchange import TopologyFile
from hhstudio.core.spec.spec import Spec
from hhstudio.core.tree import editing

if TYPE_CHECKING:
    from hhstudio.store.session.session import Session


def first_spec() -> Spec:
    """What a fresh window holds: the quickest preset, ready to start."""
    names = presets.preset_names()
    return presets.preset(names[0]) if names else Spec(topology=editing.single())


def read(path: Path) -> Spec | TopologyFile | Session:
    """A session, the spec or the tree in a .json file, or the document in a picture. Raises HHStudioError."""
    suffix = path.suffix.lower()
    if suffix == ".json":
        return interchange.load(path)
    if suffix in (".png", ".svg"):
        from hhstudio.gui.widgets import picture_files

        return picture_files.read(path)
    return open_session(path)


def open_session(path: Path) -> Session:
    """Raises SessionError."""
    from hhstudio.store.session.session import open as open_file

    return open_file(path)


def close(opened: Spec | TopologyFile | Session) -> None:
    """Let go of the file, if there is one."""
    if not isinstance(opened, Spec | TopologyFile):
        opened.close()


OPENABLE = (".h5", ".json", ".png", ".svg")
"""Suffixes of what :func:`read` reads."""
