"""Taking the pictures: the window, its parts, and scenes, each in every theme and size that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSize

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots.material import Material
from hhstudio.gui.screenshots.scene import HOW, Scene
from hhstudio.gui.screenshots.scenes import SCENES
from hhstudio.gui.screenshots.stage import Stage
from hhstudio.gui.screenshots.wanted import Wanted
from hhstudio.gui.shell.panel_registry import PANELS
from hhstudio.gui.widgets.theme import Theme

VIEWS = ("window", "canvas", *(part.name for part in PANELS))


def listing() -> list[tuple[str, str]]:
    """What there are pictures of: names and what they show."""
    parts = [(part.name, f"{part.title}: {part.tip[:1].lower()}{part.tip[1:]}") for part in PANELS]
    views = [("window", "the whole window with the session"), ("canvas", "the tree"), *parts]
    scenes = [
        (each.name, each.shows + "".join(f"; needs {HOW[need]}" for need in each.needs)) for each in SCENES
    ]
    return [*views, *scenes]


def render(out_dir: Path, wanted: Wanted, say: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Write the pictures as PNG; the paths, in order. ``say`` hears what takes long, and what is left out and
    why.

    Of the window, and of scenes that show it: ``NAME-THEME-WxH.png``; of everything else, and where one size
    is wanted: ``NAME-THEME.png`` (the window itself always has its size). What asks about the weights is
    drawn once its answers are there. Raises HHStudioError when a session cannot be opened, the folder not be
    written or nothing is called so; at the end, when a scene could not be taken.
    """
    out_dir = Path(out_dir)
    names = wanted.chosen((*VIEWS, *(scene.name for scene in SCENES)), VIEWS)
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HHStudioError(f"{out_dir}: cannot be made ({error.strerror or error})") from None
    written: list[Path] = []
    failed: list[str] = []
    views = [name for name in names if name in VIEWS]
    if views:
        with Stage(wanted, wanted.session) as stage:
            written += _views(stage, out_dir, views)
    with Material(say, wanted.sweep) as material:
        for scene in SCENES:
            if scene.name not in names:
                continue
            if missing := scene.missing(wanted):
                say(f"{scene.name} is left out: it needs {' and '.join(missing)}")
                continue
            try:
                for part in _parts(wanted, scene):
                    with Stage(part, wanted.session if "session" in scene.needs else None) as stage:
                        written += _scene(stage, material, out_dir, scene)
            except HHStudioError as error:
                failed.append(f"{scene.name}: {error}")
                say(failed[-1])
    if failed:
        raise HHStudioError(f"{len(failed)} of the scenes could not be taken: {'; '.join(failed)}")
    return written


def _parts(wanted: Wanted, scene: Scene) -> list[Wanted]:
    """What is taken of a scene in one go: the window in all themes; a dialog, which wears the theme in which
    it was opened, in one after the other."""
    if scene.whole:
        return [wanted]
    return [replace(wanted, theme="dark" if theme.dark else "light") for theme in wanted.themes]


def _views(stage: Stage, out_dir: Path, names: list[str]) -> Iterator[Path]:
    """The window at its sizes, and its parts at the last of them, or alone where a size is wanted."""
    sizes = stage.wanted.window_sizes
    for theme in _themes(stage):
        if "window" in names:
            for size in sizes:
                stage.place(size)
                stage.answered()
                yield _kept(stage, out_dir / f"window-{theme.name}-{_text(size)}.png", stage.window)
        stage.place(sizes[-1])
        for name in (name for name in names if name != "window"):
            for size in stage.wanted.sizes or (None,):
                path = out_dir / f"{name}-{theme.name}{_suffix(size, stage.wanted.sizes)}.png"
                yield _view(stage, path, name, size)


def _view(stage: Stage, path: Path, name: str, size: QSize | None) -> Path:
    """A part, in front, with everything it waits for."""
    if name == "canvas":
        return _kept(stage, path, stage.canvas)
    stage.size = size
    widget = stage.window.panels[name]
    if stage.wanted.beside is not None and hasattr(widget, "put_beside"):
        widget.put_beside(stage.wanted.beside)
    stage.alone(name, None)
    stage.answered(widget)
    kept = _kept(stage, path, stage.alone(name, None))
    stage.window.docks[name].setFloating(False)
    return kept


def _scene(stage: Stage, material: Material, out_dir: Path, scene: Scene) -> Iterator[Path]:
    look = scene.act(stage, material)
    sizes: Iterable[QSize | None] = (
        stage.wanted.window_sizes if scene.whole else stage.wanted.sizes or (None,)
    )
    sizes = tuple(sizes)
    for theme in _themes(stage):
        for size in sizes:
            if scene.whole and size is not None:
                stage.place(size)
            stage.size = size
            widget = look()
            yield _kept(stage, out_dir / f"{scene.name}-{theme.name}{_suffix(size, sizes)}.png", widget)


def _themes(stage: Stage) -> Iterator[Theme]:
    """The wanted themes, each put on."""
    for theme in stage.wanted.themes:
        stage.window.theming.choose("dark" if theme.dark else "light")
        stage.settle()
        yield theme


def _kept(stage: Stage, path: Path, widget: object) -> Path:
    if not stage.picture(widget).save(str(path)):  # type: ignore[arg-type]
        raise HHStudioError(f"{path}: the picture cannot be written")
    return path


def _suffix(size: QSize | None, sizes: Iterable[QSize | None]) -> str:
    """The size in a file's name, where there are pictures of several."""
    return f"-{_text(size)}" if size is not None and len(tuple(sizes)) > 1 else ""


def _text(size: QSize) -> str:
    return f"{size.width()}x{size.height()}"
