"""Logs of the studio: their folder, and a file for the traceback of every defect."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path

import platformdirs

_APP = "hhstudio"


def log_folder() -> Path:
    return platformdirs.user_log_path(_APP, appauthor=False)


def keep_traceback(error: BaseException) -> Path | None:
    """Write the traceback of a defect to a file of its own; None where that cannot be written."""
    file = log_folder() / f"error-{datetime.now():%Y%m%d-%H%M%S-%f}.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return None
    return file


def unexpected(error: BaseException) -> str:
    """One line for a defect of ours: what it was and where its traceback is."""
    text = str(error).strip()
    first = text.splitlines()[0][:200] if text else ""
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    file = keep_traceback(error)
    return f"unexpected error: {what}" + (f" (details in {file})" if file else "")
