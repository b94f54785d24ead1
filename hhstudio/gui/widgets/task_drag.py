"""Task drag: tasks that are dragged between widgets and between windows."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData

MIME = "application/x-hhstudio-tasks"


def packed(tasks: Sequence[int], text: str) -> QMimeData:
    """``tasks`` by their places in the stream; ``text`` is what other programs get."""
    data = QMimeData()
    data.setData(MIME, json.dumps(list(tasks)).encode())
    data.setText(text)
    return data


def dragged_tasks(data: QMimeData) -> tuple[int, ...]:
    """The tasks that are dragged; none for anything else."""
    if not data.hasFormat(MIME):
        return ()
    try:
        tasks = json.loads(bytes(data.data(MIME).data()))
    except (ValueError, RecursionError):
        return ()
    return tuple(t for t in tasks if isinstance(t, int) and t >= 0) if isinstance(tasks, list) else ()
