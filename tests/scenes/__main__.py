"""Screenshots of scenes: ``PYTHONPATH=tests python -m scenes --out DIR``, with the options of
``hhstudio screenshot``."""

from __future__ import annotations

import argparse
import sys

from hhstudio.cli import screenshot
from hhstudio.core.errors import HHStudioError
from hhstudio.gui.screenshots import screen

from .rendering import listing, render_scenes


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m scenes", description="Take pictures of scenes.")
    screenshot.configure(parser)
    args = parser.parse_args()
    if args.list:
        for name, shows in listing():
            print(f"{name:<18} {shows}")
        return 0
    if args.out is None:
        parser.error("say where the pictures go, with --out DIR")
    try:
        with screen.pretended(args.scale):
            for file in render_scenes(args.out, screenshot.request_of(args), screenshot.complain):
                print(file)
    except HHStudioError as error:
        screenshot.complain(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
