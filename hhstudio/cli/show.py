"""``hhstudio show``: what is in a session."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=Path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def execute(args: argparse.Namespace) -> int:
    from hhstudio.cli.tables import overview
    from hhstudio.store.session.session import open as open_session

    with open_session(args.session) as session:
        summary = session.summary()
    text = json.dumps(summary, allow_nan=False) if args.json else overview(str(args.session), summary)
    # names in a session are anybody's: a terminal must not obey them
    print("".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text))
    return 0
