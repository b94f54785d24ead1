"""``hhstudio presets``: list them, print one, or print the JSON schema of a spec."""

from __future__ import annotations

import argparse

import msgspec

from hhstudio.core.spec import spec as specs
from hhstudio.core.spec.presets import preset, preset_names


def configure(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("name", metavar="NAME", nargs="?", help="print this one as JSON, ready to be edited")
    one.add_argument(
        "--schema",
        action="store_true",
        help="print the JSON schema of a spec, with which an editor completes and checks spec files",
    )


def execute(args: argparse.Namespace) -> int:
    if args.schema:
        from hhstudio.core.spec.json_schema import json_schema

        print(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())
        return 0
    if args.name:
        print(specs.encode(preset(args.name)).decode(), end="")
        return 0
    names = preset_names()
    width = max(map(len, names), default=0)
    for name in names:
        print(f"{name:<{width}}  {preset(name).notes}".rstrip())
    return 0
