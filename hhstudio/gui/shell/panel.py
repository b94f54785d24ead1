"""Panel: one view of the window, how it is made and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from hhstudio.gui.shell.context import AppContext

Side = Literal["left", "right", "bottom"]


@dataclass(frozen=True)
class Panel:
    """One view of the window.

    ``key``: shortcut that brings it to the front or hides it. ``side`` and ``row`` (0 upper, 1 lower):
    where it stands at first; panels of one place are tabs in the order of the list, the first in front.
    ``shown``: whether it is there in the default layout; ``roomy``: only in one that is high enough for two
    rows. ``late``: made only after the window has been painted, because its imports take long. ``tip``: what
    it is for, in a sentence. ``menu``: where its action is found. ``guide``: where the guide tells of it, as
    ``analysis#filters``.

    The widget that ``make`` returns connects itself to what it needs, and may have any of
    ``set_history(History | None)``, ``refresh(Changes)``, ``set_source(Session | None)``,
    ``set_read_only(bool)``, ``may_close(close)``, ``release()`` and a signal
    ``status_message(str)``.
    """

    name: str
    title: str
    make: Callable[[AppContext], QWidget]
    side: Side
    guide: str
    row: int = 0
    key: str = ""
    shown: bool = True
    roomy: bool = False
    late: bool = False
    tip: str = ""
    menu: str = "View/Panels"
