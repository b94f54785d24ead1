"""Pretended screen: one that is not there, large enough for any window.

To be set up before there is a QApplication.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

_SIDE = 8000
_REMARK = "This plugin does not support"
"""How Qt's offscreen platform complains about what only a real screen can do."""


@contextmanager
def pretended(scale: float = 1.0) -> Iterator[None]:
    """Have Qt draw on it, ``scale`` pixels a point."""
    screen = {"name": "none", "x": 0, "y": 0, "width": _SIDE, "height": _SIDE, "logicalDpi": 96, "dpr": 1}
    configuration = {"synchronousWindowSystemEvents": False, "windowFrameMargins": False, "screens": [screen]}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "screen.json"
        file.write_text(json.dumps(configuration))
        os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={file}"
        if scale != 1:
            os.environ["QT_SCALE_FACTOR"] = f"{scale:g}"
        before = qInstallMessageHandler(_tell)
        try:
            yield
        finally:
            qInstallMessageHandler(before)


def _tell(_kind: QtMsgType, _where: QMessageLogContext, text: str) -> None:
    if not text.startswith(_REMARK):
        print(text, file=sys.stderr)
