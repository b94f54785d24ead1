"""Scenes by name. A new one is a line in the module of its area."""

from __future__ import annotations

from . import (
    analysis_scenes,
    canvas_scenes,
    compare_scenes,
    run_scenes,
    session_scenes,
    window_scenes,
)
from .scene import Scene

SCENES: tuple[Scene, ...] = (
    *window_scenes.SCENES,
    *canvas_scenes.SCENES,
    *run_scenes.SCENES,
    *compare_scenes.SCENES,
    *analysis_scenes.SCENES,
    *session_scenes.SCENES,
)
