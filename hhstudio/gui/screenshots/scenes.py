"""All scenes by name. A new one is a line in the module of its area."""

from __future__ import annotations

from hhstudio.gui.screenshots import (
    canvas_scenes,
    compare_scenes,
    inspector_scenes,
    run_scenes,
    session_scenes,
    window_scenes,
)
from hhstudio.gui.screenshots.scene import Scene

SCENES: tuple[Scene, ...] = (
    *window_scenes.SCENES,
    *canvas_scenes.SCENES,
    *run_scenes.SCENES,
    *compare_scenes.SCENES,
    *inspector_scenes.SCENES,
    *session_scenes.SCENES,
)
