"""The inspector beside what its views show by themselves: two sessions at once."""

from __future__ import annotations

from PySide6.QtCore import QSize

from hhstudio.gui.screenshots.material import Material
from hhstudio.gui.screenshots.scene import Look, Scene
from hhstudio.gui.screenshots.stage import Stage


def _chains(stage: Stage, _material: Material) -> Look:
    """The deepest path of the session, and below it the same path of the other one."""
    assert stage.session is not None
    assert stage.wanted.beside is not None
    stage.workspace.load(stage.session)
    view = stage.window.panels.show("health")
    view.select_path(stage.workspace.history.paths[-1] if stage.workspace.history is not None else "")
    view.put_beside(stage.wanted.beside)
    stage.alone("health", QSize(900, 860))
    stage.answered(view)
    return lambda: stage.alone("health", QSize(900, 860))


SCENES = (
    Scene(
        "chains",
        "chain health of a session, and of another one below it",
        _chains,
        needs=("session", "beside"),
        whole=False,
    ),
)
