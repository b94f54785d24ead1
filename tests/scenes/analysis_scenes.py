"""Analysis scenes: two sessions at once, beside what the views show by themselves."""

from __future__ import annotations

from PySide6.QtCore import QSize

from hhstudio.gui.screenshots.session import ScreenshotSession

from .demo_sessions import DemoSessions
from .scene import Look, Scene


def _chains(shot: ScreenshotSession, _demos: DemoSessions) -> Look:
    """The deepest path of the session, and below it the same path of the other one."""
    assert shot.session is not None
    assert shot.request.beside is not None
    shot.workspace.load(shot.session)
    view = shot.window.panels.show("health")
    view.select_path(shot.workspace.history.paths[-1] if shot.workspace.history is not None else "")
    view.put_beside(shot.request.beside)
    shot.alone("health", QSize(900, 860))
    shot.answered(view)
    return lambda: shot.alone("health", QSize(900, 860))


SCENES = (
    Scene(
        "chains",
        "chain health of a session, and of another one below it",
        _chains,
        needs=("session", "beside"),
        whole=False,
    ),
)
