"""``hhstudio export``: parts of a session in formats that others read."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hhstudio.core import spec as specs
from hhstudio.core.errors import HHStudioError

if TYPE_CHECKING:
    from hhstudio.store.session import Session

SUFFIXES = {"weights": ".npz", "metrics": ".csv", "spec": ".json"}


class ExportError(HHStudioError):
    """What was asked for is not in the session, or cannot be written that way."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=Path)
    parser.add_argument("kind", metavar="KIND", choices=sorted(SUFFIXES), help="weights, metrics or spec")
    parser.add_argument("--out", metavar="PATH", type=Path, required=True, help="the file to write")
    parser.add_argument("--path", metavar="NAME", help="weights: of this path only, as P2-0")
    parser.add_argument("--task", metavar="K", type=int, help="weights: of this task only, counted from 0")


def execute(args: argparse.Namespace) -> int:
    """Raises :class:`ExportError`, SessionError, OSError."""
    from hhstudio.store.session import open as open_session

    wanted = SUFFIXES[args.kind]
    if args.out.suffix != wanted:
        raise ExportError(f"--out {args.out}: {args.kind} are written as {wanted}")
    with open_session(args.session) as session:
        if args.kind == "spec":
            args.out.write_bytes(specs.encode(session.spec))
        elif args.kind == "metrics":
            _write_metrics(session, args.out)
        else:
            _write_weights(session, args.out, args.path, args.task)
    return 0


def _write_metrics(session: Session, out: Path) -> None:
    """One row a value: step, path, task (counted from 0, -1 where none is meant), metric, value."""
    history = session.history
    with out.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "path", "task", "metric", "value"])
        for (path, task, metric), series in history.series.items():
            for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
                rows.writerow([step, path, task, metric, repr(value)])


def _write_weights(session: Session, out: Path, path: str | None, task: int | None) -> None:
    """Arrays named ``path/task/tensor``; the tensor's name alone when one condition was asked for."""
    kept = sorted(session.history.weights)
    chosen = [c for c in kept if path in (None, c[0]) and task in (None, c[1])]
    if not chosen:
        known = ", ".join(f"{p} task {t}" for p, t in kept[:6]) or "none"
        raise ExportError(f"{session.path}: holds no such weights; known: {known}{', …' * (len(kept) > 6)}")
    single = path is not None and task is not None
    arrays = {
        name if single else f"{p}/{t}/{name}": array
        for p, t in chosen
        for name, array in session.weights(p, t).items()
    }
    np.savez(out, **arrays)
