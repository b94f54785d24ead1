"""``hhstudio recover``: rebuild a session from its journal or a damaged file."""

from __future__ import annotations

import argparse

from hhstudio.cli.complaints import complain
from hhstudio.cli.options import a_path
from hhstudio.cli.signals import status_of


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=a_path)


def execute(args: argparse.Namespace) -> int:
    from hhstudio.store.recovery.recover import recover

    try:
        print(recover(args.session))
    except KeyboardInterrupt as interrupt:
        how = str(interrupt) or "interrupted"
        complain(f"{how}: {args.session} is not recovered; nothing of it is lost, begin again", "")
        return status_of(interrupt)
    return 0
