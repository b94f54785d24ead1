"""Rendering the window and each of its views to PNG, in every theme and size that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots.request import ScreenshotRequest
from hhstudio.gui.screenshots.session import ScreenshotSession
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.widgets.picture_files import write_png
from hhstudio.gui.widgets.theme import Theme

VIEWS = ("window", "canvas", *(part.name for part in PANELS))
"""What there are pictures of, by the name that ``--only`` takes."""


def listing() -> list[tuple[str, str]]:
    """Names of the views, and what each shows."""
    panels = [(part.name, f"{part.title}: {part.tip[:1].lower()}{part.tip[1:]}") for part in PANELS]
    return [("window", "the whole window with the session"), ("canvas", "the tree"), *panels]


def render(
    out_dir: Path, request: ScreenshotRequest, say: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write the pictures as PNG; the paths, in order. ``say`` hears what takes long.

    Of the window: ``window-THEME-WxH.png``; of a view ``NAME-THEME.png``, with its size in the name where
    several are asked for. What asks about the weights is drawn once its answers are there. Raises
    HHStudioError when a session cannot be opened, the folder not be written, or nothing is called so.
    """
    names = request.chosen(VIEWS, VIEWS)
    make_folder(out_dir)
    with ScreenshotSession(request, request.session) as shot:
        return list(_views(shot, out_dir, names, say))


def make_folder(out_dir: Path) -> None:
    """Raises HHStudioError where it cannot be made."""
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HHStudioError(f"{out_dir}: cannot be made ({error.strerror or error})") from None


def themed(shot: ScreenshotSession) -> Iterator[Theme]:
    """The themes that are asked for, each put on."""
    for theme in shot.request.themes:
        shot.window.theming.choose("dark" if theme.dark else "light")
        shot.settle()
        yield theme


def save(shot: ScreenshotSession, path: Path, widget: QWidget) -> Path:
    """Write a picture of a widget. Raises HHStudioError."""
    write_png(shot.picture(widget), path)
    return path


def file_name(name: str, theme: Theme, size: QSize | None, sizes: Iterable[QSize | None]) -> str:
    """``NAME-THEME.png``, with the size where there are pictures of several."""
    several = size is not None and len(tuple(sizes)) > 1
    return f"{name}-{theme.name}{f'-{_text(size)}' if several and size is not None else ''}.png"


def _views(
    shot: ScreenshotSession, out_dir: Path, names: list[str], say: Callable[[str], None]
) -> Iterator[Path]:
    """The window at its sizes, and its views at the last of them, or alone where a size is asked for."""
    sizes = shot.request.window_sizes
    if "compare" in names and shot.request.sweep is not None:
        say(f"reading the sweep in {shot.request.sweep} …")
        shot.compare_sweep(shot.request.sweep)
    for theme in themed(shot):
        if "window" in names:
            for size in sizes:
                shot.place(size)
                shot.answered()
                yield save(shot, out_dir / f"window-{theme.name}-{_text(size)}.png", shot.window)
        shot.place(sizes[-1])
        for name in (name for name in names if name != "window"):
            for view_size in shot.request.sizes or (None,):
                yield _view(
                    shot, out_dir / file_name(name, theme, view_size, shot.request.sizes), name, view_size
                )


def _view(shot: ScreenshotSession, path: Path, name: str, size: QSize | None) -> Path:
    """A view, in front, with everything it waits for."""
    if name == "canvas":
        return save(shot, path, shot.canvas)
    shot.size = size
    widget = shot.window.panels[name]
    if shot.request.beside is not None and hasattr(widget, "put_beside"):
        widget.put_beside(shot.request.beside)
    shot.alone(name, None)
    shot.answered(widget)
    saved = save(shot, path, shot.alone(name, None))
    shot.window.docks[name].setFloating(False)
    return saved


def _text(size: QSize) -> str:
    return f"{size.width()}x{size.height()}"
