"""``hhstudio presets``: list them, or print one."""

from __future__ import annotations

import argparse

from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset, preset_names


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", nargs="?", help="print this one as JSON, ready to be edited")


def execute(args: argparse.Namespace) -> int:
    if args.name:
        print(specs.encode(preset(args.name)).decode(), end="")
        return 0
    names = preset_names()
    width = max(map(len, names), default=0)
    for name in names:
        print(f"{name:<{width}}  {preset(name).notes}".rstrip())
    return 0
