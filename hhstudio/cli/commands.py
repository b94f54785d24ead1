"""Commands of ``hhstudio``, and what it does without one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn

import hhstudio
from hhstudio.cli import (
    export,
    guide,
    presets,
    recover,
    reproduce,
    run,
    screenshot,
    show,
    signals,
    studio,
    sweep,
)
from hhstudio.cli.options import a_path
from hhstudio.core.errors import HHStudioError

Configure = Callable[[argparse.ArgumentParser], None]
Execute = Callable[[argparse.Namespace], int]

COMMANDS: dict[str, tuple[str, Configure, Execute]] = {
    "run": ("train without a window", run.configure, run.execute),
    "sweep": ("run a spec with lists of values, all combinations", sweep.configure, sweep.execute),
    "presets": ("list the presets, or print one as JSON", presets.configure, presets.execute),
    "show": ("what is in a session", show.configure, show.execute),
    "export": ("weights, tables, figures or the spec of a session", export.configure, export.execute),
    "recover": ("rebuild a session from its journal", recover.configure, recover.execute),
    "reproduce": ("a named experiment, beside published figures", reproduce.configure, reproduce.execute),
    "guide": ("the guide, as text", guide.configure, guide.execute),
    "screenshot": ("render every view to PNG, no screen needed", screenshot.configure, screenshot.execute),
}


class UsageError(HHStudioError):
    """A command line that cannot be understood."""


class _Parser(argparse.ArgumentParser):
    """Complains like every other error of ours: one line, no usage in front of it."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def dispatch(arguments: list[str]) -> int:
    """Run the command named first, or open the studio on the file named first."""
    first = arguments[0] if arguments else ""
    if not first.startswith("-") and first not in COMMANDS:
        return studio.execute(_file(arguments))
    parser = _parser()
    try:
        parsed = parser.parse_args(arguments)
    except SystemExit as end:  # --help and --version
        return int(end.code or 0)
    # Qt, which draws pictures, has no place where an exception from outside could go
    with nullcontext() if parsed.command == "screenshot" else signals.heard():
        return COMMANDS[parsed.command][2](parsed)


def _file(arguments: list[str]) -> Path | None:
    """The FILE of ``hhstudio [FILE]``. Raises :class:`UsageError`."""
    if not arguments:
        return None
    file = a_path(arguments[0])
    if not file.exists():
        what = "file" if file.suffix else "command and no file"
        raise UsageError(f"there is no {what} {str(file)!r}; commands: {', '.join(COMMANDS)}")
    if len(arguments) > 1:
        raise UsageError(f"one file at a time; {arguments[1]!r} is too much")
    return file


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hhstudio",
        usage="hhstudio [FILE] | hhstudio COMMAND ...",
        description="The studio for hierarchical hypernetworks. Without a command it opens the window, on a "
        "session (.h5) or a spec (.json) if one is given.",
        epilog="Exit status: 0 done, 2 bad usage or bad input, 1 failed while running, 130 interrupted, "
        "143 ended by SIGTERM. "
        "`hhstudio COMMAND --help` says more.",
    )
    parser.add_argument("--version", action="version", version=f"hhstudio {hhstudio.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, prog="hhstudio")
    for name, (summary, configure, _) in COMMANDS.items():
        configure(commands.add_parser(name, help=summary, description=summary.capitalize() + "."))
    return parser
