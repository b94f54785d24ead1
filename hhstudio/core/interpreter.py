"""Interpreter of a helper process: how a module of ours is run on its own.

None of these processes looks for modules in the current folder, where files from anybody may lie: neither by
itself (``-P``), nor through the environment, nor in processes that it starts in turn.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import hhstudio

SAFE_PATH = "PYTHONSAFEPATH"
"""Variable by which Python keeps the current folder off the path of modules, in grandchildren too."""


def command(module: str, *arguments: str) -> list[str]:
    """Command line of ``python -m module``."""
    return [sys.executable, "-P", "-m", module, *arguments]


def environment() -> dict[str, str]:
    """This process's environment, in which a helper finds the same hhstudio.

    An empty entry of PYTHONPATH, as a colon at its end makes one, would mean the current folder, and is left
    out.
    """
    package = str(Path(hhstudio.__file__).resolve().parent.parent)
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [package, *named])),
        "PYTHONUNBUFFERED": "1",
        SAFE_PATH: "1",
    }
