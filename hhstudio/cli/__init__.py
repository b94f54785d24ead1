"""Command ``hhstudio``: one module a command; importing them loads neither torch nor Qt."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from hhstudio.cli.complaints import FAILED, complain
from hhstudio.cli.signals import status_of
from hhstudio.core import interpreter
from hhstudio.core.errors import HHStudioError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status; whatever goes wrong is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ[interpreter.SAFE_PATH] = "1"  # for whatever starts a Python: multiprocessing, a library
    try:
        from hhstudio.cli.commands import dispatch

        status = dispatch(arguments)
        sys.stdout.flush()
        return status
    except HHStudioError as error:
        complain(str(error))
        return error.exit_status
    except KeyboardInterrupt as interrupt:
        if str(interrupt):  # a signal, and nothing to be said of what was done until then
            complain(str(interrupt), "")
        return status_of(interrupt)
    except BrokenPipeError:
        # `hhstudio show ... | head`: the reader has seen enough, and Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
        return FAILED
    except Exception as error:
        from hhstudio.service.logs import unexpected

        complain(unexpected(error))
        return FAILED
