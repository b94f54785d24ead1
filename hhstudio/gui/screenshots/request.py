"""A request for screenshots: of what, of which session, at which sizes, in which themes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QSize

from hhstudio.core.errors import HHStudioError
from hhstudio.gui.widgets.theme import DARK, LIGHT, Theme

SIZES = (QSize(1280, 800), QSize(1920, 1080))
"""Of windows, where no size is asked for."""


@dataclass(frozen=True)
class ScreenshotRequest:
    """``only``: names, or patterns of names as ``canvas-*``; () for the window and every view in it.

    ``session`` is shown in the window; ``beside``: another one, for what shows two; ``sweep``: the folder of
    one; ``data``: folder of the data sets, for views that run solvers on images; ``allow_unverified``: also
    files that torchvision does not know. ``sizes``: of windows, and of single views, which are as docked
    where there is none. ``theme``: of one theme only.
    """

    only: tuple[str, ...] = ()
    session: Path | None = None
    beside: Path | None = None
    sweep: Path | None = None
    data: Path | None = None
    allow_unverified: bool = False
    sizes: tuple[QSize, ...] = ()
    theme: Literal["light", "dark", "both"] = "both"

    @property
    def themes(self) -> tuple[Theme, ...]:
        return tuple(theme for theme in (LIGHT, DARK) if self.theme in ("both", theme.name))

    @property
    def window_sizes(self) -> tuple[QSize, ...]:
        return self.sizes or SIZES

    def chosen(self, names: Iterable[str], usual: Iterable[str]) -> list[str]:
        """Of ``names`` those that ``only`` means, in their order; ``usual`` where it is empty. Raises
        HHStudioError for a word that means none of them."""
        names = list(names)
        for word in self.only:
            if not any(fnmatchcase(name, word) for name in names):
                raise HHStudioError(f"nothing is called {word!r}; there are {', '.join(names)}")
        if not self.only:
            return list(usual)
        return [name for name in names if any(fnmatchcase(name, word) for word in self.only)]
