"""``hhstudio screenshot``: pictures of the window, without a screen."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="S.h5", type=Path, nargs="?")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the PNGs")


def execute(args: argparse.Namespace) -> int:
    if args.session is not None:
        from hhstudio.store.session import open as open_session

        open_session(args.session).close()  # what cannot be opened is refused before a window is built
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from hhstudio.gui.screenshot import render

    for file in render(args.session, args.out):
        print(file)
    return 0
