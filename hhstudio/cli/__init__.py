"""Command ``hhstudio``: one module a command; importing them loads neither torch nor Qt."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from hhstudio.cli import streams
from hhstudio.cli.complaints import FAILED, complain
from hhstudio.cli.signals import status_of
from hhstudio.core import interpreter
from hhstudio.core.errors import HHStudioError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; whatever goes wrong is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ[interpreter.SAFE_PATH] = "1"  # for whatever starts a Python: multiprocessing, a library
    try:
        with streams.guarded():
            return _run(arguments)
    except OSError as error:
        complain(f"standard output: {error.strerror or error}")
        return FAILED


def _run(arguments: list[str]) -> int:
    try:
        from hhstudio.cli.commands import dispatch

        return dispatch(arguments)
    except HHStudioError as error:
        complain(str(error))
        return error.exit_status
    except KeyboardInterrupt as interrupt:
        if str(interrupt):  # a signal, and nothing to be said of what was done until then
            complain(str(interrupt), "")
        return status_of(interrupt)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
        return FAILED
    except Exception as error:
        from hhstudio.service.logs import unexpected

        complain(unexpected(error))
        return FAILED
