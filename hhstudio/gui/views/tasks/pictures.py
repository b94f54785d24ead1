"""Class pictures, read on a thread of their own: reading CIFAR's files takes seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject

from hhstudio.core.spec.spec import Stream
from hhstudio.gui.state.background import BackgroundJobs
from hhstudio.service.class_pictures import thumbnails


class ClassPictures:
    """``where`` gives the data folder, and whether files without a known checksum may be read."""

    def __init__(self, where: Callable[[], tuple[Path, bool]], parent: QObject) -> None:
        self._where = where
        self._jobs = BackgroundJobs(parent)
        self._cancelled = threading.Event()

    def look_up(self, dataset: str, stream: Stream, show: Callable[[dict[int, np.ndarray]], object]) -> None:
        """Call ``show`` with a picture of each class, by label; not at all where there is none."""
        root, trust = self._where()
        self._jobs.submit(
            lambda: thumbnails(dataset, stream, root, trust, self._cancelled), show, lambda _error: None
        )

    def close(self) -> None:
        """Give up what is being read."""
        self._cancelled.set()
        self._jobs.close()
