"""``hhstudio [FILE]``: open the window, where there is a display for it."""

from __future__ import annotations

import os
import re
import socket
import sys
from pathlib import Path

from hhstudio.core.errors import HHStudioError


class DisplayError(HHStudioError):
    """There is no display to open a window on."""


def execute(file: Path | None) -> int:
    check_display()
    from hhstudio.gui.shell.app import main

    return main(file)


def check_display() -> None:
    """Raises :class:`DisplayError` where Qt would abort the process instead of saying so."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] not in (
        "xcb",
        "wayland",
        "",
    ):
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    display = os.environ.get("DISPLAY", "")
    without = (
        "without one, train with `hhstudio run quickstart --out quickstart.h5` "
        "and look at it with `hhstudio show` or `hhstudio screenshot`"
    )
    if not display:
        raise DisplayError(f"there is no display to open a window on (DISPLAY is not set); {without}")
    if not _answers(display):
        raise DisplayError(f"the display {display} does not answer; {without}")


def _answers(display: str) -> bool:
    """Whether an X server listens there; True when that cannot be told."""
    match = re.fullmatch(r"(?:unix)?([^:/]*):(\d+)(?:\.\d+)?", display)
    if match is None:
        return True
    host, number = match[1], int(match[2])
    if host:
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"
    return any(_connects(socket.AF_UNIX, name) for name in (path, f"\0{path}"))


def _connects(family: socket.AddressFamily, address: object) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3.0)
        try:
            probe.connect(address)  # type: ignore[arg-type]
        except OSError:
            return False
    return True
