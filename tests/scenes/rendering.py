"""Rendering scenes to PNG, in every theme and size that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots.render import file_name, make_folder, save, themed
from hhstudio.gui.screenshots.request import ScreenshotRequest
from hhstudio.gui.screenshots.session import ScreenshotSession

from .all_scenes import SCENES
from .demo_sessions import DemoSessions
from .scene import HOW, Scene


def listing() -> list[tuple[str, str]]:
    """Names of the scenes, what each shows and what it needs."""
    return [
        (scene.name, scene.shows + "".join(f"; needs {HOW[need]}" for need in scene.needs))
        for scene in SCENES
    ]


def render_scenes(
    out_dir: Path, request: ScreenshotRequest, say: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write the scenes that are asked for as PNG (all, where none is named); the paths, in order. ``say``
    hears what takes long, and what is left out and why.

    ``NAME-THEME.png``, with the size in the name where there are several. Raises HHStudioError when nothing
    is called so; at the end, when a scene could not be taken.
    """
    every = [scene.name for scene in SCENES]
    names = request.chosen(every, every)
    make_folder(out_dir)
    written: list[Path] = []
    failures: list[str] = []
    with DemoSessions(say, request.sweep) as demos:
        for scene in (scene for scene in SCENES if scene.name in names):
            if missing := scene.missing(request):
                say(f"{scene.name} is left out: it needs {' and '.join(missing)}")
                continue
            try:
                for part in _in_one_go(request, scene):
                    with ScreenshotSession(
                        part, request.session if "session" in scene.needs else None
                    ) as shot:
                        written += _render(shot, demos, out_dir, scene)
            except HHStudioError as error:
                failures.append(f"{scene.name}: {error}")
                say(failures[-1])
    if failures:
        raise HHStudioError(f"{len(failures)} of the scenes could not be taken: {'; '.join(failures)}")
    return written


def _in_one_go(request: ScreenshotRequest, scene: Scene) -> list[ScreenshotRequest]:
    """What is taken of a scene in one go: the window in all themes; a dialog, which wears the theme in which
    it was opened, in one after the other."""
    if scene.whole:
        return [request]
    return [replace(request, theme="dark" if theme.dark else "light") for theme in request.themes]


def _render(shot: ScreenshotSession, demos: DemoSessions, out_dir: Path, scene: Scene) -> Iterator[Path]:
    look = scene.act(shot, demos)
    sizes: tuple[QSize | None, ...] = (
        shot.request.window_sizes if scene.whole else shot.request.sizes or (None,)
    )
    for theme in themed(shot):
        for size in sizes:
            if scene.whole and size is not None:
                shot.place(size)
            shot.size = size
            yield save(shot, out_dir / file_name(scene.name, theme, size, sizes), look())
