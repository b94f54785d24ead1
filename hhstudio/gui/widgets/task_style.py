"""Task style: how a task looks and is called, the same on every screen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor

from hhstudio.core.spec.tasks import TaskInfo
from hhstudio.gui.widgets.theme import Theme

DASHES: tuple[tuple[float, ...], ...] = ((), (7, 3), (2, 2.5), (9, 3, 2, 3))
"""Pixels on and off, by the theme's dash index."""


def task_style(theme: Theme, task: int) -> tuple[str, tuple[float, ...]]:
    """Colour and dashes of a task; values that belong to no single task (-1) are in the text colour."""
    if task < 0:
        return theme.text, ()
    color, dash = theme.task_pen(task)
    return color, DASHES[dash % len(DASHES)]


def task_short(task: int) -> str:
    return "all" if task < 0 else f"T{task}"


def task_label(tasks: Sequence[TaskInfo], task: int) -> str:
    """The task's number and name, as ``T2 digits 4-5``; the number alone where it has no name."""
    if not 0 <= task < len(tasks):
        return "all tasks" if task < 0 else task_short(task)
    return f"{task_short(task)} {tasks[task].name}".rstrip()


def task_tooltip(tasks: Sequence[TaskInfo], task: int) -> str:
    """Everything known of a task: name, data set, classes, images."""
    if not 0 <= task < len(tasks):
        return task_label(tasks, task)
    info = tasks[task]
    names = info.class_names or tuple(str(label) for label in info.classes)
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    images = (
        f"\n{info.train_images} training images, {info.test_images} test images" if info.train_images else ""
    )
    return f"{task_label(tasks, task)}\n{info.dataset}: {shown}{images}"


def blend(color: str, background: str, share: float) -> str:
    """``share`` of a colour over a background, opaque, so that drawing it needs no alpha."""
    one, other = QColor(color), QColor(background)
    parts = [
        round(share * a + (1 - share) * b)
        for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True)  # type: ignore[index]
    ]
    return QColor(*parts).name()


def readable_on(color: QColor) -> QColor:
    """Black or white, whichever has more contrast on a colour: at least 4.58 (WCAG), with any colour."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in color.getRgbF()[:3])  # type: ignore[index]
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return QColor("#000000") if luminance > 0.179 else QColor("#ffffff")
