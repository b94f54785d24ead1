"""``hhstudio sweep``: one spec with lists of values, all its runs, one table."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from hhstudio.cli.complaints import FAILED, complain
from hhstudio.cli.options import ANY_FIELD, a_path, add_training, allowed_imports, assignment
from hhstudio.cli.signals import status_of
from hhstudio.core.errors import NOT_DECODED, SpecError
from hhstudio.core.ordinary_files import read_bytes
from hhstudio.core.plain_text import command_line, one_line, utf8
from hhstudio.core.sweeps import sweep as sweeps
from hhstudio.core.sweeps.sweep import PlannedRun, Sweep

if TYPE_CHECKING:
    from hhstudio.service.sweep.engine import Engine
    from hhstudio.service.sweep.table import SweepTable

EPILOG = """\
SPEC is a file such as
  {"base": "quickstart", "set": {"training.steps": 60},
   "vary": {"seed": [0, 1, 2], "link.alpha": [0.1, 0.3], "depth": [1, 2, 3]}}
where base is a preset, a spec's file or a spec; vary is a grid over any fields of a spec, and over depth
(nested paths P1 .. Pd), depth_alone (one path) and preset; "runs": [{...}, ...] lists settings one by one.
Every run is a session of its own in DIR, beside sweep.csv and sweep.json. Start the same sweep again and it
goes on where it was: finished runs are kept, begun ones go on from their last checkpoint."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    add = parser.add_argument
    add(
        "spec",
        metavar="SPEC",
        help="a sweep (.json), the folder of an earlier one, a spec, or a preset's name",
    )
    add("--out", metavar="DIR", type=a_path, help="folder of the sessions and the table")
    add(
        "--vary",
        metavar="FIELD=V1,V2",
        action="append",
        default=[],
        help="one more field of the grid, as seed=0,1,2 or seed=0..4; repeatable",
    )
    add_training(parser, f"for every run: {ANY_FIELD}")
    add("--jobs", metavar="N", type=int, help="runs at a time (default: as many as cores or GPUs allow)")
    add("--gpus", metavar="0,1,..", help="CUDA GPUs to share out among the runs (default: all; none: '')")
    add(
        "--cluster",
        metavar="ADDRESS",
        help="run on a Dask cluster, as tcp://host:8786, or :8786 on this machine; a scheduler runs code of "
        "whoever reaches it (extra: dask)",
    )
    add("--dry-run", action="store_true", help="list the runs and stop")
    add("--json", action="store_true", help="print one JSON object instead of tables")
    add("--quiet", action="store_true", help="no progress")
    # for a window that runs a sweep: it ends, with checkpoints, when its parent does
    add("--until-stdin-closes", action="store_true", help=argparse.SUPPRESS)


def execute(args: argparse.Namespace) -> int:
    """Run what is missing. Ctrl-C and SIGTERM write checkpoints first; status 1 when a run has failed."""
    sweep, out = chosen(args)
    planned = sweeps.expand(sweep, source=args.spec)
    if args.dry_run:
        _print_plan(sweep, planned, args.json)
        return 0
    if out is None:
        raise SpecError("sweep: say where the sessions and the table go, with --out DIR")
    from hhstudio.cli.sweep_report import failures, final_tables, progress
    from hhstudio.service.sweep import table as tables
    from hhstudio.service.sweep.sweeper import Sweeper

    engine = _engine(args, planned)
    sweeper = Sweeper(
        sweep,
        planned,
        out,
        engine,
        data=args.data,
        device=args.device,
        allow_unverified=args.allow_unverified,
        allow_imports=[*allowed_imports(args), *_varied_solvers(args)],
    )
    report = progress(quiet=args.quiet)
    try:
        report.begin(sweep, planned, engine.title, out)
        table = sweeper.run(report.take, _parent_is_gone() if args.until_stdin_closes else _never)
    except KeyboardInterrupt as interrupt:
        report.close()
        _say_interrupted(sweeper.table(), out, str(interrupt) or "interrupted")
        return status_of(interrupt)
    finally:
        report.close()
    print(tables.encode(table).decode() if args.json else final_tables(table, planned, out))
    for line in failures(table):
        complain(line)
    return FAILED if table.state == "failed" else 0


def chosen(args: argparse.Namespace) -> tuple[Sweep, Path | None]:
    """The sweep that a command line means, its base read, and its folder. Raises SpecError."""
    path, out = a_path(args.spec), args.out
    if path.is_dir():
        out = out or path
        path = path / "sweep.json"
    sweep = sweeps.load(path) if _is_sweep(path) else _of_base(args.spec)
    fields = {name: _plain(value) for name, value in map(assignment, args.fields)}
    vary = _varied(args.vary)
    problems = [f"{name} is set and varied" for name in vary.keys() & (sweep.set.keys() | fields.keys())]
    empty = [name for name, values in vary.items() if not values]
    problems += [f"vary.{name} is empty: give at least one value" for name in empty]
    if problems:
        raise sweeps.SweepError(args.spec, problems)
    return replace(sweep, set=sweep.set | fields, vary=sweep.vary | vary), out


def _is_sweep(path: Path) -> bool:
    """Whether a file is a sweep rather than a spec. A file that cannot be read is left to the sweep's loader,
    which says so."""
    if path.suffix != ".json" and not path.is_file():
        return False
    try:
        tree = msgspec.json.decode(utf8(read_bytes(path)))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return not (isinstance(tree, dict) and ("topology" in tree or tree.get("format") == "hhstudio-spec"))


def _of_base(name: str) -> Sweep:
    """A sweep over nothing yet, from a preset or a spec's file."""
    sweep = Sweep(name=Path(name).stem, base=name)
    return replace(sweep, base=msgspec.to_builtins(sweeps.base_spec(sweep, source="sweep")))


def _varied(items: list[str]) -> dict[str, list[Any]]:
    """The grid that ``--vary`` gives. Raises SpecError."""
    given = (assignment(item, "--vary", "seed=0,1,2") for item in items)
    return {name: sweeps.parse_values(text) for name, text in given}


def _plain(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except NOT_DECODED:
        return text


def _engine(args: argparse.Namespace, planned: tuple[PlannedRun, ...]) -> Engine:
    if args.jobs is not None and args.jobs < 1:
        raise SpecError(f"--jobs {args.jobs}: at least one run at a time")
    if args.cluster is not None:
        if args.jobs is not None or args.gpus is not None:
            raise SpecError("--cluster: its workers decide how many runs at a time and on which GPUs")
        from hhstudio.service.sweep.cluster import DaskCluster

        return DaskCluster(args.cluster)
    from hhstudio.service.sweep.engine import local_pool

    gpus = None if args.gpus is None else [gpu.strip() for gpu in args.gpus.split(",") if gpu.strip()]
    cpu = all((args.device or run.spec.device) == "cpu" for run in planned)
    threads = max(run.spec.training.threads for run in planned)
    return local_pool(len(planned), jobs=args.jobs, threads=threads, gpus=gpus, cpu=cpu)


def _varied_solvers(args: argparse.Namespace) -> list[str]:
    """Solvers typed with ``--vary``, which may be imported as those of ``--set`` may."""
    return [str(value) for value in _varied(args.vary).get("solver.architecture", [])]


def _print_plan(sweep: Sweep, planned: tuple[PlannedRun, ...], as_json: bool) -> None:
    steps = [sweeps.steps_of(run.spec) for run in planned]
    if as_json:
        runs = [
            {"name": run.name, "fields": run.fields, "steps": count}
            for run, count in zip(planned, steps, strict=True)
        ]
        print(msgspec.json.encode({"name": sweep.name, "count": len(planned), "runs": runs}).decode())
        return
    known = [count for count in steps if count is not None]
    total = f", {sum(known)} steps in all" if len(known) == len(steps) else ""
    print(f"{one_line(sweep.name)}: {len(planned)} run{'s' if len(planned) > 1 else ''}{total}")
    for run in planned:
        print(f"  {one_line(run.name)}")


def _never() -> bool:
    return False


def _parent_is_gone() -> Callable[[], bool]:
    """Says yes once whoever started us has closed our standard input, or has died, without a word that we
    are to go on."""
    from hhstudio.service.sweep.process import STAY

    gone = threading.Event()

    def listen() -> None:
        last = b""
        while read := os.read(sys.stdin.fileno(), 1):  # unbuffered: Python must not wait for it when it ends
            last = read
        if last != STAY:
            gone.set()

    threading.Thread(target=listen, name="hhstudio-stdin", daemon=True).start()
    return gone.is_set


def _say_interrupted(table: SweepTable, out: Path, how: str) -> None:
    left = len(table.runs) - table.count("finished", "failed")
    done = f"{table.count('finished')} of {len(table.runs)} runs are finished"
    complain(f"{how}: {done}, {left} go on with: {command_line('sweep', out)}", "")
