"""``hhstudio export``: parts of a session in formats that others read."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hhstudio.cli.options import a_path, add_data
from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import ExportError
from hhstudio.core.spec import spec as specs

if TYPE_CHECKING:
    from hhstudio.service.analysis.session import Session

SUFFIXES: dict[str, tuple[str, ...]] = {
    "weights": (".npz", ".safetensors", ".pt", ".onnx"),
    "metrics": (".csv",),
    "avalanche": (),
    "figures": (".png", ".svg"),
    "spec": (".json",),
    "python": (".py",),
}
"""What each kind is written as; none: a folder."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=a_path)
    parser.add_argument("kind", metavar="KIND", choices=sorted(SUFFIXES), help=", ".join(SUFFIXES))
    parser.add_argument(
        "--out", metavar="PATH", type=a_path, required=True,
        help="the file to write, in the format of its suffix; avalanche: a folder",
    )  # fmt: skip
    parser.add_argument("--path", metavar="NAME", help="of this path only, as P2-0")
    parser.add_argument("--task", metavar="K", type=int, help="weights: of this task only, counted from 0")
    add_data(parser, " (.onnx: its normalisation follows from them)")
    parser.add_argument(
        "--allow-import", action="store_true",
        help=".onnx: import a solver that the session names by import path, which runs its code",
    )  # fmt: skip


def execute(args: argparse.Namespace) -> int:
    """Raises ExportError, WriteError, SessionError, DataError."""
    from hhstudio.service.analysis import session as sessions

    wanted: tuple[str, ...] = SUFFIXES[args.kind]
    if wanted and args.out.suffix not in wanted:
        raise ExportError(f"--out {args.out}: {args.kind} are written as {', '.join(wanted)}")
    with sessions.open(
        args.session, data=args.data, allow_unverified=args.allow_unverified, allow_import=args.allow_import
    ) as session:
        _write(session, args)
    return 0


def _write(session: Session, args: argparse.Namespace) -> None:
    match args.kind:
        case "spec":
            write_file(args.out, specs.encode(session.spec))
        case "metrics":
            from hhstudio.store.export.tables import export_metrics

            export_metrics(session, args.out)
        case "avalanche":
            from hhstudio.store.export.tables import export_avalanche

            export_avalanche(session, args.out, args.path)
        case "figures":
            from hhstudio.store.export.figures import export_figures

            export_figures(session, args.out, args.path)
        case "python":
            from hhstudio.store.export.python_script import export_python

            export_python(session, args.out, args.path, args.task)
        case _:
            from hhstudio.service.analysis.weight_export import export_weights

            export_weights(session, args.out, args.path, args.task)
