"""The solvers that a spec can name: what they are, and the smallest image that they can work on.

Known without torch, so that a palette can offer them and a spec is checked before a run. Building them
is :mod:`hhstudio.nets.solvers`.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class ArchitectureInfo(NamedTuple):
    """``smallest``: least height and width of an image in pixels; 1 where any image will do."""

    name: str
    title: str
    summary: str
    smallest: int = 1


ARCHITECTURES: dict[str, ArchitectureInfo] = {
    info.name: info
    for info in (
        ArchitectureInfo("small-cnn", "Small CNN", "two small strided convolutions, for quick looks"),
        ArchitectureInfo("mlp", "MLP", "fully connected layers on the pixels"),
        ArchitectureInfo("lenet", "LeNet", "two 5×5 convolutions and two dense layers", 16),
        ArchitectureInfo("zenke", "ZenkeNet", "four convolutions 32-32-64-64 and a dense 512", 10),
        ArchitectureInfo("resnet32", "ResNet-32", "31 convolutions with shortcuts, for 32×32 images"),
    )
}

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_import_path(architecture: str) -> bool:
    """Whether the text has the form ``package.module:Class``; nothing is imported."""
    return _IMPORT_PATH.fullmatch(architecture) is not None
