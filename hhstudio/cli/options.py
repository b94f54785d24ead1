"""Options that several commands share, and the reading of FIELD=VALUE."""

from __future__ import annotations

import argparse
from pathlib import Path

from hhstudio.core.errors import SpecError

ANY_FIELD = (
    "any field of the spec, as training.steps=200; repeatable. The guide's page of settings lists them: "
    "hhstudio guide settings"
)
"""Help of ``--set``."""


def a_path(text: str) -> Path:
    """A file or folder of the command line. ``~`` is the home folder also where the shell leaves it alone, as
    in ``--out=~/s.h5``."""
    try:
        return Path(text).expanduser()
    except RuntimeError:  # of somebody whom this machine does not know
        return Path(text)


def add_data(parser: argparse.ArgumentParser, use: str = "") -> None:
    """``--data`` and ``--allow-unverified``; ``use``: what the command needs the data for."""
    parser.add_argument("--data", metavar="DIR", type=a_path, help=f"folder of the data sets{use}")
    parser.add_argument(
        "--allow-unverified",
        action="store_true",
        help="accept data files that torchvision's checksums do not know",
    )


def add_training(parser: argparse.ArgumentParser, fields_help: str) -> None:
    """What any command that trains takes: ``--set --data --device --allow-unverified --allow-import``."""
    add = parser.add_argument
    add("--set", metavar="FIELD=VALUE", action="append", default=[], dest="fields", help=fields_help)
    add("--device", metavar="auto|cpu|cuda|mps", help="where to compute (default: as the spec says)")
    add_data(parser)
    add(
        "--allow-import",
        metavar="MODULE:CLASS",
        action="append",
        default=[],
        help="let a spec or session import this solver, which runs its code; repeatable",
    )


def allowed_imports(args: argparse.Namespace) -> list[str]:
    """Solvers that may be imported: those of ``--allow-import``, and those typed with ``--set``."""
    typed = [value for name, value in map(assignment, args.fields) if name == "solver.architecture"]
    return [*args.allow_import, *typed]


def assignment(item: str, option: str = "--set", example: str = "training.steps=200") -> tuple[str, str]:
    """(field, value) of ``FIELD=VALUE``. Raises :class:`SpecError`."""
    name, equals, value = item.partition("=")
    if not equals or not name.strip():
        raise SpecError(f"{option} {item}: write it as FIELD=VALUE, for example {option} {example}")
    return name.strip(), value
