"""Scene: a state of the studio that is worth a picture, and how a user gets there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PySide6.QtWidgets import QDialog, QWidget

from hhstudio.core.spec.spec import Spec
from hhstudio.gui.screenshots.request import ScreenshotRequest
from hhstudio.gui.screenshots.session import ScreenshotSession

from .demo_sessions import DemoSessions

Need = Literal["session", "beside", "data"]
Look = Callable[[], QWidget]
"""What is to be seen: called for each theme and size, after the window has been placed anew."""

HOW = {
    "session": "a session (S.h5)",
    "beside": "another session (--beside T.h5)",
    "data": "the folder of the data sets (--data DIR)",
}
"""How what a scene needs is given."""


@dataclass(frozen=True)
class Scene:
    """``act`` goes there, once. ``whole``: the window is seen, and is taken at several sizes."""

    name: str
    shows: str
    act: Callable[[ScreenshotSession, DemoSessions], Look]
    needs: tuple[Need, ...] = ()
    whole: bool = True

    def missing(self, request: ScreenshotRequest) -> list[str]:
        """What it needs and has not been given, in words."""
        return [HOW[need] for need in self.needs if getattr(request, need) is None]


def show_document(shot: ScreenshotSession, spec: Spec) -> None:
    """As if it had been opened."""
    shot.workspace.document.reset(spec)


def open_copy(shot: ScreenshotSession, session: Path) -> None:
    """Open a copy of a session, in the folder of sessions."""
    shot.workspace.load(Path(shutil.copy(session, shot.folder)))
    shot.look()


def canvas_only(shot: ScreenshotSession) -> QWidget:
    """Hide the panels, as a user does to draw; the window."""
    for _, dock in shot.window.docks:
        dock.hide()
    shot.settle()
    shot.canvas.fit()
    shot.settle()
    return shot.window


def open_dialogs(shot: ScreenshotSession) -> list[QDialog]:
    return [over for over in shot.over() if isinstance(over, QDialog)]
