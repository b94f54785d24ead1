"""``hhstudio show``: what is in a session."""

from __future__ import annotations

import argparse
import json

from hhstudio.cli.options import a_path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=a_path)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")


def execute(args: argparse.Namespace) -> int:
    from hhstudio.cli.tables import overview
    from hhstudio.store.session.session import open as open_session

    with open_session(args.session) as session:
        summary = session.summary()
    print(json.dumps(summary, allow_nan=False) if args.json else overview(str(args.session), summary))
    return 0
