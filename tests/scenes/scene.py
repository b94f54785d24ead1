"""Scene: a state of the studio that is worth a picture, and how a user gets there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtWidgets import QWidget

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
