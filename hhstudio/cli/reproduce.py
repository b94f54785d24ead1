"""``hhstudio reproduce``: a named experiment, its table beside the published one."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from hhstudio.cli.options import a_path, add_data
from hhstudio.core.atomic_write import write_file
from hhstudio.core.errors import SpecError
from hhstudio.experiments import EXPERIMENTS, experiment


def configure(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    named = ", ".join(f"{name} ({summary})" for name, summary in EXPERIMENTS.items())
    add("name", metavar="NAME", help=f"one of: {named}")
    add("--scale", choices=("smoke", "cpu", "full"), default="cpu", help="how much to run (default: cpu)")
    add("--seeds", metavar="N", type=int, default=3, help="independent runs (default: 3)")
    add_data(parser)
    add("--device", metavar="cpu|cuda|mps", default="cpu")
    add("--out", metavar="DIR", type=a_path, help="where sessions, table and figure go")
    add("--json", action="store_true", help="print one JSON object instead of the table")


def execute(args: argparse.Namespace) -> int:
    """Run the experiment, or go on where it was interrupted; write table.csv, table.json, figure.png and
    figure.svg into its folder."""
    module = experiment(args.name)
    if args.seeds < 1:
        raise SpecError(f"--seeds {args.seeds}: at least one run is needed")
    from hhstudio.experiments import figures
    from hhstudio.experiments.context import Context

    out = args.out or Path("sessions") / f"reproduce-{args.name}-{args.scale}"
    out.mkdir(parents=True, exist_ok=True)
    context = Context(
        scale=args.scale,
        seeds=args.seeds,
        out=out,
        data=args.data,
        device=args.device,
        allow_unverified=args.allow_unverified,
        say=lambda line: print(line, file=sys.stderr, flush=True),
    )
    table = module.run(context)
    write_file(out / "table.csv", table.csv().encode())
    drawn = figures.draw(table.panels, out / "figure", share_y=table.share_y)
    if table.panels and not drawn:
        context.say(figures.INSTALL)
    report = {
        "experiment": args.name,
        "scale": args.scale,
        "seeds": args.seeds,
        "folder": str(out),
        "files": ["table.csv", "table.json", *(path.name for path in drawn)],
        **table.json(),
    }
    text = json.dumps(report, indent=1)
    write_file(out / "table.json", text.encode())
    print(text if args.json else table.text())
    return 0
