"""Colours: readable, and apart from each other for everybody."""

import itertools

import numpy as np
import pytest
from PySide6.QtGui import QFontDatabase

from hhstudio.gui.widgets.theme import DARK, LIGHT

SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}
"""Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB."""


def linear(color):
    parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb):
    cone = np.cbrt(
        np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
        @ np.clip(rgb, 0, 1)
    )
    return np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]) @ cone


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("background", ["window", "panel", "raised", "canvas"])
@pytest.mark.parametrize("role", ["text", "muted", "ok", "warn", "error", "accent"])
def test_text_reaches_four_and_a_half_to_one(theme, role, background):
    assert contrast(getattr(theme, role), getattr(theme, background)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable_on_buttons_and_selections(theme):
    assert contrast(theme.accent_text, theme.accent) >= 4.5
    assert contrast(theme.text, theme.selection) >= 4.5


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_task_colours_stay_apart(theme, sight):
    seen = [oklab(SIGHT[sight] @ linear(color)) for color in theme.task_colors]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.08


def test_twenty_tasks_have_pens_of_their_own():
    assert len({LIGHT.task_pen(task) for task in range(20)}) == 20
    assert [LIGHT.task_pen(task)[1] for task in (0, 9, 10, 19)] == [0, 0, 1, 1]


def test_the_bundled_font_is_there(qapp):
    assert "Inter" in QFontDatabase.families()
    assert qapp.font().family() == "Inter"


def test_choosing_a_theme_reaches_every_view_and_is_remembered(window, qapp):
    window.registry.trigger("view.theme.dark")
    assert qapp.palette().window().color().name() == DARK.window
    assert window.theming.theme is DARK
    assert window.workspace.preferences.theme == "dark"
    window.registry.trigger("view.theme.light")
    assert qapp.palette().window().color().name() == LIGHT.window
