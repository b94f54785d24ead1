"""``hhstudio run``: train without a window."""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hhstudio.cli.complaints import complain
from hhstudio.cli.options import ANY_FIELD, a_path, add_training, allowed_imports, assignment
from hhstudio.cli.signals import status_of
from hhstudio.core.errors import SessionError, SpecError
from hhstudio.core.plain_text import command_line, utf8
from hhstudio.core.run.history import History
from hhstudio.core.session_names import SESSIONS_VARIABLE
from hhstudio.core.spec import fields, rules
from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import spec_named
from hhstudio.core.spec.spec import Spec
from hhstudio.service.run import protocol

if TYPE_CHECKING:
    from hhstudio.service.run.client import RunClient


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "spec",
        metavar="SPEC",
        help="a preset's name, a spec (.json; - reads it from a pipe), or a session (.h5) to continue",
    )
    add("--out", metavar="S.h5", type=a_path, help="the session to write")
    add_training(
        parser,
        f"{ANY_FIELD}. Of a session that is continued, {fields.listed(f.name for f in fields.live_fields())}",
    )
    add("--seed", metavar="N", type=int, help="the same as --set seed=N")
    add("--overwrite", action="store_true", help="replace the session if it exists")
    add("--in-process", action="store_true", help="train in this process instead of a worker")
    add(
        "--patience",
        metavar="SECONDS",
        type=_seconds,
        default=protocol.PATIENCE,
        help="how long to wait for a full disk, or a folder that is gone, before the run goes on in the "
        f"default folder of sessions (${SESSIONS_VARIABLE}); default: %(default)g",
    )
    add("--quiet", action="store_true", help="print nothing but errors")


def execute(args: argparse.Namespace) -> int:
    """Train, show progress, print the accuracy table. Ctrl-C writes a checkpoint first."""
    from hhstudio.cli.progress import reporter
    from hhstudio.service.api import follow
    from hhstudio.service.run.client import RunClient

    spec, out, history = _chosen(args)
    changes = _changes(args) if spec is None else {}
    client = RunClient(
        spec,
        out,
        data=args.data,
        device=args.device,
        allow_unverified=args.allow_unverified,
        allow_imports=allowed_imports(args),
        resume=spec is None,
        overwrite=args.overwrite,
        in_process=args.in_process,
        changes=changes,
        patience=args.patience,
    )
    report = reporter(history, out, quiet=args.quiet)
    try:
        follow(client, report.take)
    except KeyboardInterrupt as interrupt:
        report.close()
        complain(_interrupted(client, str(interrupt) or "interrupted"), "")
        ended = status_of(interrupt)
        if client.alive:
            # A thread that is writing the session, and so holds HDF5's lock, is stopped for ever where the
            # interpreter ends, which then waits for that lock. Files are whole at any moment.
            os._exit(ended)
        return ended
    finally:
        report.close()
    end, status = client.finished, client.status
    assert end is not None
    assert status is not None
    if end.state == "failed" or (end.state == "finished" and end.message):
        complain(end.message)
    elif end.state == "stopped":
        print(f"hhstudio: stopped: {end.message}", file=sys.stderr)
    if not args.quiet and status != 2 and client.out.exists():
        _print_table(client.out)
    return status


def _interrupted(client: RunClient, how: str) -> str:
    """What a run that was interrupted left, in words."""
    if client.finished is None:  # its thread could not be waited for
        return f"{how}: {client.remainder().text}"
    message = client.finished.message or f"the run had come to its end, {client.out} is whole"
    return message if message.startswith(how) else f"{how}: {message}"


def _chosen(args: argparse.Namespace) -> tuple[Spec | None, Path, History]:
    """What to train into which file: (None, ...) when a session is continued. Raises early and cheaply."""
    if a_path(args.spec).suffix == ".h5":
        return _continued(args)
    if args.out is None:
        raise SpecError("run: say where the session goes, with --out S.h5")
    from hhstudio.store.session.place import check_place

    out: Path = args.out
    if out.suffix != ".h5":
        raise SessionError(f"--out {out}: the name of a session ends with .h5")
    chosen = _fields(args.fields)
    if args.seed is not None:
        chosen["seed"] = args.seed
    if args.device is not None:
        chosen["device"] = args.device
    spec = specs.with_fields(_spec(args.spec), chosen)
    rules.check(spec)
    check_place(out)
    if out.exists() and not args.overwrite:
        raise SessionError(
            f"{out} exists already: choose another --out, add --overwrite, "
            f"or continue it with: {command_line('run', out)}"
        )
    if not out.resolve().parent.is_dir():
        raise SessionError(f"--out {out}: there is no folder {out.parent}")
    return spec, out, History()


def _spec(name: str) -> Spec:
    """A preset, a file, or (``-``) what comes through a pipe. Raises SpecError."""
    if name == "-":
        return specs.decode(utf8(sys.stdin.buffer.read()), "standard input")
    return spec_named(name)


def _continued(args: argparse.Namespace) -> tuple[None, Path, History]:
    from hhstudio.store.session.session import open as open_session

    file = a_path(args.spec)
    if args.out is not None and args.out.resolve() != file.resolve():
        raise SpecError(
            f"{file} is continued in place, not in {args.out}; to train its spec anew, export it first: "
            f"{command_line('export', file, 'spec', '--out', 'spec.json')}"
        )
    if args.seed is not None:
        raise SpecError(f"{file}: what is continued keeps its seed: --seed does not apply")
    _changes(args)  # complains before the file is opened
    if args.overwrite:
        raise SpecError(f"{file}: --overwrite and continuing a session exclude each other")
    with open_session(file) as session:
        if session.state == "finished":
            raise SessionError(f"{file}: the run is finished, there is nothing to continue")
        return None, file, session.history


def _changes(args: argparse.Namespace) -> dict[str, float]:
    """Settings that a continued run changes from here on. Raises :class:`SpecError`."""
    live = {field.name: field for field in fields.live_fields()}
    changes = {}
    for name, text in _fields(args.fields).items():
        if name not in live:
            raise SpecError(
                f"--set {name}: what is continued keeps its settings, but for {fields.listed(live)}"
            )
        if problem := fields.problem(live[name], text):
            raise SpecError(f"--set {name}={text}: {problem[:1].lower()}{problem[1:]}")
        changes[name] = fields.read(live[name], text)
        if changes[name] is None:
            raise SpecError(f"--set {name}: a number is missing")
    return changes


def _seconds(text: str) -> float:
    """A number of seconds, as argparse has it."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


def _fields(given: list[str]) -> dict[str, Any]:
    return dict(map(assignment, given))


def _print_table(out: Path) -> None:
    from hhstudio.cli.tables import accuracy_table
    from hhstudio.store.session.session import open as open_session

    with open_session(out) as session:
        print(accuracy_table(session.summary()))
