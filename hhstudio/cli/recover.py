"""``hhstudio recover``: rebuild a session from its journal or a damaged file."""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=Path)


def execute(args: argparse.Namespace) -> int:
    from hhstudio.store.recovery.recover import recover

    print(recover(args.session))
    return 0
