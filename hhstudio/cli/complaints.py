"""Complaints of the command line: exit statuses, and one line on stderr."""

from __future__ import annotations

import os
import sys

from hhstudio.core.plain_text import one_line

FAILED, INTERRUPTED = 1, 130
"""Exit statuses besides 0; bad usage and bad input have 2 (``HHStudioError.exit_status``)."""


def complain(message: str, kind: str = "error: ") -> None:
    """One line on stderr, whatever the message holds; where nobody reads it any more, none."""
    try:
        print(f"hhstudio: {kind}{one_line(message)}", file=sys.stderr, flush=True)
    except OSError:  # a pipe that nobody reads, a terminal that was closed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
