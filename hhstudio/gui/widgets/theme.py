"""Themes: colours by role, light and dark, and the pens of the tasks; which of them is worn.

Whoever paints asks `current_theme` by role as it paints, and never names a colour itself. Qt paints every
widget anew when the palette changes.
"""

from __future__ import annotations

from dataclasses import dataclass

from hhstudio.core import colors


@dataclass(frozen=True)
class Theme:
    """Colours by role, as ``#rrggbb``.

    ``text`` and ``muted`` reach 4.5:1 on window, panel, raised and canvas; ``ok``, ``warn`` and ``error``
    on panel; ``accent_text`` on accent. ``task_colors``: ten colours that stay apart (at least .08 in
    OKLab) for normal sight, protanopia, deuteranopia and tritanopia.
    """

    name: str
    dark: bool
    window: str
    panel: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    accent_text: str
    ok: str
    warn: str
    error: str
    grid: str
    selection: str
    canvas: str
    node_hypernetwork: str
    node_solver: str
    edge: str
    glow: str
    task_colors: tuple[str, ...]

    def task_pen(self, task: int) -> tuple[str, int]:
        """Colour and dash index of a task, the same in every view. Dash 0 is solid, 1 dashed; a stream
        of more than 20 tasks goes on with dash 2 (dotted) and 3 (dash-dot), then repeats."""
        count = len(self.task_colors)
        return self.task_colors[task % count], (task // count) % 4


LIGHT = Theme(
    name="light",
    dark=False,
    window="#eef0f3",
    panel="#ffffff",
    raised="#f4f6f8",
    border="#d3d8df",
    text="#1c2127",
    muted="#59626d",
    accent="#2860d1",
    accent_text="#ffffff",
    ok="#1b7a48",
    warn="#8a5a00",
    error="#c22d2b",
    grid="#e7eaee",
    selection="#d6e3fc",
    canvas="#fafbfc",
    node_hypernetwork="#3f63c4",
    node_solver="#12806f",
    edge="#97a1ae",
    glow="#f0a020",
    task_colors=colors.TASKS,
)

DARK = Theme(
    name="dark",
    dark=True,
    window="#14171b",
    panel="#1c2026",
    raised="#262b33",
    border="#363d47",
    text="#e7ebf0",
    muted="#9ba6b3",
    accent="#76a4ff",
    accent_text="#0c1526",
    ok="#52c98d",
    warn="#e5b04a",
    error="#ff7a74",
    grid="#2a3038",
    selection="#233557",
    canvas="#171a1f",
    node_hypernetwork="#86a3f7",
    node_solver="#4fc3ae",
    edge="#66717f",
    glow="#ffc04d",
    task_colors=(
        "#4f9fea",
        "#f0883e",
        "#ffd200",
        "#8769ff",
        "#a5f0f0",
        "#a55a4b",
        "#b478a5",
        "#96c3f0",
        "#4b69c3",
        "#e1a596",
    ),
)


_current = LIGHT


def current_theme() -> Theme:
    """The theme that the application wears."""
    return _current


def set_current_theme(theme: Theme) -> None:
    """For `hhstudio.gui.widgets.appearance` alone, which changes palette and stylesheet with it."""
    global _current
    _current = theme
